"""``python -m core import``: files into one shop, by the same code as the page."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from core.desk import base, command, imports, mappings, settings

DONE: Final = 0
REJECTED: Final = 1
WRONG_USE: Final = 2
COUNTS: Final = ("new", "changed", "unchanged", "older", "rejected")
DATES: Final = {"day-first": "day_first", "month-first": "month_first", "year-first": "year_first"}
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
    parser.add_argument("--encoding", metavar="NAME", help="of these files, like utf-8, cp1252 or gb18030")
    parser.add_argument("--dry-run", action="store_true", help="say what would change and import nothing")
    parser.add_argument("--whole-file", action="store_true", help="write nothing where a row is rejected")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_import)


def _import(chosen: argparse.Namespace) -> int:
    """Each file for itself; the worst of their exit codes."""
    desk, person = command.opened(chosen)
    shop_id = settings.add_shop(desk, person, chosen.marketplace, chosen.shop)
    results, worst = [], DONE
    for path in chosen.files:
        try:
            result = _import_one(desk, person, shop_id, path, chosen)
        except imports.Unknown as trouble:
            _say(f"{path}: {trouble} Say on the Imports page which cell is which field; then it is read here too.")
            worst = WRONG_USE
        except (imports.Refused, imports.WrongShop, mappings.Unusable, OSError) as trouble:
            _say(f"{path}: {trouble}")
            worst = WRONG_USE
        else:
            results.append(result)
            worst = max(worst, REJECTED if result["rejected"] else DONE)
    _print(results, as_json=chosen.json)
    return worst


def _import_one(
    desk: base.Desk, person: base.Person, shop_id: int, path: Path, chosen: argparse.Namespace
) -> dict[str, Any]:
    """Read, ask, write one file; gives what is printed of it. Raises ``imports.Refused`` where a question is open."""
    now, data = base.utc_now(), path.read_bytes()

    def look() -> imports.ImportPreview:
        encoding, as_of = chosen.encoding, chosen.as_of
        return imports.preview(desk, shop_id, path.name, data, now, as_of, encoding=encoding, keep_rejected=True)

    seen = look()
    said = {mappings.DATE_ORDER: DATES.get(chosen.dates), mappings.ZONE: chosen.zone}
    answers = {question.ask: said[question.ask] for question in seen.questions}
    for asked, answer in answers.items():
        if answer is not None:
            mappings.answer(desk, person, shop_id, seen.mapping or seen.format, asked, answer, now)
            seen = look()
    for question in seen.questions:
        words = {order: word for word, order in DATES.items()}
        options = [
            f"{words.get(name, name)} {f'({meaning})' if meaning else ''}".strip() for name, meaning in question.options
        ]
        text = imports.QUESTIONS[question.ask].format(example=question.example, column=question.column)
        _say(f"{path}: {text} Say it with {OPTIONS[question.ask]}: {', '.join(options)}")
    if seen.questions:
        raise imports.Refused("questions_open")
    if chosen.as_of is not None and seen.as_of_source == "file":
        _say(f"{path}: the newest instant in the file counts, not --as-of")
    if seen.already is None and not chosen.dry_run:
        mode = imports.WHOLE_FILE if chosen.whole_file else imports.GOOD_ROWS
        seen = imports.write(desk, person, seen, now, mode)
    if seen.already is not None:
        _say(f"{path}: already imported on {_iso(seen.already['imported_at'])} by {seen.already['person']}")
    told = {"file": str(path), "format": seen.format, "as_of": _iso(seen.as_of), "read": seen.read}
    counts = {name: getattr(seen, name) for name in COUNTS}
    return told | counts | {"findings": [_finding(row) for row in seen.findings.iter_rows(named=True)]}


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
        _out(f"{result['file']}: {result['format']}, as of {result['as_of']}: {result['read']} read, {counts}")
        for found in result["findings"]:
            place = ":".join(str(part) for part in (result["file"], found["line"], found["column"]) if part is not None)
            _say(f"{place}: {found['sentence']} {found['hint']}")


def _iso(at: dt.date) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _out(line: str) -> None:
    print(line)  # the command line's own output


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # messages go beside the output
