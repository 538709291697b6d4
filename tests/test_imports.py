"""Imports run one way, and files stay small enough to be read."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("app", "pages", "ui.web", "ui", "core.cli", "core.desk", "core.intake", "core.store", "core.policy")
MAY_IMPORT = {
    "app": {"ui.web", "core.desk", "core.store"},
    "ui.web": {"ui", "core.desk", "core.policy"},
    "pages": {"ui", "core.desk", "core.policy"},
    "ui": {"core.desk", "core.policy"},
    "core.cli": {"core.desk"},
    "core.desk": {"core.store", "core.intake", "core.policy"},
    "core.intake": {"core.policy"},
    "core.store": {"core.policy"},
    "core.policy": set(),
}
POLICY_PACKAGES = {"polars", "numpy"}
LONGEST = 400


def sources() -> list[Path]:
    folders = ("core", "ui", "pages", "tests", "benchmarks")
    return [ROOT / "app.py", *(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))]


def dotted(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    # The command line is one module and its doorway.
    return "core.cli" if name == "core.__main__" else name


def room(module: str) -> str | None:
    return next((name for name in ROOMS if module == name or module.startswith(name + ".")), None)


def imported(source: str, module: str) -> Iterator[str]:
    """Every module that this one imports, also inside functions, as a full dotted name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.rsplit(".", node.level)[0] + "." if node.level else ""
            start = base + (node.module or "")
            yield from (f"{start}.{alias.name}".replace("..", ".") for alias in node.names)


def arrows_out(source: str, module: str) -> set[tuple[str, str]]:
    here = room(module)
    found = {(here, room(name)) for name in imported(source, module)}
    return {(a, b) for a, b in found if a and b and a != b and b not in MAY_IMPORT[a]}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    assert arrows_out(path.read_text("utf-8"), dotted(path)) == set()


@pytest.mark.parametrize(
    ("module", "source", "arrow"),
    [
        ("core.policy.x", "from core.store import tables", ("core.policy", "core.store")),
        ("core.intake.x", "def f():\n    import core.store.engine", ("core.intake", "core.store")),
        ("core.store.x", "from core import intake", ("core.store", "core.intake")),
        ("core.desk.x", "from core.cli import main", ("core.desk", "core.cli")),
        ("pages.today", "from core.store import queries", ("pages", "core.store")),
        ("ui.frame", "import pages.today", ("ui", "pages")),
        ("core.policy.x", "from ..desk import base", ("core.policy", "core.desk")),
    ],
)
def test_a_forbidden_arrow_is_seen(module: str, source: str, arrow: tuple[str, str]) -> None:
    assert arrow in arrows_out(source, module)


@pytest.mark.parametrize("path", sorted((ROOT / "core" / "policy").rglob("*.py")), ids=lambda path: path.name)
def test_policy_needs_only_polars_and_numpy(path: Path) -> None:
    names = {name.split(".")[0] for name in imported(path.read_text("utf-8"), dotted(path))}
    assert names <= POLICY_PACKAGES | {"core"} | sys.stdlib_module_names


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_nothing_in_ui_hides_a_standard_module() -> None:
    """Streamlit puts the shell's own folder first on the path."""
    assert not {path.stem for path in (ROOT / "ui").glob("*.py")} & (sys.stdlib_module_names - {"__init__"})
