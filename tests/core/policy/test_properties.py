"""Properties: a frame is judged as each order alone in plain Python, and time only makes it worse."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from core.policy.bands import Limits
from core.policy.calendar import Calendar, spans
from core.policy.orders import judge
from core.policy.values import load
from core.policy.words import Kind, State

START = dt.datetime(2026, 3, 26, tzinfo=dt.UTC)
OFFICE = Calendar("Europe/Paris", {day: (("09:00", "12:00"), ("14:00", "18:00")) for day in range(5)})
SPANS = spans(OFFICE, dt.date(2026, 3, 1), dt.date(2026, 4, 30))
LIMITS = {str(kind): Limits(4 * 3600, 24 * 3600, 3600) for kind in Kind}
RANK = {"calm": 0, "soon": 1, "now": 2, "overdue": 3}
VALUES = load()

instants = st.integers(0, 8 * 24 * 3600).map(lambda seconds: START + dt.timedelta(seconds=seconds))
orders = st.fixed_dictionaries(
    {
        "state": st.sampled_from([str(state) for state in State]),
        "marketplace": st.sampled_from(["cdiscount", "amazon"]),
        "zone": st.sampled_from(["Europe/Paris", "Asia/Shanghai"]),
        "created_at": st.none() | instants,
        "paid_at": st.none() | instants,
        "latest_ship_at": st.none() | instants,
        "preparation_days": st.none() | st.integers(0, 4),
        "missing_since": st.none() | instants,
        "decision": st.none() | st.sampled_from(["accept", "refuse", "mark_shipped"]),
        "decided_at": instants,
    }
)


def reference(order, now):
    """due_at and band of one order, the long way."""
    due = None
    if order["state"] == "to_accept" and order["marketplace"] == "cdiscount" and order["created_at"]:
        due = order["created_at"] + dt.timedelta(hours=48)
    elif order["state"] in ("to_ship", "part_shipped"):
        due = order["latest_ship_at"] or assumed(order)
    if due is None:
        return None, None
    until = max(min(end, due) for start, end in SPANS.rows() if start < due)
    left = (due - now).total_seconds()
    if left < 0:
        return due, "overdue"
    if left <= 4 * 3600 or until <= now + dt.timedelta(hours=1):
        return due, "now"
    return due, "soon" if left <= 24 * 3600 else "calm"


def assumed(order):
    import zoneinfo

    start = order["paid_at"] or order["created_at"]
    if order["marketplace"] != "cdiscount" or start is None or order["preparation_days"] is None:
        return None
    zone = zoneinfo.ZoneInfo(order["zone"])
    day, left = start.astimezone(zone).date(), order["preparation_days"]
    while left or day.weekday() > 4:
        day += dt.timedelta(days=1)
        left -= bool(left and day.weekday() < 5)
    return dt.datetime.combine(day, dt.time(23, 59, 59), zone).astimezone(dt.UTC)


def judged(desk, found, now):
    facts = desk.facts(*({**order, "order_number": str(n)} for n, order in enumerate(found)))
    return {row["order_number"]: row for row in judge(facts, VALUES, SPANS, LIMITS, [], now).to_dicts()}


@settings(max_examples=25, deadline=None)
@given(st.lists(orders, max_size=12), instants)
def test_a_frame_is_judged_as_each_order_alone(desk, found, now):
    rows = judged(desk, found, now)
    for n, order in enumerate(found):
        assert (rows[str(n)]["due_at"], rows[str(n)]["band"]) == reference(order, now)
        assert rows[str(n)] == {**judged(desk, [order], now)["0"], "order_number": str(n)}


@settings(max_examples=60, deadline=None)
@given(orders, instants, instants)
def test_time_never_makes_an_order_calmer(desk, order, one, other):
    early, late = (judged(desk, [order], now)["0"]["band"] for now in sorted([one, other]))
    assert (early is None) is (late is None)
    assert early is None or RANK[early] <= RANK[late]


@settings(max_examples=60, deadline=None)
@given(orders, instants)
def test_every_order_without_a_running_clock_says_why(desk, order, now):
    row = judged(desk, [order], now)["0"]
    if row["kind"] is not None:
        assert (row["group"] == "live") is (row["reason"] is None)
        assert row["group"] != "live" or row["due_at"] is not None
        assert row["action"]
        assert row["consequence"]
