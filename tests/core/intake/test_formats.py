"""Every known export, from its sample file down to rows, and why it was recognised."""

import datetime as dt
import random
from pathlib import Path

import polars as pl
import pytest

from core.intake.explode import Whose, of_shop, prepare
from core.intake.findings import Refused
from core.intake.formats import FIELDS_OF, fold, load
from core.intake.grid import Grid, grid
from core.intake.read import Reading, read
from core.intake.recognise import WHY, fingerprint, likely_header, recognise
from core.intake.template import TEMPLATES, csv_template, xlsx_template
from core.policy.words import State

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
FORMATS = load()
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)

# sample file, its format, its rows as they are typed, a cell that tells the format
KNOWN = [
    ("aliexpress_orders.xlsx", "aliexpress_orders", 4, "发货期限"),
    ("aliexpress_orders_older.xlsx", "aliexpress_orders", 1, "发货期限"),
    ("amazon_all_orders.txt", "amazon_all_orders", 4, "amazon-order-id"),
    ("amazon_confirmation.txt", "amazon_confirmation", 2, "ship-date"),
    ("amazon_fba_returns.csv", "amazon_fba_returns", 1, "detailed-disposition"),
    ("amazon_fba_shipments.txt", "amazon_fba_shipments", 1, "shipment-item-id"),
    ("amazon_health.json", "amazon_health", 4, "marketplaceId"),
    ("amazon_new_orders.txt", "amazon_new_orders", 2, "payments-date"),
    ("amazon_new_orders_eu.txt", "amazon_new_orders", 2, "payments-date"),
    ("amazon_returns.txt", "amazon_returns", 2, "Return request date"),
    ("amazon_returns.xml", "amazon_returns_xml", 2, "return_request_date"),
    ("amazon_settlement.txt", "amazon_settlement", 2, "settlement-id"),
    ("amazon_unshipped.txt", "amazon_unshipped", 4, "days-past-promise"),
    ("cdiscount_finance.csv", "cdiscount_finance", 3, "Total reçu"),
    ("cdiscount_octopia_discussions.json", "cdiscount_octopia_discussions", 2, "discussionId"),
    ("cdiscount_octopia_orders.json", "cdiscount_octopia_orders", 4, "orderId"),
    ("cdiscount_orders_bilingual.csv", "cdiscount_orders", None, "Référence commande"),
    ("cdiscount_orders_en.csv", "cdiscount_orders", None, "Order Number"),
    ("cdiscount_orders_fr.csv", "cdiscount_orders", None, "Référence commande"),
    ("cdiscount_soap_orders.xml", "cdiscount_soap_orders", 3, "OrderState"),
    ("desk48_disputes.csv", "desk48_disputes", 1, "Dispute number"),
    ("desk48_inquiries.csv", "desk48_inquiries", 1, "Last buyer message at"),
    ("desk48_orders.csv", "desk48_orders", None, "Order number"),
    ("desk48_returns.csv", "desk48_returns", 1, "Return number"),
    ("desk48_shipments.xlsx", "desk48_shipments", 1, "Shipped at"),
    ("dianxiaomi_orders.xlsx", "dianxiaomi_orders", 4, "包裹号"),
    ("dianxiaomi_orders_by_package.xlsx", "dianxiaomi_orders", 4, "包裹号"),
    ("mabang_orders.csv", "mabang_orders", 3, "货运单号"),
    ("mabang_profit.xlsx", "mabang_profit", 1, "结算状态"),
]


def sample(name: str) -> Grid:
    return grid(name, (SAMPLES / name).read_bytes(), FORMATS)


def fields(name: str) -> pl.DataFrame:
    """A sample's prepared rows by our fields."""
    ready = prepare(sample(name)).grid
    named = {ready.format.field_of(cell): f"c{at}" for at, cell in enumerate(ready.header)}
    return ready.cells.select(pl.col(column).alias(field) for field, column in named.items() if field)


@pytest.mark.parametrize(("name", "form", "rows", "mark"), KNOWN, ids=[k[0] for k in KNOWN])
def test_every_known_export_is_recognised_and_says_why(name: str, form: str, rows: int | None, mark: str) -> None:
    found = sample(name)
    assert found.format.format == form
    best = recognise(found.header, FORMATS, found.format.container).best
    assert best is not None
    assert best.score == 1.0, [c for c in found.header if c not in dict(best.matched)]
    assert fold(mark) in fold(WHY.format_map(best.params))
    assert rows in (None, prepare(found).grid.cells.height)


def test_there_is_a_sample_of_every_format() -> None:
    assert {form for _, form, _, _ in KNOWN} == {f.format for f in FORMATS.formats}


def test_case_accents_spaces_and_order_of_a_header_do_not_matter() -> None:
    for name, form, _, _ in KNOWN:
        header = [f"  {fold(cell).upper()} " for cell in sample(name).header]
        random.Random(7).shuffle(header)
        container = FORMATS.named(form).container
        best = recognise(header, FORMATS, container).best
        assert best is not None
        assert best.format.format == form
        assert fingerprint(header) == fingerprint(sample(name).header)


def test_a_header_that_two_formats_fit_goes_to_the_one_that_knows_more_of_it() -> None:
    header = ["Order number", "State", "Carrier", "Tracking number", "Shipped at", "Quantity", "Price"]
    found = recognise(header, FORMATS)
    assert found.best is not None
    assert [found.best.format.format, *(g.format.format for g in found.others)] == ["desk48_orders", "desk48_shipments"]


@pytest.mark.parametrize(
    "header",
    [
        ["Datum", "Betrag", "Konto", "Text"],
        ["Order number"],
        ["订单编号", "虚拟单号", "内部单号"],  # an ERP's file without the carrier's number is not taken for one with it
    ],
)
def test_a_header_of_nobody_is_nobodys(header: list[str]) -> None:
    assert recognise(header, FORMATS).best is None


def test_a_report_of_unshipped_orders_stays_one_whatever_columns_of_money_are_switched_on() -> None:
    best = recognise([*sample("amazon_new_orders_eu.txt").header, "days-past-promise"], FORMATS).best
    assert best is not None
    assert best.format.format == "amazon_unshipped"


def test_the_likely_header_of_an_unknown_file_is_its_widest_row_of_words() -> None:
    rows = [["Export of 2026-11-20"], ["Ref", "Datum", "Stück", "Name"], ["A-1", "20.11.2026", "3", "Lampe"]]
    assert likely_header(rows) == 1


# Down to rows


def test_amazon_orders_ship_by_their_promise_and_a_wish_to_cancel_comes_first() -> None:
    unshipped = fields("amazon_unshipped.txt")
    assert unshipped["state_word"].to_list() == ["to_ship", "to_ship", "cancel_requested", "shipped"]
    assert unshipped["line_id"][0] == "05835637770001"
    assert set(unshipped["latest_ship_at"]) == {"2026-11-24T22:59:59+00:00"}
    assert unshipped["address"][0] == "12 rue des Lilas, Bât. B"
    assert fields("amazon_new_orders.txt").get_column("latest_ship_at", default=None) is None
    assert set(fields("amazon_new_orders_eu.txt")["latest_ship_at"]) == {"2026-11-25T22:59:59+00:00"}


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("amazon_all_orders.txt", ["Amazon"]),
        ("amazon_health.json", ["orderDefectRate.afn"]),
        ("cdiscount_octopia_orders.json", ["Fulfillment"]),
        ("cdiscount_soap_orders.xml", ["true"]),
        ("mabang_profit.xlsx", ["是"]),
    ],
)
def test_rows_that_the_marketplace_ships_are_taken_out_and_told(name: str, others: list[str]) -> None:
    assert prepare(sample(name)).apart["value"].to_list() == others


def test_files_of_the_marketplaces_own_warehouses_are_known_and_kept_away() -> None:
    kinds = {sample(name).format.kind for name in ("amazon_fba_returns.csv", "amazon_fba_shipments.txt")}
    assert kinds == {"kept_apart"}


def test_a_line_that_asks_to_be_cancelled_speaks_for_itself() -> None:
    assert fields("cdiscount_octopia_orders.json")["state_word"].to_list() == [
        "InPreparation", "cancel_requested", "Shipped", "WaitingAcceptance",
    ]  # fmt: skip
    assert fields("cdiscount_soap_orders.xml")["state_word"][1] == "cancel_requested"


def test_articles_of_one_cell_become_rows_and_the_order_total_is_no_articles_price() -> None:
    rows = fields("aliexpress_orders.xlsx")
    assert rows["seller_sku"].to_list() == ["LAMP-BK", "LAMP-BK", "CABLE-2M", "LAMP-BK"]
    assert rows["quantity"].to_list() == ["1", "1", "3", "1"]
    assert rows["title"].to_list()[1:3] == ["Desk lamp LED", "Lamp cable"]
    assert rows["price_minor"].to_list() == ["23.40", None, None, "23.40"]
    assert rows["currency"].to_list() == ["USD", None, None, "USD"]
    assert rows.row(3, named=True)["carrier"] == "CAINIAO_STANDARD"
    assert rows.row(3, named=True)["tracking_number"] == "LP00000000000001"


def test_mabang_articles_and_the_one_number_that_a_parcel_can_be_followed_by() -> None:
    rows = fields("mabang_orders.csv")
    assert rows["seller_sku"].to_list() == ["LAMP-BK", "CABLE-2M", "LAMP-BK"]
    assert [n and n.strip() for n in rows["tracking_number"]] == ["YT0000000000000002", "YT0000000000000002", None]


def test_a_cell_with_articles_that_nobody_can_read_keeps_its_row_and_is_told() -> None:
    raw = sample("aliexpress_orders.xlsx")
    at = raw.header.index(next(c for c in raw.header if c.startswith("产品信息")))
    broken = raw.cells.with_columns(pl.lit("see the message").alias(f"c{at}"))
    ready = prepare(Grid(raw.format, raw.encoding, raw.header, broken, raw.line, raw.ragged))
    assert ready.strange["code"].to_list() == ["articles_unread"] * 3
    assert ready.grid.cells.height == 3


def test_the_rows_of_an_erp_go_to_the_marketplace_that_their_platform_names() -> None:
    raw = sample("dianxiaomi_orders.xlsx")
    for marketplace, number in {
        "amazon": "406-1234567-7654321", "aliexpress": "8190000000000001", "cdiscount": "2611200905AB1CD",
    }.items():  # fmt: skip
        mine, others = of_shop(raw, Whose(marketplace))
        at = raw.header.index("订单号")
        assert mine.cells[f"c{at}"].to_list() == [number]
        assert others == 3


def test_the_header_after_preparation_does_not_depend_on_the_rows() -> None:
    for name, _, _, _ in KNOWN:
        raw = sample(name)
        empty = Grid(raw.format, raw.encoding, raw.header, raw.cells.clear(), raw.line.clear(), raw.ragged)
        assert prepare(empty).grid.header == prepare(raw).grid.header


# sample of orders, (order number, state, pieces of its lines, delivery deadline as UTC) of one of its orders
TYPED = [
    ("aliexpress_orders.xlsx", "8190000000000002", "to_ship", 4, "2026-11-25 15:59:59+00:00"),
    ("amazon_all_orders.txt", "402-1000005-2000005", "awaiting_payment", 1, None),
    ("amazon_new_orders.txt", "305-1111111-2222222", "to_ship", 2, None),
    ("amazon_new_orders_eu.txt", "171-7777777-8888888", "cancel_requested", 2, "2026-11-25 22:59:59+00:00"),
    ("amazon_unshipped.txt", "406-2345678-8765432", "cancel_requested", 1, "2026-11-24 22:59:59+00:00"),
    ("cdiscount_octopia_orders.json", "2611201205AB1CG", "to_accept", 2, "2026-11-24 22:59:59+00:00"),
    ("cdiscount_soap_orders.xml", "2611201159AB1CJ", "to_accept", 1, "2026-11-24 22:59:59+00:00"),
    ("dianxiaomi_orders.xlsx", "8190000000000001", "to_ship", 1, None),
    ("mabang_orders.csv", "406-1234567-7654321", "shipped", 3, None),
]


@pytest.mark.parametrize(("name", "number", "state", "pieces", "ship_by"), TYPED, ids=[t[0] for t in TYPED])
def test_every_export_of_orders_is_typed_without_an_error(
    name: str, number: str, state: str, pieces: int, ship_by: str | None
) -> None:
    found = read(name, (SAMPLES / name).read_bytes(), FORMATS, now=NOW, zone="Asia/Shanghai")
    assert isinstance(found, Reading)
    assert found.rejected == 0, found.findings
    assert found.unknown_words.is_empty()
    assert "unknown_column" not in found.findings["code"].to_list()
    order = found.orders.row(by_predicate=pl.col("order_number") == number, named=True)
    assert (order["state"], order["latest_ship_at"] and str(order["latest_ship_at"])) == (state, ship_by)
    assert found.lines.filter(order_number=number)["quantity"].sum() == pieces


def test_what_was_left_out_and_what_cannot_be_told_is_said() -> None:
    def codes(name: str, **more: str) -> list[str]:
        found = read(name, (SAMPLES / name).read_bytes(), FORMATS, now=NOW, **more)
        return found.findings["code"].to_list()

    assert "fulfilled_elsewhere" in codes("amazon_all_orders.txt")
    assert "cannot_tell_cancel" in codes("amazon_new_orders.txt")
    assert "cannot_tell_cancel" not in codes("amazon_unshipped.txt")
    assert "other_marketplace" in codes("dianxiaomi_orders.xlsx", marketplace="amazon")
    assert "other_marketplace" not in codes("dianxiaomi_orders.xlsx")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("amazon_fba_returns.csv", "kept_apart"),
        ("amazon_returns.txt", "wrong_marketplace"),
        ("amazon_unshipped.txt", "wrong_marketplace"),
    ],
)
def test_a_file_that_is_not_this_shops_orders_is_refused_with_its_name(name: str, code: str) -> None:
    data = (SAMPLES / name).read_bytes()
    with pytest.raises(Refused) as told:
        read(name, data, FORMATS, now=NOW, marketplace="cdiscount")
    assert told.value.code == code
    assert str(told.value.params["title"]) in str(told.value)


# The descriptions themselves


SOAP = """
    CancelledByCustomer WaitingForSellerAcceptation AcceptedBySeller PaymentInProgress
    WaitingForShipmentAcceptation Shipped RefusedBySeller AutomaticCancellation PaymentRefused
    ShipmentRefusedBySeller None ValidatedFianet RefusedNoShipment AvailableOnStore NonPickedUpByCustomer
    PickedUp ServiceCanceled PendingShipmentForAssociatedProduct BlockedWaitingForTreatment
    BlockedWaitingForProof BlockedRepeatedLitigationSuspicion BlockedFraudSuspicion BlockedConfirmed
    FinishedGenerixUpdate BlockedRepeatedLitigationSuspicionConfirmation BlockedFraudSuspicionConfirmation
    CegidDown BlockedAutomaticCds BeingCancelled BeingModified RequestGoingToGnx PartialInGnx
    BeingValidatedFianet BlockedMarketplaceService
"""
LINES = """
    ShippedBySeller RefundedAfterShipping RefundedAfterShipmentRefused
    CancelledBeforeNotificationByCustomer CancelledBeforePaymentByCustomer CancellationRequestPending
    CancelledAfterPaymentByCustomer RefundedAfterCustomerCancellation CancelRequest
"""
REST = """
    Processing WaitingAcceptance Refused Accepted InPreparation Shipped Delivered Cancelled
    Rejected
"""


def test_all_words_of_both_vocabularies_of_cdiscount_have_a_state() -> None:
    soap, rest, lines = SOAP.split(), REST.split(), LINES.split()
    assert (len(soap), len(rest)) == (34, 9)
    assert {word for word in (*soap, *rest, *lines) if fold(word) not in FORMATS.states} == set()
    assert FORMATS.states[fold("AutomaticCancellation")] == State.AUTO_CANCELLED


def test_every_field_that_a_format_names_belongs_to_its_kind() -> None:
    for form in FORMATS.formats:
        assert set(form.columns.values()) <= set(FIELDS_OF[form.kind])
        assert not set(form.columns) & form.left


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_recognised_as_itself_and_every_column_is_explained(name: str, kind: str) -> None:
    make = csv_template if kind == "csv" else xlsx_template
    assert grid(f"t.{kind}", make(FORMATS, name), FORMATS).format.format == name
    assert FORMATS.named(name).about.keys() == FORMATS.named(name).names.keys()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('columnz = ["a"]\n', "unknown key"),
        ("kind = 'letters'\n", "unknown kind"),
        ("[columns]\nshoe_size = ['x']\n", "unknown field"),
    ],
)
def test_a_description_with_a_slip_is_refused_with_its_file(tmp_path: Path, wrong: str, said: str) -> None:
    folder = SAMPLES.parent / "formats"
    for name in ("states.toml", "aliases.toml"):
        (tmp_path / name).write_text((folder / name).read_text("utf-8"), "utf-8")
    good = {"kind": "kind = 'orders'\n", "columns": "[columns]\norder_number = ['a']\n"}
    body = "".join(text for key, text in good.items() if key not in wrong.replace("columnz", ""))
    start = "format = 'x'\ntitle = 'x'\nrequired = []\n"
    text = start + (wrong + body if not wrong.startswith("[") else body + wrong)
    (tmp_path / "x.toml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=rf"x\.toml.*{said}"):
        load(tmp_path)
