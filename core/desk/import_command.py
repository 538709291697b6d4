"""``python -m core import``: files into one shop, by the same code as the page."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from core.desk import base, command, import_shops, imports, mappings, settings

DONE: Final = 0
REJECTED: Final = 1
WRONG_USE: Final = 2
COUNTS: Final = ("new", "changed", "unchanged", "older", "rejected")
DATES: Final = {"day-first": "day_first", "month-first": "month_first", "year-first": "year_first"}
WHOSE: Final = "Say whose they are with --account ACCOUNT=SHOP."
OPTIONS: Final = {mappings.DATE_ORDER: "--dates", mappings.ZONE: "--zone"}


def add(commands: Any, common: argparse.ArgumentParser, instant: Callable[[str], dt.datetime]) -> None:
    """Add the command to the parser's sub-commands. ``instant``: reads an instant that was typed."""
    parser = commands.add_parser("import", parents=[common], help="import export files into one shop")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--shop", required=True, metavar="NAME")
    parser.add_argument("--marketplace", required=True, choices=[str(name) for name in base.Marketplace])
    parser.add_argument("--as-of", type=instant, metavar="INSTANT", help="where the file holds no instant of its own")
    parser.add_argument("--zone", metavar="ZONE", help="of clocks that a file leaves open; the shop remembers it")
    parser.add_argument("--dates", choices=list(DATES), help="of dates that a file leaves open; the shop remembers it")
    parser.add_argument(
        "--account", type=_account, action="append", metavar="ACCOUNT=SHOP",
        help="the shop of an account (or MARKETPLACE:ACCOUNT) in a file of several shops; it is remembered",
    )  # fmt: skip
    parser.add_argument("--encoding", metavar="NAME", help="of these files, like utf-8, cp1252 or gb18030")
    parser.add_argument("--dry-run", action="store_true", help="say what would change and import nothing")
    parser.add_argument("--whole-file", action="store_true", help="write nothing where a row is rejected")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_import)


def _import(chosen: argparse.Namespace) -> int:
    """Each file for itself; the worst of their exit codes."""
    desk, person = command.opened(chosen)
    shop_id = settings.add_shop(desk, person, chosen.marketplace, chosen.shop)
    results: list[dict[str, Any]] = []
    worst = DONE
    for path in chosen.files:
        try:
            found, left = _import_one(desk, person, shop_id, path, chosen)
        except imports.Unknown as trouble:
            _say(f"{path}: {trouble} Say on the Imports page which cell is which field; then it is read here too.")
            worst = WRONG_USE
        except (imports.Refused, imports.WrongShop, mappings.Unusable, OSError) as trouble:
            _say(f"{path}: {trouble}")
            worst = WRONG_USE
        else:
            results += found
            worst = max(worst, REJECTED if left or any(result["rejected"] for result in found) else DONE)
    _print(results, as_json=chosen.json)
    return worst


def _import_one(
    desk: base.Desk, person: base.Person, shop_id: int, path: Path, chosen: argparse.Namespace
) -> tuple[list[dict[str, Any]], bool]:
    """Read, ask, write one file; gives what is printed of it, for each of its shops, and whether rows stay out. Raises
    ``imports.Refused`` where a question is open."""
    now, data = base.utc_now(), path.read_bytes()

    def look() -> import_shops.Look:
        encoding, as_of = chosen.encoding, chosen.as_of
        return import_shops.look(desk, shop_id, path.name, data, now, as_of, encoding=encoding, keep_rejected=True)

    found = look()
    if said := _shares(desk, person, found, dict(chosen.account or ())):
        import_shops.assign(desk, person, said, now)
        found = look()
    if _answered(desk, person, found, chosen, now):
        found = look()
    for part in found.open_parts:
        _say(f"{path}: {part.rows} rows of {part.platform}, account {part.account}, stay out. {WHOSE}")
    _ask(found, path)
    if not chosen.dry_run:
        mode = imports.WHOLE_FILE if chosen.whole_file else imports.GOOD_ROWS
        found = import_shops.write(desk, person, found, now, mode)
    names = dict(settings.shops(desk).select("id", "name").iter_rows())
    return [_told(path, seen, names[seen.shop_id], chosen) for seen in found.previews], bool(found.open_parts)


def _shares(
    desk: base.Desk, person: base.Person, found: import_shops.Look, said: dict[str, str]
) -> list[tuple[import_shops.Part, int]]:
    """The accounts of a file with the shops that ``--account`` names for them; a new shop is added."""
    named = [
        (part, part.marketplace, shop)
        for part in found.parts
        if part.marketplace
        and (shop := said.get(f"{part.marketplace}:{part.account}") or said.get(part.account)) is not None
    ]
    return [(part, settings.add_shop(desk, person, marketplace, shop)) for part, marketplace, shop in named]


def _answered(
    desk: base.Desk, person: base.Person, found: import_shops.Look, chosen: argparse.Namespace, now: dt.datetime
) -> bool:
    """Remember what ``--zone`` and ``--dates`` say to the questions of a file; whether there was something."""
    said = {mappings.DATE_ORDER: DATES.get(chosen.dates), mappings.ZONE: chosen.zone}
    answers = [(seen, asked.ask, said[asked.ask]) for seen in found.previews for asked in seen.questions]
    for seen, asked, answer in answers:
        if answer is not None:
            mappings.answer(desk, person, seen.shop_id, seen.mapping or seen.format, asked, answer, now)
    return any(answer is not None for _, _, answer in answers)


def _ask(found: import_shops.Look, path: Path) -> None:
    """Print the questions that are still open; raises ``imports.Refused`` where there are some."""
    words = {order: word for word, order in DATES.items()}
    questions = dict.fromkeys(question for seen in found.previews for question in seen.questions)
    for question in questions:
        options = [
            f"{words.get(name, name)} {f'({meaning})' if meaning else ''}".strip() for name, meaning in question.options
        ]
        text = imports.QUESTIONS[question.ask].format(example=question.example, column=question.column)
        _say(f"{path}: {text} Say it with {OPTIONS[question.ask]}: {', '.join(options)}")
    if questions:
        raise imports.Refused("questions_open")


def _told(path: Path, seen: imports.ImportPreview, shop: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """What is printed of one file in one shop."""
    if chosen.as_of is not None and seen.as_of_source == "file":
        _say(f"{path}: the newest instant in the file counts, not --as-of")
    if seen.already is not None:
        _say(f"{path}: already imported on {_iso(seen.already['imported_at'])} by {seen.already['person']}")
    told = {"file": str(path), "shop": shop, "format": seen.format, "as_of": _iso(seen.as_of), "read": seen.read}
    counts = {name: getattr(seen, name) for name in COUNTS}
    return told | counts | {"findings": [_finding(row) for row in seen.findings.iter_rows(named=True)]}


def _account(text: str) -> tuple[str, str]:
    """An account and its shop, as ``--account`` has them."""
    account, _, shop = text.partition("=")
    if not account.strip() or not shop.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not like ACCOUNT=SHOP")
    return account.strip(), shop.strip()


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    sentence, hint = imports.finding_text(row["code"])
    filled = {name: row[name] for name in ("line", "column", "value")}
    return {**row, "sentence": sentence.format(**filled), "hint": hint.format(**filled)}


def _print(results: list[dict[str, Any]], *, as_json: bool) -> None:
    for result in results:
        if as_json:
            _out(json.dumps(result, ensure_ascii=False))
            continue
        counts = ", ".join(f"{result[name]} {name}" for name in COUNTS)
        what = f"{result['shop']}, {result['format']}, as of {result['as_of']}"
        _out(f"{result['file']}: {what}: {result['read']} read, {counts}")
        for found in result["findings"]:
            place = ":".join(str(part) for part in (result["file"], found["line"], found["column"]) if part is not None)
            _say(f"{place}: {found['sentence']} {found['hint']}")


def _iso(at: dt.date) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _out(line: str) -> None:
    print(line)  # the command line's own output


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # messages go beside the output
