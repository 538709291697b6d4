"""The table of returns_cases.md, row by row."""

from pathlib import Path

import pytest

from core.policy.returns.frames import Option
from core.policy.returns.recommend import decide
from tests.core.policy.returns_base import HOLIDAYS, NO_RULES, PARIS, book, paris, requests

FILE = Path(__file__).with_name("returns_cases.md")
LETTERS = dict(zip("ALKER", Option, strict=True))
ALSO = {
    "no address": {"has_address": False}, "no label": {"has_label": False}, "address ?": {"has_address": None},
    "label ?": {"has_label": None}, "not told": {"buyer_informed": False}, "told ?": {"buyer_informed": None},
    "excluded": {"withdrawal_excluded": True}, "agreed": {"exchange_agreed": True},
    "disagreed": {"exchange_agreed": False}, "photo": {"evidence": "photo"}, "order ?": {"ordered_at": None},
    "price ?": {"goods_minor": None}, "PLN": {"currency": "PLN"}, "GBP": {"currency": "GBP"}, "DE": {"country": "DE"},
    "in policy": {"in_policy": True}, "out of policy": {"in_policy": False}, "camera": {"category": "camera"},
    "clothing": {"category": "clothing"}, "payer buyer": {"reason_payer": "buyer"},
    "payer seller": {"reason_payer": "seller"},
}  # fmt: skip
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in FILE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| case")
]


def given(name, market, reason, received, asked, also):
    row = {
        "request_id": name, "marketplace": market, "reason": None if reason == "-" else reason,
    }  # fmt: skip
    row |= {"delivered_at": None if received == "-" else paris(f"{received} 12:00"), "requested_at": paris(asked)}
    # Nothing is received before it is ordered.
    row["ordered_at"] = paris(("2026-11-01" if received == "-" else received) + " 10:00")
    for word in filter(None, also.split(", ")):
        row |= ALSO[word] if word in ALSO else {"goods_minor": int(word.replace(".", ""))}
    return row


@pytest.fixture(scope="module")
def decided():
    """The whole table judged at once."""
    frame = decide(requests(*(given(*row[:6]) for row in ROWS)), book(), NO_RULES, HOLIDAYS, paris("2026-11-10 13:00"))
    return {row["request_id"]: row for row in frame.iter_rows(named=True)}


@pytest.mark.rule("CD-R2", "CD-R3", "CD-R5", "CD-R6", "AM-R1", "AM-R2", "AM-R4", "AM-R6", "AM-R8", "AM-R12", "AM-R13")
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_holds(row, decided):
    *_, lawful, refusing, payer, refund_by, question = row
    found = decided[row[0]]
    by_status = {
        status: "".join(a for a, option in LETTERS.items() if found[f"{option}_status"] == status)
        for status in ("lawful", "cannot_tell")
    }
    said = " ".join(filter(None, [by_status["lawful"], by_status["cannot_tell"] and by_status["cannot_tell"] + "?"]))
    assert said == lawful
    assert found["refuse_why"] == refusing
    assert found["return_payer"] == payer
    assert found["refund_due_at"].astimezone(PARIS).isoformat(" ")[:19] == f"{refund_by} 23:59:59"
    assert found["question"] == (question or None)
    assert found["rules_left_none"] is False


def test_nothing_is_said_against_a_delivery_that_the_file_knows(decided):
    why = {name: row["keep_refund_why"] for name, row in decided.items() if name.startswith("not received")}
    assert why == {
        "not received": "not_delivered",
        "not received, but the file says delivered": "always_offered",
        "not received on Amazon": "not_delivered",
    }


def test_the_table_is_long_enough_and_has_both_marketplaces():
    assert len(ROWS) >= 60
    assert {row[1] for row in ROWS} == {"cdiscount", "amazon"}
    assert len({row[0] for row in ROWS}) == len(ROWS)
