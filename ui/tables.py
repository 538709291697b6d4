"""Tables: columns as the reader's language writes them, built for whole columns at once."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import exports
from core.policy.words import N_
from ui.frame import Page
from ui.text import NOTHING, Text

WEEKDAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def moment(column: str, zone: str, text: Text) -> pl.Expr:
    """Instants of a column in one zone: "Fri 27/11 14:05"."""
    local = pl.col(column).dt.convert_time_zone(zone)
    names = dict(enumerate((text._(day) for day in WEEKDAYS), start=1))
    weekday = local.dt.weekday().cast(pl.Int64).replace_strict(names, default=NOTHING, return_dtype=pl.String)
    shown = pl.format("{} {}", weekday, local.dt.strftime("%m-%d %H:%M" if text.lang == "zh_CN" else "%d/%m %H:%M"))
    return pl.when(pl.col(column).is_null()).then(pl.lit(NOTHING)).otherwise(shown)


def left(column: str, text: Text) -> pl.Expr:
    """Seconds of a column as a stretch of time, as :meth:`Text.left` writes one."""
    minutes = pl.col(column).abs() // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    sign = pl.when(pl.col(column) < 0).then(pl.lit("\N{MINUS SIGN}")).otherwise(pl.lit(""))
    shown = (
        pl.when(days > 0)
        .then(_filled(text._("{days} d {hours} h", days="{}", hours="{}"), days, hours))
        .when(hours > 0)
        .then(
            _filled(
                text._("{hours} h {minutes}", hours="{}", minutes="{}"),
                hours,
                rest.cast(pl.String).str.zfill(2),
            )
        )
        .otherwise(_filled(text._("{minutes} min", minutes="{}"), rest))
    )
    return pl.when(pl.col(column).is_null()).then(pl.lit(NOTHING)).otherwise(pl.concat_str(sign, shown))


def _filled(sentence: str, *parts: pl.Expr) -> pl.Expr:
    return pl.format(sentence, *parts)


def money(amount: str, currency: str, frame: pl.DataFrame, text: Text) -> pl.Series:
    """Amounts in minor units as the language writes them; each different amount is written once."""
    pairs = frame.select(amount, currency)
    written = {pair: text.money(*pair) for pair in pairs.unique().iter_rows()}
    return pl.Series("money", [written[pair] for pair in pairs.iter_rows()], dtype=pl.String)


def words(column: str, names: Mapping[str, str], text: Text) -> pl.Expr:
    """Machine words of a column by their names on screen; a word without a name stays as it is."""
    return pl.col(column).replace({str(word): text._(name) for word, name in names.items()})


def downloads(page: Page, frame: pl.DataFrame, stem: str) -> None:
    """Our own CSV, XLSX and copy of a table; made only when asked for."""
    kinds: tuple[tuple[str, Callable[[pl.DataFrame], bytes], str], ...] = (
        ("csv", exports.csv, CSV_TYPE),
        ("xlsx", exports.xlsx, XLSX_TYPE),
    )
    with st.container(horizontal=True):
        for ending, make, mime in kinds:
            st.download_button(
                ending.upper(),
                lambda make=make: make(frame),  # type: ignore[misc]  # bound now, called on the click
                file_name=f"{stem}.{ending}",
                mime=mime,
                key=f"download_{stem}_{ending}",
                on_click="ignore",
                icon=":material/download:",
                help=page._("Download this table; nothing in it can run as a formula"),
                disabled=frame.is_empty(),
            )
        with st.popover(page._("Copy"), icon=":material/content_copy:", on_change="rerun", key=f"copy_{stem}") as box:
            if box.open:
                st.caption(page._("Paste into a spreadsheet or a chat."))
                st.code(exports.clipboard(frame), language=None, height=200)


def chosen(frame: pl.DataFrame, key: str, **options: Any) -> list[int]:
    """Draw a table whose rows can be chosen; gives the positions of the chosen ones in ``frame``.

    The choice is kept by position, so the key has to change whenever the rows do. The rows go to the browser as
    the Arrow table that they are: by way of Pandas they would cost more than all else of a page.
    """
    settings = {"selection_mode": "multi-row", "hide_index": True, **options}
    rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())  # the browser knows no string views
    event = st.dataframe(rows, key=key, on_select="rerun", **settings)
    return [row for row in event["selection"]["rows"] if row < frame.height]
