"""Today: what comes first, the counts by band, and the start on an empty base."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import imports
from core.desk.base import Desk
from core.desk.samples import SampleFile
from tests.core.desk.conftest import export
from tests.pages import noon
from ui.text import LANGUAGES, text

PAGES = sorted(path.stem for path in (noon.ROOT / "pages").glob("*.py") if path.stem != "screen")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_base_says_what_to_do_first(name: str) -> None:
    at = noon.visit(name)
    assert at.title[0].value
    assert not at.error
    if name in {"today", "orders"}:
        assert [button.label for button in at.main.button] == ["Load the sample month", "Upload an export"]
        assert "No orders yet" in at.info[0].value


def test_the_sample_month_is_loaded_with_one_click(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    data = export(("S-1", noon.hours_ago(47), "À accepter"))
    sample = [SampleFile("cdiscount", "Sample shop", "sample.csv", data)]
    monkeypatch.setattr("core.desk.samples.sample_month", lambda _: sample)
    at = noon.visit("today")
    at.button(key="load_sample").click()
    noon.run(at)
    assert imports.history(desk)["file_name"].to_list() == ["sample.csv"]
    assert at.main.dataframe[0].value["Order"].tolist() == ["S-1"]
    assert "Sample shop" in noon.words(at)


def test_the_start_leads_to_the_upload() -> None:
    at = noon.visit("today")
    at.button(key="to_imports").click()
    assert noon.run(at).title[0].value == "Imports"


def test_the_most_urgent_order_stands_first(desk: Desk) -> None:
    data = export(
        ("CALM", noon.hours_ago(1), "À accepter"),
        ("LATE", noon.hours_ago(49), "À accepter"),
        ("DIES", noon.hours_ago(47.5), "À accepter"),
        ("GONE", noon.hours_ago(70), "Expédiée"),
    )
    noon.shop_with(desk, data)
    at = noon.visit("today")
    table = at.main.dataframe[0].value
    assert table["Order"].tolist() == ["DIES", "CALM"]
    assert table["Time left"].tolist()[0] == "30 min"
    counts = {metric.label: metric.value for metric in at.metric}
    assert counts["◆ now"] == "1"
    assert counts["▲ overdue"] == "0"
    assert "probably cancelled: 1" in noon.words(at)
    assert "Lumina" in at.caption[0].value


def test_nothing_to_do_is_said(desk: Desk) -> None:
    noon.shop_with(desk, export(("GONE", noon.hours_ago(70), "Expédiée")))
    at = noon.visit("today")
    assert at.success[0].value == "Nothing has to be done before a deadline."
    assert not at.main.dataframe


def test_all_orders_is_one_click_away(desk: Desk) -> None:
    noon.shop_with(desk, export(("A-1", noon.hours_ago(40), "À accepter")))
    at = noon.visit("today")
    at.button(key="to_orders").click()
    assert noon.run(at).title[0].value == "Orders"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_speaks_the_language_of_the_link(desk: Desk, lang: str) -> None:
    noon.shop_with(desk, export(("A-1", noon.hours_ago(40), "À accepter")))
    at = noon.visit("today", lang=lang)
    assert at.title[0].value == text(lang)._("Today")
    assert text(lang)._("Time left") in at.main.dataframe[0].value.columns
