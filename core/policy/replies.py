"""Answers to buyers: texts in three languages line for line, filled with facts, checked before they are copied.

``data/replies/*.toml``. What is sent is French; Chinese and English stand beside it for the team.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.policy.returns.frames import Option
from core.policy.values import applies
from core.policy.words import Marketplace, N_

DIRECTORY: Final = Path(__file__).resolve().parents[2] / "data" / "replies"
LANGUAGES: Final = ("fr", "zh", "en")
PLACES: Final = frozenset(
    {
        "buyer_name", "shop", "order_number", "article", "requested_on", "return_address", "label_link", "goods_by",
        "refund_amount", "refund_by", "exchange_by", "withdrawal_until", "conformity_until", "carrier",
        "tracking_number", "delivery_by",
    }
)  # fmt: skip
"""What a text may leave open; the desk fills dates and money in as each language writes them."""
_PLACE: Final = re.compile(r"\{([^{}]*)\}")

_OPEN: Final = re.compile(r"\{[^{}\n]*\}?|\[[^\[\]\n]*\]?|\bX{3,}\b")
"""What is still to be filled in, also where a person broke or typed it: {name}, {name, [address], XXX."""

_ARTICLE: Final = r"(l'|le |la |les |cet |cette |ce |votre |vos )(article|produit|colis|marchandise|commande|objet)s?"
_PROMISES: Final = {
    "refund": r"rembours|\b(re)?credit(er|era|erons|ons|ez)\b|\b(rendre|rendrons|rendons|restituer|restituerons)\b"
    r".{0,40}(somme|argent|montant|prix|\d)|\bun avoir\b|\bavoir (de|d'un montant de) \d"
    r"|\bbon d'achat|indemnis|dedommag",
    "address": r"adresse de retour",
    "label": r"etiquette|bordereau|affranchi|prepaye",
    "keep": rf"\b(conserve[rz]|garde[rz]) {_ARTICLE}|\b(le|la|les) (conserver|garder)\b"
    r"|sans retour(?! de votre part)|sans (nous )?(le |la |les )?(renvoyer|retourner)",
    "exchange": r"\bechang(e|er|erons|eons)\b(?! de (mails?|messages?|courriels?))|nouvel (article|exemplaire)"
    r"|nouveau produit|autre (exemplaire|article)|remplacer|remplacement",
    "return": r"\b(renvoy|retourn)(er|ez)\b(?!.{0,25}(photo|message|reponse|formulaire|document|preuve))",
}
"""Words that promise something or ask for the article back, in French without accents."""
_MAY_PROMISE: Final[dict[str, frozenset[str]]] = {
    "home_address": frozenset({"refund", "address", "return"}),
    "prepaid_label": frozenset({"refund", "label", "return"}),
    "keep_refund": frozenset({"refund", "keep"}),
    "exchange": frozenset({"exchange", "return"}),
    "refuse": frozenset(),
    "": frozenset(),
}
_CLAUSE: Final = re.compile(r"[.,;:!?()\n]| (?:mais|et|car|puis|si) ")
_DENIED_BEFORE: Final = re.compile(
    r"(\bne |\bn').*\b(pas|plus|jamais|ni|aucun|aucune)( [^ ]+){0,3} $|\b(aucun|aucune|pas de|sans)( [^ ]+)? $"
)
_DENIED_AFTER: Final = re.compile(r"^[^ ]*( [^ ]+){0,4} (ne |n')[^ ]+ (pas|plus|aucun)|^[^ ]*( [^ ]+){0,4} impossible")
_NO_DENIAL: Final = re.compile(r"hesit|manquer|seulement|uniquement")
"""A clause with one of these denies nothing: "n'hésitez pas à", "nous ne manquerons pas de"."""
_REVIEW: Final = re.compile(
    r"\bavis\b(?! (de passage|de livraison|de depot|contraire))|\betoiles?\b|\bevaluation|\bevaluer\b"
    r"|\bcommentaire (positif|favorable)|\bbonne note\b"
)

FAULTS: Final = {
    "open_place": N_("A place is still open: {place}."),
    "not_french": N_("This is not French."),
    "no_order_number": N_("The order number {order_number} is missing."),
    "too_short": N_("An answer has at least {limit} characters; this one has {count}."),
    "too_long": N_("An answer has at most {limit} characters; this one has {count}."),
    "promise_refund": N_("It promises a refund, which the option chosen does not give."),
    "promise_address": N_("It names a return address, which the option chosen does not give."),
    "promise_label": N_("It promises a label, which the option chosen does not give."),
    "promise_keep": N_("It lets the buyer keep the article, which the option chosen does not give."),
    "promise_exchange": N_("It promises an exchange, which the option chosen does not give."),
    "promise_return": N_("It asks for the article back, which the option chosen does not."),
    "asks_review": N_("It speaks of a review beside a refund or a kept article: Amazon forbids that."),
}


class RepliesError(ValueError):
    """A file of texts is broken; its text names file and text."""


@dataclass(frozen=True, slots=True)
class Text:
    """One answer: lines of (French, Chinese, English), for one option ("": promises none) and situation."""

    id: str
    marketplace: str
    option: str
    situation: str
    lines: tuple[tuple[str, str, str], ...]

    @property
    def places(self) -> frozenset[str]:
        """The names of the places that want a fact."""
        return frozenset(name for line in self.lines for name in _PLACE.findall(line[0]))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text may not be copied: a code of FAULTS and what its sentence wants."""

    code: str
    params: tuple[tuple[str, str | int], ...] = ()


def load(directory: Path = DIRECTORY) -> dict[str, Text]:
    """Read and check every text by id; raises :class:`RepliesError`."""
    found: dict[str, Text] = {}
    for file in sorted(directory.glob("*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["texts"]:
            lines = tuple((line[0], line[1], line[2]) for line in table["lines"])
            text = Text(table["id"], table["marketplace"], table["option"], table["situation"], lines)
            wrong = _wrong(text)
            if wrong or text.id in found:
                raise RepliesError(f"{file}: {text.id}: {wrong or 'is there twice'}")
            found[text.id] = text
    return found


def _wrong(text: Text) -> str | None:
    if text.marketplace not in set(Marketplace) or text.option not in {*Option, ""}:
        return "unknown marketplace or option"
    for line in text.lines:
        if not all(part.strip() for part in line):
            return "a line lacks a language"
        places = [frozenset(_PLACE.findall(part)) for part in line]
        if len(set(places)) > 1 or not places[0] <= PLACES:
            return f"places differ between languages or are unknown: {line[0]}"
    promised = _promised("\n".join(line[0] for line in text.lines)) - _MAY_PROMISE[text.option]
    if promised:
        return f"promises {', '.join(sorted(promised))}"
    return None


def fitting(texts: Mapping[str, Text], marketplace: str, option: str, situation: str) -> list[Text]:
    """The texts for an option, those for this very situation first; ``option`` "" for questions."""
    found = [
        text
        for text in texts.values()
        if (text.marketplace, text.option) == (marketplace, option) and text.situation in (situation, "")
    ]
    return sorted(found, key=lambda text: text.situation != situation)


def filled(text: Text, facts: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str]]:
    """The lines with the facts in; ``facts`` by language ("fr", "zh", "en"). What is not known stays open."""
    return [
        (_fill(line[0], facts["fr"]), _fill(line[1], facts["zh"]), _fill(line[2], facts["en"])) for line in text.lines
    ]


def _fill(line: str, facts: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: facts.get(found[1]) or found[0], line)


@applies("CD-R1", "CD-M3", "AM-R9")
def faults(
    text: str, *, order_number: str, option: str, language: str | None, at_least: int = 13, at_most: int = 5000
) -> list[Fault]:
    """Why ``text`` (as it would be sent) may not be copied; empty where it may.

    ``language``: what a detector says the text is (ISO 639-1), None where it cannot tell; ``option``: the Option
    decided, "" while none is. Lengths are CD-M3's, in characters.
    """
    found = [Fault("open_place", (("place", place.strip()),)) for place in dict.fromkeys(_OPEN.findall(text))]
    if language != "fr":
        found.append(Fault("not_french"))
    if not re.search(rf"(?<![\w-]){re.escape(order_number)}(?!-?\w)", text):
        found.append(Fault("no_order_number", (("order_number", order_number),)))
    length = len(text.strip())
    if length < at_least:
        found.append(Fault("too_short", (("limit", at_least), ("count", length))))
    if length > at_most:
        found.append(Fault("too_long", (("limit", at_most), ("count", length))))
    promised = _promised(text)
    found += [Fault(f"promise_{name}") for name in _PROMISES if name in promised - _MAY_PROMISE[option]]
    # The option itself gives money or the article; a text that names neither may still be sent with it.
    gives = promised & {"refund", "keep"} or option == Option.KEEP_REFUND
    return [*found, Fault("asks_review")] if gives and _REVIEW.search(_plain(text)) else found


def _plain(text: str) -> str:
    """In lower case, without accents, with plain apostrophes."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _promised(text: str) -> frozenset[str]:
    """What a text promises; a clause that denies it promises nothing."""
    clauses = [" ".join(clause.split()) for clause in _CLAUSE.split(_unwrapped(_plain(text)))]
    return frozenset(
        name
        for name, words in _PROMISES.items()
        for clause in clauses
        for match in re.finditer(words, clause)
        if not _denied(clause, match)
    )


def _unwrapped(plain: str) -> str:
    """Amounts keep their comma, and a line broken inside a sentence is one clause."""
    return re.sub(r"(?<=\d),(?=\d)", "", re.sub(r"(?<=[^.!?:;\n])\n(?=[^\n])", " ", plain))


def _denied(clause: str, match: re.Match[str]) -> bool:
    before, after = clause[: match.start()], clause[match.end() :]
    if _NO_DENIAL.search(before):
        return False
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after))
