"""What the README says is so."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from core.store import chain_key, engine
from ui.web import front

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SET = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
CODE = "\n".join(
    path.read_text("utf-8") for folder in ("core", "ui", "pages") for path in (ROOT / folder).rglob("*.py")
)
COMMANDS = dict(re.findall(r"^\| `python -m core ([\w-]+)([^`]*)`", README, re.MULTILINE))
OPTION = re.compile(r"--[a-z][a-z-]+")


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def settings() -> list[str]:
    return re.findall(r"^\| `([\w.]+)` \|", section("Settings"), re.MULTILINE)


def usage(*command: str) -> str:
    called = [sys.executable, "-m", "core", *command, "--help"]
    return subprocess.run(called, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_setting_of_the_code_is_told_and_no_other() -> None:
    read = set(re.findall(r"\bDESK48_[A-Z_]+", CODE))
    assert read == {name for name in settings() if name.startswith("DESK48_")}
    assert {engine.ENVIRONMENT, chain_key.ENVIRONMENT, front.PUBLIC_URL, front.TRUSTED_PROXIES} <= read


@pytest.mark.parametrize("key", [name for name in settings() if "." in name])
def test_every_server_setting_exists(key: str) -> None:
    part, name = key.split(".")
    default = re.search(rf"^\| `{re.escape(key)}` \|[^|]*\| `?([^|`]*?)`? \|", README, re.MULTILINE)
    assert default is not None
    assert str(SET[part].get(name, config.get_option(key) if name != "port" else 8501)) == default[1]


def test_the_default_base_is_where_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(engine.ENVIRONMENT, raising=False)
    assert engine.database_url() == f"sqlite:///{ROOT / 'var' / 'desk48.db'}"


def test_the_commands_are_those_of_the_program() -> None:
    assert set(re.findall(r"^    ([\w-]+)(?: |$)", usage(), re.MULTILINE)) == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_a_command_are_told(command: str) -> None:
    told = set(OPTION.findall(COMMANDS[command])) | {"--database", "--help"}
    assert set(OPTION.findall(usage(command))) == told


def test_every_format_is_told() -> None:
    formats = {path.stem for path in (ROOT / "data" / "formats").glob("*.toml")}
    assert formats - {"states", "aliases"} == set(
        re.findall(r"^\| `(\w+)` \|", section("Files it reads"), re.MULTILINE)
    )


def test_the_two_start_commands_name_files_that_are_there() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    for name in re.findall(r"[\w-]+\.(?:txt|py)\b", " ".join(commands)):
        assert (ROOT / name).is_file()


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("path", re.findall(r"^\| `([\w./]+)` \|", section("Where things are"), re.MULTILINE))
def test_every_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()
