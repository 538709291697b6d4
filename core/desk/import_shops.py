"""Files that hold rows of several shops: an ERP's export names platform and account of each row.

A person says once which shop an account is; from then on the rows of such a file go to their shops by themselves,
each shop's as a run of its own. What nobody said stays out, and is told.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.desk import imports, mappings, settings
from core.desk.acting import Act, acting
from core.desk.base import Desk, Person
from core.desk.import_parts import Progress, no_progress
from core.desk.import_preview import ImportPreview
from core.intake.choices import Choices
from core.intake.explode import parts
from core.intake.findings import Refused
from core.intake.formats import fold
from core.intake.grid import source
from core.store import mappings as store
from core.store import queries


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one account in a file. ``marketplace``: None where the platform is none that the desk knows;
    ``shop_id``: whose rows they are, None where nobody said."""

    platform: str
    marketplace: str | None
    account: str
    rows: int
    shop_id: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a file brings to each of its shops. ``parts``: its accounts, where it holds those of several; else none."""

    previews: tuple[ImportPreview, ...]
    parts: tuple[Part, ...] = ()

    @property
    def open_parts(self) -> tuple[Part, ...]:
        """Those whose rows stay out, as nobody said which shop they are; others are of platforms that nobody serves."""
        return tuple(part for part in self.parts if part.marketplace is not None and part.shop_id is None)


def look(
    desk: Desk,
    shop_id: int,
    name: str,
    data: bytes,
    now: dt.datetime,
    as_of: dt.datetime | None = None,
    *,
    encoding: str | None = None,
    header: int | None = None,
    progress: Progress = no_progress,
    **how: Any,
) -> Look:
    """What a file would do, in the chosen shop or in those that its accounts are. Nothing is written; ``how`` and what
    is raised are those of ``imports.preview``."""
    told = {"encoding": encoding, "header": header, "progress": progress, **how}
    progress("reading", 0, data.count(b"\n"))
    found = _accounts(desk, shop_id, name, data, encoding, header)
    if not found:
        return Look((imports.preview(desk, shop_id, name, data, now, as_of, **told),))
    mine: dict[int, list[str]] = {}
    for part in found:
        if part.shop_id is not None:
            mine.setdefault(part.shop_id, []).append(part.account)
    previews = [
        imports.preview(desk, shop, name, data, now, as_of, accounts=frozenset(whose), **told)
        for shop, whose in mine.items()
    ]
    return Look(tuple(previews), tuple(found))


def write(
    desk: Desk, person: Person, seen: Look, now: dt.datetime, mode: str = imports.GOOD_ROWS,
    progress: Progress = no_progress,
) -> Look:  # fmt: skip
    """Write what was looked at, each shop's rows as a run of its own. In ``mode`` whole_file nothing is written where
    a row of any shop was rejected; raises as ``imports.write``."""
    person.require("import", *(one.shop_id for one in seen.previews))
    if any(one.questions for one in seen.previews):
        raise Refused("questions_open")
    rejected = sum(one.rejected for one in seen.previews)
    if mode == imports.WHOLE_FILE and rejected:
        raise Refused("rows_rejected", {"rejected": rejected})
    done = tuple(imports.write(desk, person, one, now, mode, progress) for one in seen.previews)
    return dataclasses.replace(seen, previews=done)


def _accounts(
    desk: Desk, shop_id: int, name: str, data: bytes, encoding: str | None = None, header: int | None = None
) -> list[Part]:
    """The accounts of a file with what was said of them; none where all its rows are the chosen shop's.

    The one account that nobody said anything of is the chosen shop's, if it is of its marketplace and the shop has no
    other: the person chose the shop for it.
    """
    market = settings.shop(desk, shop_id)["marketplace"]
    try:
        file = source(name, data, imports.limited(desk), Choices(encoding, header=header))
    except Refused:  # the reading says why
        return []
    held = parts(file)
    with desk.reading() as connection:
        said = _said(desk, connection)
    found = [
        Part(platform, whose, account, rows, said.get((whose, fold(account))) if whose else None)
        for platform, whose, account, rows in held.iter_rows()
    ]
    free = {part.account for part in found if part.marketplace == market and part.shop_id is None}
    if len(free) == 1 and all(part.shop_id != shop_id for part in found):
        found = [
            dataclasses.replace(part, shop_id=shop_id) if part.account in free and part.marketplace == market else part
            for part in found
        ]
    return [] if {part.shop_id for part in found if part.marketplace is not None} <= {shop_id} else found


def _said(desk: Desk, connection: sa.Connection) -> dict[tuple[str | None, str], int]:
    """Which shop an account of a marketplace is, by marketplace and folded account; of the shops that may be seen."""
    rows = desk.mine(store.newest(connection)).iter_rows(named=True)
    return {
        (kept["marketplace"], fold(kept["account"])): row["shop_id"]
        for row in rows
        if row["key"].startswith(mappings.ACCOUNT)
        for kept in [json.loads(row["content"])]
    }


def assign(desk: Desk, person: Person, said: Sequence[tuple[Part, int]], now: dt.datetime) -> None:
    """Remember which shop each of these accounts is. Raises ``NotAllowed``, and ``ValueError`` for a shop of another
    marketplace."""
    with acting(desk, person, "import", [shop_id for _, shop_id in said], now) as act:
        shops = dict(queries.shops(act.connection).select("id", "marketplace").iter_rows())
        for part, shop_id in said:
            if shops.get(shop_id) != part.marketplace:
                raise ValueError(f"the shop {shop_id} is of another marketplace than {part.platform}")
            _assign(act, part, shop_id)


def _assign(act: Act, part: Part, shop_id: int) -> None:
    """One account is this shop, and no other any more."""
    key = f"{mappings.ACCOUNT}{part.marketplace}:{fold(part.account)}"
    content = json.dumps({"marketplace": part.marketplace, "account": part.account}, ensure_ascii=False)
    held = store.newest(act.connection).filter(key=key)
    for row in held.filter(pl.col("shop_id") != shop_id).iter_rows(named=True):
        act.person.require("import", row["shop_id"])
        store.save(act.connection, row["shop_id"], key, None, row["version"], act.person.name, act.at)
        act.note("mapping_forgotten", shop_id=row["shop_id"], subject=key, before={"version": row["version"]})
    if held.filter(shop_id=shop_id).is_empty():
        store.save(act.connection, shop_id, key, content, 0, act.person.name, act.at)
        act.note("mapping_saved", shop_id=shop_id, subject=key, after={"account": part.account})
