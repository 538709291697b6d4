"""The export files we know, as data: header aliases, date forms, words. Read from data/formats/*.toml.

A file becomes a grid of text cells under one header (a JSON or XML tree too, see trees.py). Its format says
which header cell is which of our fields, and how cells are put in order before they are typed: see Format.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from core.intake.limits import Limits as Limits
from core.intake.rules import Articles, Halves, Route, StateRule, Tree
from core.policy.words import DeliveryMode, Marketplace, State
from core.policy.words import fold as fold

ORDER_FIELDS: Final = (
    "order_number", "state_word", "created_at", "paid_at", "latest_ship_at", "delivery_mode", "currency",
    "channel", "carrier", "tracking_number", "tracking_url",
)  # fmt: skip
LINE_FIELDS: Final = (
    "line_id", "sku", "seller_sku", "ean", "title", "quantity", "price_minor", "shipping_minor",
)  # fmt: skip
BUYER_FIELDS: Final = (
    "first_name", "last_name", "address", "postcode", "city", "country",
    "billing", "billing_postcode", "billing_city", "billing_country",
)  # fmt: skip
# The fields of the other kinds. A name that ends in _at is an instant (or a day), in _minor an amount, in
# _word a word of the marketplace that a table gives a meaning to; the rest is text unless its comment says more.
SHIPMENT_FIELDS: Final = (
    "order_number",
    "line_id",  # blank: the whole order went in this parcel
    "sku",
    "quantity",  # pieces in this parcel; blank: all of the line
    "shipped_at",  # a day alone is common: confirmation files know no time
    "carrier",  # the carrier's name or code, as the marketplace writes it
    "carrier_name",  # the name where the carrier is "Other"
    "ship_method",
    "tracking_number",
    "tracking_url",
)
RETURN_FIELDS: Final = (
    "order_number",
    "line_id",
    "sku",
    "seller_sku",
    "title",
    "rma_id",  # the marketplace's number of the request
    "merchant_rma_id",  # the seller's number of the request
    "requested_at",
    "ordered_at",
    "delivered_at",
    "reason_word",  # the marketplace's code: CR-DEFECTIVE, Retraction
    "reason_text",  # what the buyer wrote
    "status_word",  # Approved, Pending, Completed
    "resolution_word",  # StandardRefund, ReturnlessRefund, Replacement
    "return_type",
    "category",
    "quantity",
    "label_word",  # AmazonUnPaidLabel, AmazonPrePaidLabel
    "label_paid_by",  # Customer, Seller, Amazon
    "label_cost_minor",
    "in_policy",  # Y, N, true, false
    "is_prime",  # Y, N, true, false
    "claim",  # an A-to-z claim was made: Y, N, true, false
    "safet_id",  # the claim for a refund that the marketplace gave out
    "refunded_minor",  # blank is "not said", never "nothing refunded"
    "order_minor",  # what the order was worth
    "currency",
    "carrier",
    "tracking_number",
    "received_at",  # the parcel came back
    "country",
)
INQUIRY_FIELDS: Final = (
    "inquiry_number",  # the marketplace's id of the conversation
    "order_number",  # blank: a question about an offer
    "subject",
    "body",
    "created_at",
    "last_buyer_at",  # the buyer's last message: the clock runs from here; blank where the file does not say
    "updated_at",  # the last event of any side
    "answered_at",  # the seller's last answer
    "level_word",  # Discussion, Claim, Level_1
    "topic_word",  # what it is about: orderNotShipped, productIsDamaged
    "about_word",  # Order, Offer
    "status_word",  # ToTreat, Treated, Open, Closed
    "is_open",  # true, false
    "needs_reply",  # true, false
    "channel",
    "buyer",  # the marketplace's id or name of who asks
)
DISPUTE_FIELDS: Final = (
    "dispute_number",
    "order_number",
    "created_at",
    "respond_by",  # the latest instant to answer, where the marketplace shows it
    "status_word",
    "reason_word",
    "kind_word",  # refund only, return and refund
    "claimed_minor",
    "offered_minor",
    "currency",
    "return_received_at",
    "note",
)
FINANCE_FIELDS: Final = (
    "document_number",  # invoice or credit note
    "order_number",  # or the name of a service, for rows that are no order's
    "item_id",
    "sku",
    "channel",
    "booked_at",
    "early_payment_at",
    "paid_out_at",
    "row_word",  # Order, Refund, the kind of amount
    "goods_minor",
    "shipping_minor",
    "refund_minor",
    "commission_minor",
    "instalment_minor",  # commission on payment in instalments
    "payment_fee_minor",
    "commission_credit_minor",
    "cost_minor",  # what the goods cost the seller
    "freight_minor",  # what shipping cost the seller
    "profit_minor",
    "total_minor",  # what the seller gets
    "currency",
)
HEALTH_FIELDS: Final = (
    "metric_word",  # lateShipmentRate, orderDefectRate.mfn; accountStatuses: the row is the account's own status
    "marketplace_id",  # the marketplace's id of the country's store
    "from_at",
    "to_at",
    "rate",  # a fraction: 0.012
    "target",  # a fraction, as the file says it
    "target_word",  # LESS_THAN, GREATER_THAN, EQUALS
    "status_word",  # GOOD, BAD, NONE; of an account: NORMAL, AT_RISK, SUSPENDED
    "hits",  # how many orders fell under the metric
    "of",  # out of how many
)
FIELDS_OF: Final[dict[str, tuple[str, ...]]] = {
    "orders": (*ORDER_FIELDS, *LINE_FIELDS, *BUYER_FIELDS),
    "shipments": SHIPMENT_FIELDS,
    "returns": RETURN_FIELDS,
    "inquiries": INQUIRY_FIELDS,
    "disputes": DISPUTE_FIELDS,
    "finance": FINANCE_FIELDS,
    "health": HEALTH_FIELDS,
    "kept_apart": (*ORDER_FIELDS, *LINE_FIELDS),  # known, and not the seller's to act on: never written
}
FIELDS: Final = FIELDS_OF["orders"]
FOLDER: Final = Path(__file__).parents[2] / "data" / "formats"
CONTAINERS: Final = ("table", "json", "xml")
_WORD_FILES: Final = ("states.toml", "aliases.toml")


@dataclass(frozen=True, eq=False)
class Format:
    """One kind of export file, the same only as itself. ``columns`` maps folded header cells to our fields; ``left``
    are the folded cells that are known but not fields themselves (unread, or put in order by rules)."""

    format: str
    title: str
    kind: str
    required: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    marketplace: str | None = None  # None: that of the shop, or by route
    container: str = "table"
    zone: str | None = None  # None: the wall clock of the shop
    ask_zone: bool = False  # nothing says which zone the file's wall clock has: a person has to, once
    currency: str | None = None  # where the file names none
    decimal: str | None = None  # "," or "." before the decimals of amounts; None: what leaves it open is a finding
    separators: tuple[str, ...] = (";", "\t", ",", "|")
    header_within_lines: int = 30
    known_cells: int = 3
    marks: tuple[str, ...] = ()  # folded header cells, all of which the format has
    never: tuple[str, ...] = ()  # folded header cells, none of which it has
    fee_words: tuple[str, ...] = ()
    pickup_words: tuple[str, ...] = ()
    instants: tuple[str, ...] = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
    days: tuple[str, ...] = ("%Y-%m-%d",)
    about: dict[str, str] = field(default_factory=dict)
    example: dict[str, str] = field(default_factory=dict)
    first_of: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the first cell that says something
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)  # all of these cells, joined by ", "
    halves: tuple[Halves, ...] = ()
    lengths: dict[str, int] = field(default_factory=dict)  # how many signs an id always has, where it is known
    signs: dict[str, str] = field(default_factory=dict)  # signs around an amount, and the currency of each
    articles: Articles | None = None
    states: tuple[StateRule, ...] = ()
    apart: dict[str, frozenset[str]] = field(default_factory=dict)  # cell, folded words of rows others fulfil
    route: Route | None = None
    tree: Tree | None = None
    columns: dict[str, str] = field(default_factory=dict)
    left: frozenset[str] = frozenset()

    def field_of(self, cell: str) -> str | None:
        """Our field for a header cell, known by its whole text, either side of its slash or its first line."""
        return next((self.columns[part] for part in spellings(cell) if part in self.columns), None)

    def leaves(self, cell: str) -> bool:
        """Whether a header cell is known to say nothing that is read, or only through a rule."""
        return any(part in self.left for part in spellings(cell))


@lru_cache(maxsize=1 << 14)
def spellings(cell: str) -> tuple[str, ...]:
    """The folded texts by which a header cell can be known: whole, first line, and either side of a slash."""
    parts = (cell, cell.strip().split("\n", 1)[0], *cell.split("/"))
    return tuple(dict.fromkeys(folded for part in parts if (folded := fold(part).removeprefix("*"))))


@dataclass(frozen=True)
class Formats:
    """All known formats and the words of the marketplaces, folded. ``aliases``: words of sellers and ERPs
    for our fields, for files that no format describes."""

    formats: tuple[Format, ...]
    states: dict[str, str]
    delivery_modes: dict[str, str]
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    by_hand: frozenset[str] = frozenset()  # fingerprints of headers that a person chose and mapped

    @property
    def words(self) -> frozenset[str]:
        """All folded header cells that some format knows."""
        return _words_of(self.formats)

    def named(self, name: str) -> Format:
        """The format of a name; KeyError where there is none."""
        found = next((f for f in self.formats if f.format == name), None)
        if found is None:
            raise KeyError(name)
        return found


@lru_cache(maxsize=8)
def _words_of(formats: tuple[Format, ...]) -> frozenset[str]:
    return frozenset(cell for form in formats for cell in (*form.columns, *form.left))


def load(folder: Path = FOLDER) -> Formats:
    """Read every format of a folder; an unknown field or state raises ValueError with the file."""
    words = _toml(folder / "states.toml")
    paths = sorted(p for p in folder.glob("*.toml") if p.name not in _WORD_FILES)
    aliases = _toml(folder / "aliases.toml")["aliases"]
    _check(folder / "aliases.toml", aliases, {f for fields in FIELDS_OF.values() for f in fields}, "field")
    return Formats(
        tuple(_format(path) for path in paths),
        _words(words["states"], {str(s) for s in State}, folder / "states.toml"),
        _words(words["delivery_modes"], {str(m) for m in DeliveryMode}, folder / "states.toml"),
        {name: tuple(cells) for name, cells in aliases.items()},
    )


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _check(path: Path, names: Iterable[str], known: Iterable[str], what: str) -> None:
    strange = sorted(set(names) - set(known))
    if strange:
        raise ValueError(f"{path}: unknown {what} {strange}")


def _words(table: dict[str, list[str]], known: set[str], path: Path) -> dict[str, str]:
    folded: dict[str, str] = {}
    for meaning, words in table.items():
        if meaning not in known:
            raise ValueError(f"{path}: {meaning} is not one of our words")
        for word in (meaning, *words):
            if folded.setdefault(fold(word), meaning) != meaning:
                raise ValueError(f"{path}: {word} has two meanings")
    return folded


_LISTS: Final = ("required", "separators", "fee_words", "pickup_words", "instants", "days")
_PLAIN: Final = ("marketplace", "container", "currency", "header_within_lines", "known_cells")
_TABLES: Final = ("about", "example", "signs", "lengths")
_FOLDED: Final = ("marks", "never")
_KEYS: Final = (
    *_LISTS, *_PLAIN, *_TABLES, *_FOLDED, "format", "title", "kind", "zone", "columns", "unread",
    "first_of", "joined", "halves", "articles", "state", "apart", "route", "tree",
)  # fmt: skip


def _format(path: Path) -> Format:
    table = _toml(path)
    _check(path, table, _KEYS, "key")
    kind, zone, names = table["kind"], table.get("zone", "shop"), _tuples(table["columns"])
    plain: dict[str, Any] = {name: table[name] for name in (*_PLAIN, *_TABLES) if name in table}
    plain |= {name: tuple(table[name]) for name in _LISTS if name in table}
    plain |= {name: tuple(map(fold, table[name])) for name in _FOLDED if name in table}
    form = Format(
        format=table["format"],
        title=table["title"],
        kind=kind,
        zone=None if zone in ("shop", "ask") else zone,
        ask_zone=zone == "ask",
        names=names,
        first_of=_tuples(table.get("first_of", {})),
        joined=_tuples(table.get("joined", {})),
        halves=tuple(Halves(c, h["at"], (h["into"][0], h["into"][1])) for c, h in table.get("halves", {}).items()),
        articles=_articles(table.get("articles")),
        states=tuple(StateRule(r.get("cell", ""), _folded(r.get("words", ())), r["state"])
                     for r in table.get("state", ())),
        apart={cell: _folded(words) for cell, words in table.get("apart", {}).items()},
        route=_route(table.get("route"), path),
        tree=_tree(table.get("tree")),
        columns={fold(cell): name for name, cells in names.items() for cell in (name, *cells)},
        **plain,
    )  # fmt: skip
    left = _folded([*table.get("unread", ()), *_ruled(form)]) - set(form.columns)
    _check(path, [kind], FIELDS_OF, "kind")
    _check(path, [form.marketplace] if form.marketplace else [], {str(m) for m in Marketplace}, "marketplace")
    _check(path, [form.container], CONTAINERS, "container")
    made = _made(form)
    _check(path, [*names, *made], FIELDS_OF[kind], "field")
    _check(path, [r.state for r in form.states], {str(s) for s in State}, "state")
    return replace(form, left=left, columns=form.columns | {fold(name): name for name in made})


def _made(form: Format) -> list[str]:
    """The fields that the rules of a format make of other cells."""
    made = [*form.first_of, *form.joined, *(f for h in form.halves for f in h.into)]
    made += form.articles.parts if form.articles else ()
    return [*made, *(["state_word"] if form.states else []), *(["currency"] if form.signs else [])]


def _ruled(form: Format) -> list[str]:
    """The header cells that the rules of a format look at."""
    cells = [c for rule in (form.first_of, form.joined) for group in rule.values() for c in group]
    cells += [h.cell for h in form.halves] + [r.cell for r in form.states if r.cell] + list(form.apart)
    if form.articles:
        cells += [form.articles.cell, *form.articles.whole]
    return [*cells, form.route.cell, *form.route.accounts] if form.route else cells


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


def _tuples(table: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(cells) for name, cells in table.items()}


def _articles(table: dict[str, Any] | None) -> Articles | None:
    if table is None:
        return None
    return Articles(
        table["cell"], table.get("begins", ""), table.get("between", ""), dict(table["parts"]),
        tuple(table.get("whole", ())),
    )  # fmt: skip


def _route(table: dict[str, Any] | None, path: Path) -> Route | None:
    if table is None:
        return None
    words = _words(table["words"], {str(m) for m in Marketplace}, path)
    return Route(table["cell"], words, tuple(table.get("accounts", ())))


def _tree(table: dict[str, Any] | None) -> Tree | None:
    if table is None:
        return None
    return Tree(tuple(table["records"]), table.get("lines", ""), table.get("spread", ""))
