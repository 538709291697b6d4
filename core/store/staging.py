"""Frames as tables that SQL can read, for the length of one transaction.

On SQLite Arrow writes the frames into a private file, the file is closed and then attached: Arrow's
driver carries a SQLite of its own, and two SQLite libraries on one open file destroy it. On
PostgreSQL the frames are copied into temporary tables. Instants become whole microseconds.
"""

import queue
import shutil
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import adbc_driver_manager
import adbc_driver_sqlite
import polars as pl
import sqlalchemy as sa

Frames = Mapping[str, pl.DataFrame]


class Staged(NamedTuple):
    """A frame that SQL can read: its quoted table name, its columns and how many rows it has."""

    table: str
    columns: tuple[str, ...]
    rows: int


_Ready = tuple[str, dict[str, tuple[tuple[str, ...], int]]]  # a folder, and columns and rows of each table
SLICES: Final = 6
"""SQLite attaches ten files at most and lets none go before the transaction ends; some are for look-ups."""
_COPIED_ROWS: Final = 50_000
_TABLE: Final = adbc_driver_manager.StatementOptions.INGEST_TARGET_TABLE.value
_KEPT: Final = "desk48_staged"


def staged(connection: sa.Connection, name: str, frame: pl.DataFrame) -> str:
    """``frame`` as a table of this transaction; gives its quoted name for use in SQL."""
    with ahead(connection, [{name: frame}]) as slices:
        return next(slices)[name].table


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with instants as microseconds, days as day numbers, and no column without a type."""
    instants = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime]
    days = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
    empty = [name for name, dtype in frame.schema.items() if dtype == pl.Null]
    return frame.with_columns(
        pl.col(instants).dt.timestamp("us"), pl.col(days).to_physical(), pl.col(empty).cast(pl.String)
    )


def cut(frames: Frames, key: str = "order_number", rows: int = 100_000) -> Iterator[dict[str, pl.DataFrame]]:
    """Big frames as slices by ranges of ``key``, so that one is staged while the one before is merged.

    Frames without rows are left out; those without ``key`` come whole, in the first slice. The others
    come sorted: rows in the order of their table's key are appended, not inserted between others.
    """
    filled = {name: frame for name, frame in frames.items() if frame.height}
    whole = {name: frame for name, frame in filled.items() if key not in frame.columns or frame[key].has_nulls()}
    keyed = {name: frame for name, frame in filled.items() if name not in whole}
    if not keyed:
        yield whole
        return
    # Only the keys are sorted here; a row is copied into its place when its slice is made.
    places = {
        name: frame.select(key).with_row_index("row").sort(key, maintain_order=True) for name, frame in keyed.items()
    }
    longest = max(places.values(), key=lambda frame: frame.height)
    count = max(1, min(SLICES, longest.height // rows))
    bounds = [longest[key][longest.height * i // count] for i in range(1, count)]
    starts = {
        name: [0, *(int(frame[key].search_sorted(bound)) for bound in bounds), frame.height]
        for name, frame in places.items()
    }
    order = {name: frame["row"] for name, frame in places.items()}
    del places, longest  # the keys of a big file take room, and are needed no more
    for i in range(count):
        mine = {name: at[starts[name][i] : starts[name][i + 1]] for name, at in order.items()}
        yield (whole if i == 0 else {}) | {name: keyed[name][at] for name, at in mine.items()}


@contextmanager
def ahead(connection: sa.Connection, slices: Iterable[Frames]) -> Iterator[Iterator[dict[str, Staged]]]:
    """Slices as tables of this transaction: each gives the quoted table name of each frame.

    On SQLite a thread writes the next slice while the caller works on the one before.
    """
    if connection.dialect.name == "sqlite":
        tables = _attached(connection, _at_most(slices, SLICES))
    else:
        tables = _copied(connection, slices)
    try:
        yield tables
    finally:
        tables.close()


def clear(connection: sa.Connection) -> None:
    """Let go of everything staged on this connection; its transaction must have ended."""
    for alias, folder in connection.info.pop(_KEPT, {}).items():
        try:
            if not connection.closed and not connection.invalidated:
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute(f"DETACH {alias}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _at_most(slices: Iterable[Frames], count: int) -> Iterator[Frames]:
    """The slices; from the last allowed one on they are put together."""
    each = iter(slices)
    yield from islice(each, count - 1)
    rest = list(each)
    if rest:
        names = dict.fromkeys(name for frames in rest for name in frames)
        yield {name: pl.concat([frames[name] for frames in rest if name in frames]) for name in names}


def _attached(connection: sa.Connection, slices: Iterable[Frames]) -> Generator[dict[str, Staged], None, None]:
    kept: dict[str, str] = connection.info.setdefault(_KEPT, {})
    ready: queue.Queue[_Ready | BaseException | None] = queue.Queue(maxsize=2)
    stop = threading.Event()

    def hand_over(item: _Ready | BaseException | None) -> None:
        while not stop.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue
        if isinstance(item, tuple):
            shutil.rmtree(item[0], ignore_errors=True)

    def work() -> None:
        try:
            for frames in slices:
                if stop.is_set():
                    return
                hand_over((_write(frames), {name: (tuple(f.columns), f.height) for name, f in frames.items()}))
                del frames  # written: its memory is for the next one
            hand_over(None)
        except BaseException as error:  # handed to the caller's thread, whatever it is
            hand_over(error)

    thread = threading.Thread(target=work, name="staging")
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            folder, shapes = item
            alias = f"staged_{len(kept)}"
            kept[alias] = folder
            connection.exec_driver_sql(f"ATTACH 'file:{Path(folder, 'staged.db')}?immutable=1' AS {alias}")
            yield {name: Staged(f'{alias}."{name}"', *shape) for name, shape in shapes.items()}
    finally:
        stop.set()
        thread.join()
        while not ready.empty():
            if isinstance(left := ready.get(), tuple):
                shutil.rmtree(left[0], ignore_errors=True)


def _write(frames: Frames) -> str:
    """Write the frames into a new SQLite file in a private folder; gives the folder."""
    # The driver without the DBAPI dress of it, whose import takes half a second (pyarrow, pandas).
    folder = tempfile.mkdtemp(prefix="desk48-")
    try:
        with (
            adbc_driver_sqlite.connect(str(Path(folder, "staged.db"))) as base,
            adbc_driver_manager.AdbcConnection(base) as connection,
        ):
            for pragma in ("page_size = 65536", "journal_mode = OFF", "synchronous = OFF"):
                _run(connection, f"PRAGMA {pragma}")
            _run(connection, "BEGIN")
            for name, frame in frames.items():
                with adbc_driver_manager.AdbcStatement(connection) as statement:
                    statement.set_options(**{_TABLE: name})
                    statement.bind_stream(storable(frame).__arrow_c_stream__())
                    statement.execute_update()
            _run(connection, "COMMIT")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _run(connection: adbc_driver_manager.AdbcConnection, sql: str) -> None:
    with adbc_driver_manager.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_query()


def _copied(connection: sa.Connection, slices: Iterable[Frames]) -> Generator[dict[str, Staged], None, None]:
    count: int = connection.info.get(_KEPT + "_tables", 0)
    for frames in slices:
        names = {}
        for name, frame in frames.items():
            count += 1
            connection.info[_KEPT + "_tables"] = count
            names[name] = Staged(f'pg_temp."staged_{count}_{name}"', tuple(frame.columns), frame.height)
            _copy(connection, names[name].table, storable(frame))
        yield names


def _copy(connection: sa.Connection, table: str, frame: pl.DataFrame) -> None:
    columns = ", ".join(f'"{name}" {_postgresql_type(dtype)}' for name, dtype in frame.schema.items())
    connection.exec_driver_sql(f"CREATE TEMP TABLE {table.removeprefix('pg_temp.')} ({columns}) ON COMMIT DROP")
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
        for part in frame.iter_slices(_COPIED_ROWS):
            # An empty text is written "" and an absent one as nothing: PostgreSQL tells them apart.
            copy.write(part.write_csv(include_header=False))
    connection.exec_driver_sql(f"ANALYZE {table}")


def _postgresql_type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "bigint"
    return {pl.Boolean: "boolean", pl.String: "text", pl.Float64: "double precision"}[dtype.base_type()]
