"""Texts in French: whole in three languages, promising nothing outside their option, checked before copying."""

import polars as pl
import pytest

from core.desk.language import language_of
from core.policy import replies
from core.policy.returns.frames import Option
from core.policy.returns.reasons import load as load_reasons
from core.policy.returns.reasons import mapped
from core.policy.returns.situations import STEP_WORDS

TEXTS = replies.load()
FACTS = {place: "12 novembre 2026" for place in replies.PLACES} | {
    "buyer_name": "Marie Dupont", "shop": "Lumière", "order_number": "2611231405ABC", "article": "Lampe LED 12 W",
    "carrier": "Colissimo", "tracking_number": "8R12345678901", "refund_amount": "33,89 €",
    "label_link": "https://example.com/etiquette.pdf", "return_address": "12 rue des Lilas, 69003 Lyon",
}  # fmt: skip
ALL = {"fr": FACTS, "zh": FACTS, "en": FACTS}
NUMBER = "2611231405ABC"


def french(text):
    return "\n".join(line[0] for line in replies.filled(text, ALL))


@pytest.mark.rule("CD-M3", "CD-R1", "CD-C2")
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_every_text_with_its_facts_may_be_copied(text):
    whole = french(text)
    assert replies.faults(whole, order_number=NUMBER, option=text.option, language=language_of(whole)) == []


def test_every_option_of_each_marketplace_and_every_step_has_its_text():
    had = {(text.marketplace, text.option) for text in TEXTS.values()}
    assert {("cdiscount", str(option)) for option in Option} <= had
    assert {("amazon", str(option)) for option in Option if option != Option.EXCHANGE} <= had
    assert STEP_WORDS


@pytest.mark.rule("CD-M3")
def test_each_check_finds_its_fault():
    good = french(TEXTS["cdiscount_keep_refund"])

    def codes(text, option="keep_refund", language="fr", number=NUMBER):
        return [fault.code for fault in replies.faults(text, order_number=number, option=option, language=language)]

    assert codes(good) == []
    assert codes(good.replace("33,89 €", "{refund_amount}")) == ["open_place"]
    assert codes(good, language="en") == codes(good, language=None) == ["not_french"]
    assert codes(good, number="2611231405ABD") == ["no_order_number"]
    assert codes(good, option="home_address") == ["promise_keep"]
    assert codes(good, option="refuse") == ["promise_refund", "promise_keep"]
    assert codes(good + "\nVous recevrez une ÉTIQUETTE prépayée.") == ["promise_label"]
    assert codes("x" + "." * 11, number="x") == ["too_short"]
    assert codes("x" + "." * 12, number="x") == codes("x" + "." * 4999, number="x") == []
    assert codes("x" + "." * 5000, number="x") == ["too_long"]


def test_the_detector_knows_french_from_what_a_seller_might_send_instead():
    assert language_of(french(TEXTS["amazon_window"])) == "fr"
    assert language_of("Hello, we have received your return request and will refund you soon.") != "fr"
    assert language_of("您好，我们已收到您的退货申请，会尽快处理。") != "fr"


def test_what_is_not_known_stays_open():
    text = TEXTS["cdiscount_home_address_buyer_pays"]
    lines = replies.filled(text, {language: {"shop": "Lumière"} for language in replies.LANGUAGES})
    assert all("{order_number}" in part for part in lines[1])
    assert "return_address" in text.places


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[["Bonjour {nom}", "您好 {nom}", "Hello {nom}"]]', "places"),
        ('[["Bonjour {shop}", "您好", "Hello {shop}"]]', "places"),
        ('[["Bonjour", "", "Hello"]]', "lacks"),
        ('[["Nous vous remboursons.", "退款", "We refund."]]', "promises refund"),
    ],
)
def test_a_broken_text_stops_the_start(tmp_path, lines, says):
    table = f'[[texts]]\nid = "t"\nmarketplace = "amazon"\noption = ""\nsituation = ""\nlines = {lines}\n'
    (tmp_path / "made_up.toml").write_text(table)
    with pytest.raises(replies.RepliesError, match=says):
        replies.load(tmp_path)


@pytest.mark.rule("CD-R2", "AM-R2")
@pytest.mark.parametrize(
    ("word", "reason", "payer"),
    [
        ("CR-DEFECTIVE", "defective", "seller"), ("AMZ-PG-APP-TOO-SMALL", "wrong_size", "buyer"),
        ("RO_CR-UNWANTED_ITEM", "withdrawal", "buyer"), ("CR-QUALITY_UNACCEPTABLE", "other", "buyer"),
        ("DamagedProduct", "damaged_in_transit", None), ("rétractation", "withdrawal", None),
        ("RETRACTATION", "withdrawal", None), ("Ne  fonctionne pas", "defective", None), ("缺件", "missing_part", None),
        ("PackageNotReceived", "not_received", None), ("something else", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_words_of_the_marketplaces_become_ours(word, reason, payer):
    rows = pl.DataFrame({"reason_word": [word]}, schema={"reason_word": pl.String})
    found = mapped(rows, load_reasons()).row(0, named=True)
    assert (found["reason"], found["reason_payer"]) == (reason, payer)
    assert found["contested"] is (word == "CR-QUALITY_UNACCEPTABLE")


@pytest.mark.rule("AM-R3", "AM-R5", "AM-R6", "AM-R9")
def test_whoever_sends_something_back_is_asked_for_all_of_it_and_no_text_asks_for_a_review():
    for text in TEXTS.values():
        whole = french(text)
        if text.option in ("home_address", "prepaid_label") and text.situation != "wrong_order":
            assert "tout ce que vous avez reçu" in whole
        assert "avis" not in whole
        assert "étoile" not in whole


def said(option, words, number="AB12"):
    text = f"Bonjour, pour la commande AB12. {words}"
    return [fault.code for fault in replies.faults(text, order_number=number, option=option, language="fr")]


@pytest.mark.rule("AM-R9", "CD-R2")
@pytest.mark.parametrize(
    ("option", "words", "code"),
    [
        ("refuse", "Nous vous rendrons la somme de 29,90 €.", "promise_refund"),
        ("refuse", "Nous vous créditerons 29,90 €.", "promise_refund"),
        ("refuse", "Nous vous accordons un avoir de 20 €.", "promise_refund"),
        ("refuse", "Nous ne pouvons pas échanger l’article, mais nous vous remboursons.", "promise_refund"),
        ("refuse", "N’hésitez pas à nous demander un remboursement.", "promise_refund"),
        ("refuse", "Nous vous enverrons un autre exemplaire.", "promise_exchange"),
        ("home_address", "Gardez l’article.", "promise_keep"),
        ("home_address", "Vous pouvez conserver votre article.", "promise_keep"),
        ("home_address", "Le document d’affranchissement est joint.", "promise_label"),
        ("keep_refund", "Merci de renvoyer le colis au 12 rue de la Paix.", "promise_return"),
        ("keep_refund", "Vous pouvez le retourner.", "promise_return"),
        ("keep_refund", "Conservez l’article si vous laissez un avis cinq étoiles.", "asks_review"),
        ("home_address", "Nous vous remboursons contre une évaluation.", "asks_review"),
        ("keep_refund", "Bonjour {buyer_name", "open_place"),
        ("keep_refund", "Au [adresse].", "open_place"),
        ("keep_refund", "Au XXX.", "open_place"),
    ],
)
def test_what_a_person_may_write_beside_the_option_is_found(option, words, code):
    assert said(option, words) == [code]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("refuse", "Nous ne pouvons pas vous rembourser."),
        ("refuse", "Nous ne pouvons malheureusement ni rembourser ni échanger cet article."),
        ("refuse", "Aucun remboursement n’est possible."),
        ("refuse", "Un échange n’est pas possible."),
        ("refuse", "Sans retour de votre part sous huit jours, nous clôturons la demande."),
        ("keep_refund", "Vous n’avez pas besoin de renvoyer l’article."),
        ("keep_refund", "Le transporteur a laissé un avis de passage."),
        ("", "Pouvez-vous nous renvoyer une photo ?"),
    ],
)
def test_denying_and_asking_promise_nothing(option, words):
    assert said(option, words) == []


def test_the_order_number_stands_as_a_whole():
    assert said("refuse", "", "AB1") == said("refuse", "", "B12") == ["no_order_number"]


@pytest.mark.rule("AM-R4", "CD-R4")
def test_no_amazon_text_says_that_delivery_is_included_where_the_buyer_may_owe_it():
    for name in ("amazon_keep_refund", "amazon_home_address_buyer_pays", "amazon_prepaid_label"):
        assert "livraison" not in french(TEXTS[name])
    assert not any("avant le {goods_by}" in line[0] for text in TEXTS.values() for line in text.lines)
