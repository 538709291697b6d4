"""A file of several shops on the Imports page: accounts are said once, all is written in one go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import imports
from core.desk.base import Desk
from tests.core.desk.test_import_shops import FILE, with_zone
from tests.pages.files import below, drop, opened, page, press, run, write
from tests.pages.noon import words


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from opened(tmp_path, monkeypatch)


def test_accounts_are_said_on_the_page_and_all_shops_are_written_in_one_go(desk: Desk) -> None:
    fr = with_zone(desk, "amazon", "Lumina FR")
    ali = with_zone(desk, "aliexpress", "XinXing")
    at = drop(page(), ("erp.csv", FILE))
    assert "2 rows stay out" in words(at)
    boxes = {one.label.split(",")[1].split(":")[0].strip(): one for one in at.selectbox if "account" in one.label}
    assert set(boxes) == {"account FR1", "account FR2", "account XinXing"}
    for name, shop in (("account FR1", fr), ("account FR2", fr), ("account XinXing", ali)):
        boxes[name].set_value(shop)
    press(at, "Remember and share out")
    assert "→ XinXing" in words(run(at))
    write(at)
    assert sorted(imports.history(desk).select("shop_id", "new").rows()) == [(fr, 2), (ali, 2)]
    assert any("2 rows written" in toast.value for toast in at.toast)
    kept = words(below(page(), "Mappings"))
    assert "**XinXing** · XinXing · account of an ERP, whose rows are this shop’s" in kept
