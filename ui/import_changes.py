"""The cells that a file would change: old and new, and what a person typed here, kept unless chosen."""

import polars as pl
import streamlit as st

from core.desk import imports
from ui import findings_view, import_batch, labels
from ui.field_labels import FIELDS
from ui.frame import Page
from ui.import_batch import Upload
from ui.text import NOTHING


def draw(page: Page, upload: Upload, seen: imports.ImportPreview, stem: str) -> None:
    """The choice about typed fields, then every changed cell."""
    changes = seen.changes
    if changes.is_empty():
        st.caption(page._("No known cell changes."))
        return
    typed = changes.filter("typed", pl.col("line_no").is_null())
    if typed.height:
        choose(page, upload, seen, typed, stem)
    told = in_words(page, changes)
    rows = told.select(
        **{
            page._("Order"): pl.col("order_number"),
            page._("Order line"): pl.col("line_no"),
            page._("Field"): pl.col("field"),
            page._("Old value"): pl.col("old"),
            page._("New value"): pl.col("new"),
            page._("What happens"): pl.when("kept", "typed")
            .then(pl.lit(page._("stays: typed here")))
            .when("kept")
            .then(pl.lit(page._("stays: the base is newer")))
            .otherwise(pl.lit(page._("changes"))),
        }
    )
    findings_view.draw_rows(page, rows, page._("Old and new value of each changed cell"), f"{stem}-changes")


def choose(page: Page, upload: Upload, seen: imports.ImportPreview, typed: pl.DataFrame, stem: str) -> None:
    """Fields that somebody typed: each stays, unless it is ticked here."""
    st.caption(
        page._("Somebody typed these fields here. They stay as they are; tick those that the file may overwrite.")
    )
    told = in_words(page, typed)
    config = {
        "order_number": st.column_config.TextColumn(page._("Order"), disabled=True),
        "field": st.column_config.TextColumn(page._("Field"), disabled=True),
        "old": st.column_config.TextColumn(page._("Typed here"), disabled=True),
        "new": st.column_config.TextColumn(page._("In the file"), disabled=True),
        "take": st.column_config.CheckboxColumn(page._("Take the file’s")),
    }
    edited = st.data_editor(
        told.select(~pl.col("kept").alias("take"), "order_number", "field", "old", "new"),
        column_config=config,
        hide_index=True,
        num_rows="fixed",
        key=f"over_{stem}",
        alt=page._("Fields that somebody typed here"),
    )
    chosen = set(typed.filter(edited["take"]).select("order_number", "field").iter_rows())
    if chosen != seen.over_typed:
        import_batch.take_typed(page, upload, seen, chosen)
        st.rerun()


def in_words(page: Page, changes: pl.DataFrame) -> pl.DataFrame:
    """The same changes with fields and values as people read them."""
    field = pl.col("field")
    words = {name: page._(label) for name, label in FIELDS.items()}
    return changes.with_columns(
        *(_value(page, name) for name in ("old", "new")),
        field=field.replace_strict(words, default=field, return_dtype=pl.String),
    )


def _value(page: Page, name: str) -> pl.Expr:
    """A changed cell as text: instants in the team's zone, amounts with two decimals, our words by their names."""
    value, field = pl.col(name), pl.col("field")
    states = {str(word): page._(label) for word, label in labels.STATES.items()}
    modes = {str(word): page._(label) for word, label in labels.DELIVERY_MODES.items()}
    at = value.str.slice(0, 26).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    local = at.dt.replace_time_zone("UTC").dt.convert_time_zone(page.zone).dt.strftime("%Y-%m-%d %H:%M")
    amount = (value.cast(pl.Int64, strict=False) / 100).map_elements(
        lambda number: page.text.number(number, 2), return_dtype=pl.String
    )
    return (
        pl.when(field == "state")
        .then(value.replace(states))
        .when(field == "delivery_mode")
        .then(value.replace(modes))
        .when(field.str.ends_with("_at"))
        .then(pl.coalesce(local, value))
        .when(field.str.ends_with("_minor"))
        .then(pl.coalesce(amount, value))
        .otherwise(value)
        .fill_null(NOTHING)
        .alias(name)
    )
