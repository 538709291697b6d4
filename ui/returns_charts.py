"""Charts of returns: what an option costs, where another one would win, reports. Parts wear one neutral ramp."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import polars as pl

from core.policy.returns import say
from core.policy.returns.frames import LINES, Option
from ui.frame import Page

RAMP: Final = ("#46525e", "#c9d1d9")
"""From the darkest part to the lightest: both can be told from a light and from a dark page."""
LINES_RAMP: Final = ("#6f7b88", "#b9c1ca")
"""Lines are thin: they keep further from both pages."""
MARK: Final = "#8a94a0"


def ramp(count: int, between: tuple[str, str] = RAMP) -> list[str]:
    """So many greys, evenly from dark to light."""
    ends = [[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in between]
    steps = max(count - 1, 1)
    mixed = [[round(a + (b - a) * n / steps) for a, b in zip(*ends, strict=True)] for n in range(count)]
    return ["#" + "".join(f"{part:02x}" for part in colour) for colour in mixed]


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def split(page: Page, lines: pl.DataFrame, currency: str, domain: tuple[float, float]) -> alt.Chart:
    """One option's cost, line by line: what is paid to the right, what comes back to the left of nought.

    ``lines``: COST_LINES of the option; ``domain``: the same for every option, so that bars compare.
    """
    names = {name: page._(sentence) for name, sentence in say.LINES.items()}
    rows = [
        {
            "line": names[line],
            "place": LINES.index(line),
            "amount": amount / 100,
            "said": page.text.money(amount, currency),
        }
        for line, amount in lines.select("line", "amount_minor").iter_rows()
    ]
    order = [names[line] for line in LINES]
    chart: alt.Chart = (
        _chart(rows)
        .mark_bar(height=22)
        .encode(
            x=alt.X(
                "amount:Q", title=None, stack="zero", scale=alt.Scale(domain=list(domain)), axis=alt.Axis(tickCount=4)
            ),
            color=alt.Color("line:N", legend=None, scale=alt.Scale(domain=order, range=ramp(len(order)))),
            order=alt.Order("place:Q"),
            tooltip=[alt.Tooltip("line:N", title=page._("Cost")), alt.Tooltip("said:N", title=page._("Amount"))],
        )
        .properties(height=56)
    )
    return chart


def break_even(page: Page, curve: pl.DataFrame, row: Mapping[str, Any]) -> Any:
    """Expected cost of each lawful option over the price of the articles, with this case marked."""
    names = {name: page._(sentence) for name, sentence in say.OPTIONS.items()}
    here = [names[str(option)] for option in Option if str(option) in curve["option"].unique()]
    rows = [
        {"price": goods / 100, "option": names[option], "cost": cost / 100}
        for goods, option, cost in curve.select("goods_minor", "option", "cost_minor").iter_rows()
    ]
    dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 4]]
    legend = alt.Legend(orient="bottom", columns=2, labelLimit=260)
    lines = (
        _chart(rows)
        .mark_line()
        .encode(
            x=alt.X("price:Q", title=page._("Price of the article ({currency})", currency=row["currency"] or "EUR")),
            y=alt.Y("cost:Q", title=page._("Expected cost")),
            color=alt.Color(
                "option:N", title=None, legend=legend, scale=alt.Scale(domain=here, range=ramp(len(here), LINES_RAMP))
            ),
            strokeDash=alt.StrokeDash(
                "option:N", title=None, legend=legend, scale=alt.Scale(domain=here, range=dashes[: len(here)])
            ),
        )
    )
    this = _chart([{"price": (row["goods_minor"] or 0) / 100, "case": page._("this case")}])
    rule = this.mark_rule(color=MARK).encode(x="price:Q")
    word = this.mark_text(align="left", dx=4, y=8, color=MARK).encode(x="price:Q", text="case:N")
    chart: Any = alt.layer(lines, rule, word)
    return chart.properties(height=310)


def bars(page: Page, frame: pl.DataFrame, what: str, amount: str, title: str) -> alt.Chart:
    """Plain bars, longest first: ``what`` by ``amount``."""
    rows = frame.select(what=pl.col(what).fill_null("–"), amount=pl.col(amount)).head(12).to_dicts()
    chart: alt.Chart = (
        _chart(rows)
        .mark_bar(color=MARK)
        .encode(
            y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            x=alt.X("amount:Q", title=title, axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("what:N", title=" "), alt.Tooltip("amount:Q", title=title)],
        )
        .properties(height=28 * len(rows) + 80)
    )
    return chart


def stacked(
    page: Page, frame: pl.DataFrame, x: str, part: str, amount: str, title: str, order: Sequence[str]
) -> alt.Chart:
    """Bars over ``x`` in parts of one neutral ramp."""
    rows = frame.select(x=pl.col(x), part=pl.col(part), amount=pl.col(amount)).to_dicts()
    chart: alt.Chart = (
        _chart(rows)
        .mark_bar(size=36)
        .encode(
            x=alt.X("x:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("amount:Q", title=title),
            color=alt.Color(
                "part:N", title=None, sort=list(order), scale=alt.Scale(domain=list(order), range=ramp(len(order))),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("x:N", title=" "), alt.Tooltip("part:N", title=" "), alt.Tooltip("amount:Q", title=title),
            ],
        )
        .properties(height=300)
    )  # fmt: skip
    return chart
