"""The first admin from the command line: the password is typed or read, never an argument."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.cli import DONE, WRONG_USE, main
from core.desk import sessions
from core.desk.base import open_desk, utc_now

PASSWORD = "drei alte Pferde ziehen"


def test_the_first_admin_is_made_with_a_password_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = f"sqlite:///{tmp_path}/desk.db"
    for typed, code in (("short\n", WRONG_USE), ("\n", WRONG_USE), (f"{PASSWORD}\n", DONE)):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert main(["add-admin", "Léa", "--database", base]) == code
    said = capsys.readouterr()
    assert "People sign in from now on." in said.out
    assert "12 characters" in said.err
    assert "short" not in said.err
    desk = open_desk(base)
    assert sessions.with_password(desk, "Léa", PASSWORD, "test", utc_now())
    desk.engine.dispose()


def test_two_passwords_at_the_terminal_have_to_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter([PASSWORD, PASSWORD + "!"])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert main(["add-admin", "Léa", "--database", f"sqlite:///{tmp_path}/desk.db"]) == WRONG_USE
    assert "not the same" in capsys.readouterr().err
