"""Which rule is written where: data/policy/COVERAGE.md, made by ``python -m core.policy.coverage``.

Values come from the policy files, functions from ``@applies``, pages from rule ids in their source
(``SHOWS = ("CD-O1", ...)`` or any text), tests from ``@pytest.mark.rule("CD-O1")``.
"""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import core.policy
from core.policy.values import DIRECTORY, Parameter, load

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = DIRECTORY / "COVERAGE.md"
_ID: Final = re.compile(r"\b(?:CD|AM|AE|XX)-[A-Z]\d{1,2}\b")
_HEAD: Final = """# Which rule is written where

Made by `python -m core.policy.coverage`; do not edit. Values are those in force last.

| id | value | function | page | test |
|---|---|---|---|---|
"""


def table() -> str:
    """The whole file: one row a rule that has a value in data/policy, sorted by id."""
    parameters: dict[str, list[str]] = defaultdict(list)
    for parameter in load().parameters.values():
        parameters[parameter.rule].append(_shown(parameter))
    found = _by_rule(_functions()), _by_rule(_pages()), _by_rule(_tests())
    rows = []
    for rule in sorted(parameters, key=_sort_key):
        cells = [", ".join(parameters[rule]), *(", ".join(sorted(places[rule])) for places in found)]
        rows.append(f"| {rule} | " + " | ".join(cells) + " |\n")
    return _HEAD + "".join(rows)


def _sort_key(rule: str) -> tuple[str, int]:
    head, number = re.findall(r"^(.*?)(\d+)$", rule)[0]
    return str(head), int(number)


def _shown(parameter: Parameter) -> str:
    amount = "in words" if parameter.text_only else parameter.history[-1].amount
    return f"{parameter.key} = {amount}"


def _by_rule(pairs: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for rule, place in pairs:
        found[rule].add(place)
    return found


def _functions() -> Iterator[tuple[str, str]]:
    for info in pkgutil.walk_packages(core.policy.__path__, "core.policy."):
        module = importlib.import_module(info.name)
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", "") == module.__name__:
                for rule in getattr(thing, "applies", ()):
                    yield rule, f"{info.name.removeprefix('core.policy.')}.{name}"


def _pages() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "pages").glob("*.py")):
        for rule in _ID.findall(file.read_text(encoding="utf-8")):
            yield rule, file.name


def _tests() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for rule in _marks(node):
                    yield rule, node.name


def _marks(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
            for argument in decorator.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
