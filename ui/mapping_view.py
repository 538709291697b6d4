"""The mapping screen: of a file that no format knows, a person says once which column is which field."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import known_files, mappings, settings
from core.desk.base import Stale
from core.policy.words import N_
from ui import import_batch, import_header, notices, shop_words
from ui.field_labels import FIELDS, ROW_KINDS
from ui.frame import Page
from ui.refusals import told
from ui.text import NOTHING

CURRENCIES: Final = ("EUR", "USD", "CNY", "GBP")
DECIMALS: Final = {",": "1.234,50", ".": "1,234.50"}
"""The sign before the decimals, shown by an example: the same in every language."""
DATE_ORDERS: Final = {
    "day_first": N_("day, month, year"),
    "month_first": N_("month, day, year"),
    "year_first": N_("year, month, day"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What is mapped: a header with some values of each column, and what is known of it. ``old`` is the mapping
    that is edited or that the header grew out of, ``version`` that of this fingerprint (0: none yet)."""

    id: str
    name: str
    header: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    old: mappings.Mapping | None = None
    moved: mappings.Moved | None = None
    version: int = 0
    line: int | None = None  # of the header, where a person chose it


def unknown(page: Page, shop_id: int, upload: import_batch.Upload, why: mappings.Unknown) -> None:
    """A file that no format knows: the screen, begun from the mapping that its header grew out of."""
    near = mappings.nearest(why.header, import_batch.settled(page, shop_id))
    line = None if import_batch.header(upload) is None else why.line
    sight = Sight(f"{upload.id}_{why.line}", upload.name, why.header, why.samples, line=line)
    if near is not None:
        version = near[0].version if near[0].key == why.fingerprint else 0
        sight = replace(sight, old=mappings.carried(near[0], why.header), moved=near[1], version=version)
    name = page.text.plain(upload.name)
    with st.container(border=True):
        st.warning(
            page._(
                "No format is known for **{name}**. Say once what its columns are; it is known from then on.", name=name
            ),
            icon=":material/help:",
        )
        import_header.choose(page, upload, why)
        draw(page, shop_id, sight)


def draw(page: Page, shop_id: int, sight: Sight) -> None:
    """Kind, columns, dates, zone, currency, name; saved when nothing required is missing."""
    if sight.moved is not None and mappings.is_moved(sight.moved):
        what_moved(page, sight.moved)
    zone = settings.shop(page.desk, shop_id)["zone"]
    old, at = sight.old, f"map_{sight.id}_"
    left, right = st.columns(2)
    with left:
        kind = st.selectbox(
            page._("What the rows are"),
            mappings.KINDS,
            index=mappings.KINDS.index(old.kind) if old else 0,
            format_func=lambda name: page._(ROW_KINDS[name]),
            key=f"{at}kind",
        )
    with right:
        name = st.text_input(
            page._("Name of this kind of file"), old.name if old and old.name else stem(sight), key=f"{at}name"
        )
    fields = columns(page, sight, kind)
    with st.container(horizontal=True):
        order = date_order(page, sight, fields)
        clock = the_zone(page, sight, zone)
        decimal = the_decimal(page, sight, fields)
        currency = st.selectbox(
            page._("Currency, where no column says it"),
            CURRENCIES,
            index=CURRENCIES.index(old.currency) if old and old.currency in CURRENCIES else None,
            placeholder=NOTHING,
            key=f"{at}currency",
            width=260,
        )
    made = mappings.Mapping(
        kind=kind, fields=fields, header=sight.header, date_order=order, zone=clock, currency=currency,
        name=name.strip(), decimal=decimal, line=sight.line,
    )  # fmt: skip
    finish(page, shop_id, sight, made)


def stem(sight: Sight) -> str:
    """What a kind of file is called at first: the file's own name."""
    return sight.name.rpartition(".")[0] or sight.name


def columns(page: Page, sight: Sight, kind: str) -> dict[str, str]:
    """The table of columns: suggestion, reason and samples of each; gives the header cell of each field."""
    table = suggested(page, sight, kind)
    names = {page._(FIELDS[field]): field for field in mappings.FIELDS_OF[kind]}
    config: dict[str, Any] = {
        "cell": st.column_config.TextColumn(page._("Column of the file"), disabled=True),
        "field": st.column_config.SelectboxColumn(page._("Field"), options=list(names), width="medium"),
        "samples": st.column_config.TextColumn(page._("Some values"), disabled=True, width="medium"),
        "why": st.column_config.TextColumn(page._("Why it is suggested"), disabled=True, width="medium"),
    }
    edited = st.data_editor(
        table,
        column_config=config,
        hide_index=True,
        num_rows="fixed",
        key=f"map_{sight.id}_{kind}_columns",
        alt=page._("Columns of the file and their fields"),
        height=min(38 + 35 * table.height, 458),
        placeholder=NOTHING,
    )
    chosen = edited["field"].to_list()
    found: dict[str, str] = {}
    twice = []
    for cell, label in zip(sight.header, chosen, strict=True):
        field = names.get(label or "")
        if field in found:
            twice.append(label)
        elif field is not None:
            found[field] = cell
    if twice:
        st.warning(page._("Two columns have the same field; the first is read: {fields}", fields=", ".join(twice)))
    return found


def suggested(page: Page, sight: Sight, kind: str) -> pl.DataFrame:
    """Header cell, the label of its field, some values, the reason: what was kept before, else what it is like."""
    known = {cell: field for field, cell in sight.old.fields.items()} if sight.old and sight.old.kind == kind else None
    rows = []
    for one, values in zip(known_files.suggest(sight.header, kind), sight.samples, strict=True):
        field = one.field if known is None else known.get(one.cell, "")
        why = page._(mappings.REASONS[one.reason], **reason(one)) if field and field == one.field else ""
        if known is not None and field:
            why = page._("It was so in the mapping before.")
        shown = page._(FIELDS[field]) if field else None
        rows.append((" ".join(one.cell.split()), shown, " · ".join(values), why))
    return pl.DataFrame(rows, schema=dict.fromkeys(("cell", "field", "samples", "why"), pl.String()), orient="row")


def reason(one: mappings.Suggestion) -> dict[str, str | int]:
    """What fills the sentence of a suggestion's reason."""
    return {"alias": one.alias, "likeness": round(one.likeness * 100)}


def date_order(page: Page, sight: Sight, fields: dict[str, str]) -> str | None:
    """The order of day and month: what the file proves, or what a person says beside an example."""
    dates = [cell for field, cell in fields.items() if field.endswith("_at") or field == "respond_by"]
    if not dates:
        return None
    values = [sight.samples[sight.header.index(cell)] for cell in dates]
    proved, example = mappings.date_order(values)
    old = sight.old.date_order if sight.old else None
    orders = list(DATE_ORDERS)
    first = old or proved
    chosen: str | None = st.selectbox(
        page._("Dates are written: {example}", example=example or next((v for vs in values for v in vs), NOTHING)),
        orders,
        index=orders.index(first) if first else None,
        format_func=lambda name: meant(page, name, example),
        placeholder=page._("Choose: the file does not prove it") if example else page._("as the rows prove it"),
        key=f"map_{sight.id}_dates",
        width=330,
    )
    return chosen


def meant(page: Page, order: str, example: str | None) -> str:
    """An order of day and month, and what the example is by it."""
    day = mappings.day_by(order, example) if example else None
    return page._(DATE_ORDERS[order]) + (f": {page.text.day(day)}" if day else "")


def the_zone(page: Page, sight: Sight, zone: str) -> str | None:
    """The zone of the file's clock; nothing is chosen before a person does."""
    first = [zone, *(name for name in mappings.ZONES if name != zone)]
    options = [*first, *(name for name in settings.zones() if name not in first)]
    old = sight.old.zone if sight.old else None
    chosen: str | None = st.selectbox(
        page._("Zone of its times"),
        options,
        index=options.index(old) if old in options else None,
        format_func=lambda name: f"{page.text.city(name)} ({name})" if name != "UTC" else "UTC",
        placeholder=page._("Choose the zone"),
        key=f"map_{sight.id}_zone",
        width=330,
    )
    return chosen


def the_decimal(page: Page, sight: Sight, fields: dict[str, str]) -> str | None:
    """How amounts are written; where nobody says it, one that can be read in two ways is a finding."""
    if not any(field.endswith("_minor") for field in fields):
        return None
    old = sight.old.decimal if sight.old else None
    chosen: str | None = st.selectbox(
        page._("Amounts are written"),
        list(DECIMALS),
        index=list(DECIMALS).index(old) if old else None,
        format_func=DECIMALS.__getitem__,
        placeholder=page._("any way; 1.234 is a finding"),
        key=f"map_{sight.id}_decimal",
        width=260,
    )
    return chosen


def finish(page: Page, shop_id: int, sight: Sight, made: mappings.Mapping) -> None:
    """What is missing still, and the button that keeps the mapping."""
    open_ = [page._("no column has the field {field}", field=page._(FIELDS[name])) for name in made.missing()]
    dates = [cell for field, cell in made.fields.items() if field.endswith("_at") or field == "respond_by"]
    _, example = mappings.date_order(sight.samples[sight.header.index(cell)] for cell in dates)
    if example and made.date_order is None:
        open_.append(page._("say whether the day or the month comes first"))
    if dates and made.zone is None:
        open_.append(page._("choose the zone of its times"))
    if open_:
        still = "\n".join(f"- {one}" for one in open_)
        st.error(page._("Before it can be used:") + f"\n{still}", icon=":material/rule:")
    bar = page.bar("import", shop_id)
    st.button(
        page._("Keep for this shop and read the file"),
        type="primary",
        disabled=bool(open_ or bar),
        help=bar,
        on_click=_save,
        args=(page, shop_id, made, sight.version),
        key=f"map_{sight.id}_save",
        icon=":material/save:",
    )


@told
def _save(page: Page, shop_id: int, made: mappings.Mapping, version: int) -> None:
    try:
        mappings.save(page.desk, page.person, shop_id, made, page.now, version)
    except mappings.Unusable as wrong:
        notices.leave("error", page._(wrong.sentence, text=page.text.plain(wrong.text)))
    except Stale as stale:
        notices.leave("error", page._("Somebody else kept a mapping for such files meanwhile; it is shown now."))
        for sentence in _both(page, stale):
            notices.leave("error", sentence)
    else:
        notices.leave("done", page._("Kept: files with this header are known in this shop."))
        st.session_state.pop(EDITED, None)
        import_batch.forget_headers()
    import_batch.forget()


def _both(page: Page, stale: Stale) -> list[str]:
    """The fields for which the two mappings name different columns, with both columns."""
    yours, kept = (json.loads(held["content"] or "{}").get("fields", {}) for held in (stale.seen, stale.now))
    return [
        page._(
            "{field}: yours {yours}, kept {kept}",
            field=page._(FIELDS.get(name, name)),
            yours=page.text.plain(yours.get(name) or page._("nothing")),
            kept=page.text.plain(kept.get(name) or page._("nothing")),
        )
        for name in {**yours, **kept}
        if yours.get(name) != kept.get(name)
    ]


def what_moved(page: Page, change: mappings.Moved) -> None:
    """How a header differs from the one that its mapping was made for."""
    said = [
        (page._("renamed"), [f"{old} → {new}" for old, new in change.renamed]),
        (page._("gone"), change.gone),
        (page._("new"), change.new),
        (page._("at another place, which changes nothing"), change.moved),
    ]
    lines = [f"- {label}: {joined(page, cells)}" for label, cells in said if cells]
    st.info(
        page._("The header has changed since it was mapped:") + "\n" + "\n".join(lines), icon=":material/swap_horiz:"
    )


def joined(page: Page, cells: Sequence[str]) -> str:
    """Header cells as text in a sentence."""
    return ", ".join(page.text.plain(cell) for cell in cells)


# The mappings that are kept

EDITED: Final = "mapping_edited"


def kept(page: Page) -> None:
    """Every mapping and answer that holds: edit, fetch, take in, take away."""
    shops = {row["id"]: row["name"] for row in settings.shops(page.desk).iter_rows(named=True)}
    st.caption(
        page._("What was settled once about files, for each shop and header. It is asked again when it is taken away.")
    )
    for one in mappings.kept(page.desk):
        _one(page, one, shops.get(one.shop_id, ""))
    shop_words.kept(page)
    if shops:
        with st.expander(page._("Take in a mapping from a file"), icon=":material/upload:"):
            _take_in(page, shops)


def called(page: Page, one: mappings.Kept) -> tuple[str, str]:
    """What is settled by its name, and what it is."""
    if one.mapping is not None:
        what = page._(ROW_KINDS[one.mapping.kind])
        by_hand = page._("header chosen by hand in line {line}", line=one.mapping.line) if one.mapping.line else ""
        return one.mapping.name or one.key, " · ".join(filter(None, (what, by_hand)))
    if one.account is not None:
        return one.account or NOTHING, page._("account of an ERP, whose rows are this shop’s")
    return page._(known_files.titles().get(one.key, one.key)), page._("zone of its times")


def _one(page: Page, one: mappings.Kept, shop: str) -> None:
    """One mapping: what it is, by whom, and what can be done with it."""
    title, what = called(page, one)
    key = f"{one.shop_id}_{one.key}"
    with st.container(border=True, key=f"kept_{key}"):
        st.markdown(f"**{page.text.plain(title)}** · {page.text.plain(shop)} · {what}")
        st.caption(
            page._(
                "Version {version}, {at} by {person}. Zone: {zone}.",
                version=str(one.version),
                at=page.text.moment(one.at, page.zone),
                person=page.text.plain(one.person),
                zone=one.zone or NOTHING,
            )
        )
        if one.mapping:
            pairs = [
                page._("{name}: {value}", name=page._(FIELDS[field]), value=page.text.plain(cell))
                for field, cell in one.mapping.fields.items()
            ]
            st.caption(" · ".join(pairs))
        bar = page.bar("import", one.shop_id)
        with st.container(horizontal=True):
            if one.mapping:
                st.button(page._("Edit"), on_click=_edit, args=(key,), key=f"edit_{key}", icon=":material/edit:")
                st.download_button(
                    page._("Fetch as JSON"), lambda: mappings.export(one), f"desk48-mapping-{one.key}.json",
                    "application/json", on_click="ignore", key=f"json_{key}", icon=":material/download:",
                )  # fmt: skip
            st.button(
                page._("Take away"), on_click=_forget, args=(page, one), key=f"forget_{key}", icon=":material/delete:",
                disabled=bool(bar), help=bar,
            )  # fmt: skip
        if one.mapping and st.session_state.get(EDITED) == key:
            nothing: tuple[str, ...] = ()
            header = one.mapping.header
            empty = (nothing,) * len(header)
            sight = Sight(key, one.mapping.name, header, empty, one.mapping, None, one.version, one.mapping.line)
            draw(page, one.shop_id, sight)


def _edit(key: str) -> None:
    st.session_state[EDITED] = None if st.session_state.get(EDITED) == key else key


@told
def _forget(page: Page, one: mappings.Kept) -> None:
    try:
        mappings.forget(page.desk, page.person, one, page.now)
    except Stale:
        notices.leave("error", page._("Somebody else changed this mapping meanwhile; it is shown as it is now."))
    import_batch.forget()


def _take_in(page: Page, shops: dict[int, str]) -> None:
    """A mapping that another desk exported, for one shop."""
    shop_id = st.selectbox(page._("Shop"), list(shops), format_func=shops.__getitem__, key="take_in_shop")
    file = st.file_uploader(page._("Mapping as JSON"), ["json"], key="take_in_file", max_upload_size=1)

    def save() -> None:
        if file is None:
            return
        try:
            made = mappings.take_in(file.getvalue())
        except mappings.Unusable as wrong:
            notices.leave("error", page._(wrong.sentence, text=page.text.plain(wrong.text)))
            return
        _save(page, shop_id, made, mappings.version_at(page.desk, shop_id, made.fingerprint))

    bar = page.bar("import", shop_id)
    st.button(page._("Take in"), on_click=save, disabled=bool(file is None or bar), help=bar, key="take_in")
