"""Opening the base, its migrations, and that a transaction is kept whole or not at all."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.store import migrate, queries, tables, write
from core.store.engine import StoreUnavailable, database_url, open_engine, reading, unavailable, writing

ROOT = Path(__file__).resolve().parents[3]
NEWEST = max(path.name for path in (migrate.SCRIPTS / "versions").glob("*.py"))[:4]


def _indexes(engine: sa.Engine) -> list[str]:
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "AND tablename <> 'alembic_version' ORDER BY indexname",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return list(connection.scalars(sa.text(query)))


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(engine):
    for path in (ROOT / "core" / "store").glob("*.py"):  # each room brings its tables
        importlib.import_module(f"core.store.{path.stem}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert compare_metadata(context, tables.metadata) == []
    migrated = _indexes(engine)
    with engine.begin() as connection:
        tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
    assert _indexes(engine) == migrated


def test_a_new_base_has_no_version_and_an_upgraded_one_the_newest(empty_url):
    engine = open_engine(empty_url)
    assert migrate.version(engine) is None
    migrate.upgrade(engine)
    assert migrate.version(engine) == NEWEST
    engine.dispose()


def test_processes_that_start_together_all_find_an_upgraded_base(empty_url):
    code = (
        "import sys; from core.store import engine, migrate; e = engine.open_engine(sys.argv[1]); "
        "migrate.upgrade(e); print(migrate.version(e))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == [NEWEST] * 4


def test_every_write_moves_the_revision_and_a_failed_one_leaves_nothing(engine):
    with reading(engine) as connection:
        before = queries.revision(connection)
    with writing(engine) as connection:
        write.add_shop(connection, "cdiscount", "Kept")

    def fail():
        with writing(engine) as connection:
            write.add_shop(connection, "cdiscount", "Lost")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(engine) as connection:
        assert queries.revision(connection) == before + 1
        assert queries.shops(connection)["name"].to_list() == ["Kept"]


def test_a_process_killed_while_writing_leaves_nothing(engine):
    code = (
        "import os, sys; from core.store import engine, write\n"
        "with engine.writing(engine.open_engine(sys.argv[1])) as c:\n"
        "    write.add_shop(c, 'cdiscount', 'Lost'); os.kill(os.getpid(), 9)"
    )
    url = engine.url.render_as_string(hide_password=False)
    assert subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, timeout=60).returncode == -9
    with writing(engine) as connection:
        assert queries.shops(connection).is_empty()


def test_a_second_writer_waits_until_the_first_one_is_done(engine):
    code = (
        "import sys; from core.store import engine, write\n"
        "with engine.writing(engine.open_engine(sys.argv[1])) as c: write.add_shop(c, 'cdiscount', 'Second')"
    )
    url = engine.url.render_as_string(hide_password=False)
    with writing(engine) as connection:
        other = subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=2)
        write.add_shop(connection, "cdiscount", "First")
    assert other.wait(timeout=30) == 0
    with reading(engine) as connection:
        assert set(queries.shops(connection)["name"]) == {"First", "Second"}


def test_postgresql_addresses_name_their_driver_and_the_environment_is_asked(monkeypatch):
    assert database_url("postgres://u@h/d") == database_url("postgresql://u@h/d") == "postgresql+psycopg://u@h/d"
    monkeypatch.setenv("DESK48_DATABASE_URL", "sqlite:///elsewhere.db")
    assert database_url() == "sqlite:///elsewhere.db"
    monkeypatch.delenv("DESK48_DATABASE_URL")
    assert database_url().endswith("/var/desk48.db")


def test_a_base_that_cannot_be_opened_says_where_why_and_what_to_do(tmp_path):
    (tmp_path / "no.db").write_text("this is no database, it is a text of some length" * 40)
    with pytest.raises(StoreUnavailable, match=r"no\.db cannot be used: file is not a database"):
        open_engine(f"sqlite:///{tmp_path}/no.db")
    with pytest.raises(StoreUnavailable, match="Check that the folder"):
        open_engine(f"sqlite:///{tmp_path}/no.db/deeper/x.db")


def test_the_message_never_shows_the_password():
    with pytest.raises(StoreUnavailable) as caught:
        open_engine("postgresql://me:s3cr3t@127.0.0.1:1/desk?password=s3cr3t")
    assert "s3cr3t" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    told = unavailable(sa.make_url("postgresql://me:s3cr3t@h/desk"), OSError("no entry for me:s3cr3t"))
    assert "s3cr3t" not in str(told)


def test_a_base_without_tables_says_how_to_make_them(empty_url):
    engine = open_engine(empty_url)
    with pytest.raises((StoreUnavailable, sa.exc.ProgrammingError)), reading(engine) as connection:
        queries.revision(connection)
    engine.dispose()
