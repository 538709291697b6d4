"""JSON and XML files to rows, and what is refused instead of being read."""

import json

import polars as pl
import pytest

from core.intake import trees
from core.intake.findings import Refused
from core.intake.formats import load
from core.intake.grid import Grid, grid
from core.intake.trees import LIMIT_DEPTH

FORMATS = load()


def rows(text: str | bytes) -> list[dict[str, str | None]]:
    found: Grid = grid("x", text.encode() if isinstance(text, str) else text, FORMATS)
    return [dict(zip(found.header, row, strict=True)) for row in found.cells.iter_rows()]


def orders(*items: dict[str, object]) -> str:
    return json.dumps({"items": list(items)})


ORDER = {"orderId": "1", "purchasedAt": "2026-11-20T08:00:00Z", "status": "InPreparation", "currencyCode": "EUR"}
SOAP = "<OrderList>{}</OrderList>"
ONE = "<Order><OrderNumber>7</OrderNumber><OrderState>Shipped</OrderState><CreationDate>x</CreationDate>{}</Order>"


def test_every_line_of_an_order_is_a_row_that_repeats_the_order() -> None:
    found = rows(orders(ORDER | {"lines": [{"orderLineId": "a"}, {"orderLineId": "b"}]}))
    assert [(r["orderId"], r["lines.orderLineId"]) for r in found] == [("1", "a"), ("1", "b")]


def test_an_order_without_lines_is_still_a_row() -> None:
    assert [r["orderId"] for r in rows(orders(ORDER | {"lines": []}, ORDER | {"orderId": "2"}))] == ["1", "2"]


def test_numbers_are_the_text_of_the_file() -> None:
    text = orders(ORDER | {"lines": [{"quantity": 2}]}).replace('"2026', '"2026').replace('"1"', "12345678901234567890")
    price = text.replace('"quantity": 2', '"quantity": 2, "totalPrice": {"sellingPrice": 289.980}')
    assert rows(price)[0]["orderId"] == "12345678901234567890"
    assert rows(price)[0]["lines.totalPrice.sellingPrice"] == "289.980"


@pytest.mark.parametrize("shape", ["list", "one", "marked"])
def test_a_list_alone_one_order_alone_and_a_byte_order_mark_are_read(shape: str) -> None:
    text = {"list": json.dumps([ORDER]), "one": json.dumps(ORDER), "marked": "\ufeff" + orders(ORDER)}[shape]
    assert [r["orderId"] for r in rows(text)] == ["1"]


def test_several_values_under_one_path_stand_in_one_cell() -> None:
    found = rows(orders(ORDER | {"lines": [{"parcels": [{"parcelNumber": "P1"}, {"parcelNumber": "P2"}]}]}))
    assert found[0]["lines.parcels.parcelNumber"] == "P1\nP2"


def test_xml_names_go_without_namespace_and_empty_elements_are_blank() -> None:
    line = (
        "<OrderLineList><OrderLine><Sku>S1</Sku></OrderLine><OrderLine><Sku>S2</Sku><Name/></OrderLine></OrderLineList>"
    )
    text = f'<o:OrderList xmlns:o="urn:x">{ONE.format(line)}</o:OrderList>'.replace("<Sku>", "<o:Sku>").replace(
        "</Sku>", "</o:Sku>"
    )
    assert [r["OrderLineList.OrderLine.Sku"] for r in rows(text)] == ["S1", "S2"]


def test_the_line_of_an_xml_row_is_where_its_record_starts() -> None:
    text = SOAP.format("\n" + ONE.format("") + "\n\n" + ONE.format(""))
    assert grid("x", text.encode(), FORMATS).line.to_list() == [2, 4]


def test_an_account_without_metrics_still_tells_its_status() -> None:
    text = json.dumps({"accountStatuses": [{"marketplaceId": "M", "status": "AT_RISK"}], "performanceMetrics": []})
    assert rows(text) == [{"marketplaceId": "M", "status": "AT_RISK", "metric": "accountStatuses"}]


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB + SOAP.format(ONE.format("<Status>&c;</Status>")), "document_type"),
        (OUTSIDE + SOAP.format(ONE.format("<Status>&x;</Status>")), "document_type"),
        ("<OrderList>" + "<a>" * 100_000, "too_deep"),
        (SOAP.format(ONE.format("<x>" * LIMIT_DEPTH + "</x>" * LIMIT_DEPTH)), "too_deep"),
        (SOAP.format(ONE.format(""))[:-20], "bad_xml"),
        (SOAP.format(ONE.format("&nothing;")), "bad_xml"),
        (SOAP.format(ONE.format("".join(f"<c{n}>1</c{n}>" for n in range(400)))), "too_many_columns"),
        (SOAP.format(ONE.format(f"<Status>{'y' * 1_100_000}</Status>")), "cell_too_big"),
        ("<html><body>Please sign in</body></html>", "no_records"),
        ("[" * 200_000, "too_deep"),
        (orders(ORDER)[:-4], "bad_json"),
        (orders(ORDER).replace('"InPreparation"', "NaN"), "not_a_number"),
        (orders(ORDER).replace('"InPreparation"', "-Infinity"), "not_a_number"),
        (orders(ORDER).replace('"status"', '"orderId"'), "name_twice"),
        (orders(ORDER | {"lines": [{f"c{n}": "1" for n in range(400)}]}), "too_many_columns"),
        ('{"items": []}', "no_records"),
        ('{"error": "token expired"}', "no_records"),
        ("[1, 2, 3]", "no_records"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, code: str) -> None:
    with pytest.raises(Refused) as told:
        grid("x", text.encode(), FORMATS)
    assert told.value.code == code
    assert "{" not in str(told.value) or code == "no_records"


def test_deep_json_inside_a_record_is_refused() -> None:
    deep: object = "x"
    for _ in range(LIMIT_DEPTH + 2):
        deep = {"a": deep}
    with pytest.raises(Refused) as told:
        rows(orders(ORDER | {"billingAddress": deep}))
    assert told.value.code == "too_deep"


def test_json_beyond_its_limit_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "LIMIT_JSON", 1 << 20)
    with pytest.raises(Refused) as told:
        grid("x", b"[" + b" " * (2 << 20), FORMATS)
    assert told.value.code == "too_big"


def test_a_long_xml_file_is_read_whole() -> None:
    text = SOAP.format("\n".join(ONE.format(f"<PartnerOrderRef>{n}</PartnerOrderRef>") for n in range(3000)))
    found = grid("x", text.encode(), FORMATS)
    at = found.header.index("PartnerOrderRef")
    assert found.cells[f"c{at}"].cast(pl.Int64).to_list() == list(range(3000))
