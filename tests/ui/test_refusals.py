"""What the desk refuses is said once for all pages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk.access import ACTION_WORDS
from core.desk.base import NotAllowed, NotThere, Person, SignedOut
from ui import refusals
from ui.text import LANGUAGES, text

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")])


def untold(module: ast.Module) -> Iterator[str]:
    """Callbacks of widgets that act in somebody's name, and whose refusal nobody would say."""
    called = {
        keyword.value.id
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("on_click", "on_change") and isinstance(keyword.value, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name in called:
            acts = any(isinstance(part, ast.Attribute) and part.attr == "person" for part in ast.walk(node))
            told = any(isinstance(name, ast.Name) and name.id == "told" for name in node.decorator_list)
            if acts and not told:
                yield node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_callback_that_acts_says_what_is_refused(path: Path) -> None:
    assert list(untold(ast.parse(path.read_text("utf-8")))) == []


def test_a_callback_without_it_would_be_found() -> None:
    source = "def go(page):\n    do(page.person)\nst.button('x', on_click=go)\n"
    assert list(untold(ast.parse(source))) == ["go"]
    assert list(untold(ast.parse(f"@told\n{source}"))) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_refusal_is_one_sentence_without_names_or_numbers(lang: str) -> None:
    words, secret = text(lang), "Tamaris-7"
    said = {refusals.sentence(words, NotAllowed(Person(secret), action, 7)) for action in ACTION_WORDS}
    assert len(said) == len(ACTION_WORDS)
    said |= {refusals.sentence(words, why) for why in (SignedOut(secret), NotThere(secret))}
    assert len(said) == len(ACTION_WORDS) + 2
    assert not any(secret in sentence or "7" in sentence for sentence in said)
