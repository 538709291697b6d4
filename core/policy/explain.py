"""Judged rows in words: sentences for codes, and the derivation of a deadline step by step.

Templates are English msgids with named places; the reader's language is chosen where they are
shown, and dates are formatted there: aware datetimes come in the zone they are to be shown in.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.policy.values import applies
from core.policy.words import Band, Group, Kind, N_

REASONS: Final = {
    "carried_out": N_("Carried out in the back office; a newer file has to confirm it."),
    "awaiting_debit": N_("The marketplace debits the buyer; until then nobody can act."),
    "no_clock_known": N_("No clock known for this step."),
    "not_released": N_("The marketplace has not released the order yet."),
    "blocked": N_("The marketplace blocks the order."),
    "in_dispute": N_("A dispute is open; the order waits for it."),
    "sent_unconfirmed": N_("Sent; the marketplace has not confirmed it yet."),
    "past_due": N_("Its deadline has passed: the marketplace has probably cancelled it."),
    "missing_from_newer_file": N_("A newer file covers its date and lacks it: perhaps the buyer cancelled."),
    "no_latest_ship_date": N_("No file gives a latest shipping date."),
    "created_unknown": N_("No file says when it was created."),
    "dates_unknown": N_("No file says when it was created or paid."),
    "preparation_unknown": N_("No latest shipping date, and the shop has no preparation time set."),
    "no_value_in_force": N_("No value of the rule is known for that day."),
    "state_unknown": N_("Nobody has said yet what the file's word for its state means."),
    "nobody_before_due": N_("Nobody is staffed before it dies."),
    "needs_tracking": N_("A tracking number is required (CD-S2)."),
    "number_unchecked": N_("A tracking number is required (CD-S2); the one known is not checked here."),
    "mode_unknown": N_("Delivery mode unknown: cannot tell whether a tracking number is required."),
    "mode_not_covered": N_("Only normal mail can be confirmed without a tracking number (CD-S1)."),
    "value_unknown": N_("Order value unknown: cannot tell whether a tracking number is required."),
    "currency_unknown": N_("The order is not in euro: cannot tell whether a tracking number is required."),
    "other_marketplace": N_("Shipping is confirmed here for Cdiscount only."),
    "not_to_ship": N_("The order is not to be shipped."),
    "already_marked": N_("Already marked as shipped here."),
}
ACTIONS: Final = {
    "accept_or_refuse": N_("Accept or refuse"),
    "ship": N_("Ship"),
    "accept_in_back_office": N_("Accept it in the back office"),
    "refuse_in_back_office": N_("Refuse it in the back office"),
    "ship_in_back_office": N_("Confirm its dispatch in the back office"),
    "answer_cancellation": N_("Answer the cancellation request"),
    "check_in_back_office": N_("Check in the back office whether it is cancelled"),
    "map_state_word": N_("Say what its state means"),
    "import_newer_file": N_("Import a newer file"),
    "wait": N_("Wait"),
}
CONSEQUENCES: Final = {
    "auto_cancelled": N_("The marketplace cancels the order."),
    "late_shipment": N_("The parcel counts as late."),
    "dispute": N_("It may become a dispute."),
    "do_not_ship": N_("Do not ship before it is clear."),
    "clock_unseen": N_("A clock may run that nobody sees."),
    "none": N_("Nothing to do now."),
}
UNITS: Final = {
    "hours": N_("hours"),
    "days": N_("days"),
    "minutes": N_("minutes"),
    "months": N_("months"),
    "grams": N_("grams"),
    "EUR_minor": N_("euro cents"),
    "GBP_minor": N_("pence"),
    "fraction": N_("fraction"),
    "yes_no": N_("yes or no"),
    "weekdays": N_("weekdays (Monday is 1)"),
    "delivery_modes": N_("delivery modes"),
    "categories": N_("categories"),
    "day_fractions": N_("days and fractions"),
    "weight_bands": N_("grams and cents"),
    "text": N_("in words"),
}


class Zone(str):
    """An IANA zone among the params of a sentence; shown as the name of its city."""

    __slots__ = ()

    @property
    def city(self) -> str:
        """Its city in English: Shanghai of Asia/Shanghai."""
        return self.rsplit("/", 1)[-1].replace("_", " ")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One msgid and what stands in its places: text, numbers, aware datetimes, zones."""

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)


def plain(sentence: Sentence) -> str:
    """The sentence in English: "Friday 14:05" for datetimes, the city for a zone."""

    def show(value: object) -> object:
        if isinstance(value, dt.datetime):
            return value.strftime("%A %H:%M")
        return value.city if isinstance(value, Zone) else value

    return sentence.template.format(**{name: show(value) for name, value in sentence.params.items()})


@applies("XX-D1", "XX-D2")
def derivation(row: Mapping[str, Any], zones: tuple[str, str], now: dt.datetime) -> list[Sentence]:
    """How one JUDGED row came to its deadline and band, in sentences.

    ``zones``: the shop's and the team's. A row without a deadline says why it has none.
    """
    shop, team = zones
    sentences = [_clock(row, shop)]
    if row["due_at"] is not None:
        sentences += _elsewhere(row, shop, team)
        sentences.append(_staffed(row, team, now))
        sentences.append(Sentence(_BAND[Band(row["band"])]))
    sentences += _circumstances(row, shop)
    return sentences


_BAND: Final = {
    Band.OVERDUE: N_("Its deadline is over."),
    Band.NOW: N_("Act now."),
    Band.SOON: N_("It is due soon."),
    Band.CALM: N_("There is time."),
}


def _at(instant: dt.datetime, zone: str) -> dt.datetime:
    return instant.astimezone(ZoneInfo(zone))


def _amounts(row: Mapping[str, Any]) -> dict[str, str]:
    """The values used: "preparation_days=2 from=paid_at preparation_workdays=1 2 3" by name."""
    found: dict[str, str] = {}
    name = ""
    for word in str(row["rule_values"] or "").split():
        key, equals, value = word.partition("=")
        name = key if equals else name
        found[name] = value if equals else f"{found.get(name, '')} {word}"
    return found


def _clock(row: Mapping[str, Any], shop: str) -> Sentence:
    due = row["due_at"]
    if due is None:
        return Sentence(REASONS.get(row["reason"], N_("This order has no deadline.")))
    params: dict[str, Any] = {"due": _at(due, shop), "zone": Zone(shop)}
    if row["due_source"] == "rule":
        params |= {"created": _at(row["created_at"], shop), "hours": int(_amounts(row)["accept_within_hours"])}
        params["rule"] = "CD-O1"
        return Sentence(N_("Created {created} in {zone}, + {hours} h, rule {rule}, no pause: due {due}."), params)
    if row["due_source"] == "file":
        return Sentence(N_("The file gives the latest shipping date: due {due} in {zone}."), params)
    amounts = _amounts(row)
    paid = amounts["from"] == "paid_at"
    params |= {"start": _at(row["paid_at" if paid else "created_at"], shop), "days": int(amounts["preparation_days"])}
    params["rule"] = "CD-S9"
    if paid:
        return Sentence(
            N_(
                "Paid {start} in {zone}, + {days} French working days of preparation, rule {rule}, "
                "assumed since no file gives a date: due {due}."
            ),
            params,
        )
    return Sentence(
        N_(
            "Created {start} in {zone} (payment unknown), + {days} French working days of preparation, "
            "rule {rule}, assumed since no file gives a date: due {due}."
        ),
        params,
    )


def _elsewhere(row: Mapping[str, Any], shop: str, team: str) -> list[Sentence]:
    if _at(row["due_at"], shop).replace(tzinfo=None) == _at(row["due_at"], team).replace(tzinfo=None):
        return []
    return [Sentence(N_("In {zone} that is {due}."), {"zone": Zone(team), "due": _at(row["due_at"], team)})]


def _staffed(row: Mapping[str, Any], team: str, now: dt.datetime) -> Sentence:
    until = row["staffed_until"]
    if until is None:
        return Sentence(N_("Your calendar has no staffed hour before it."))
    params = {"last": _at(until, team)}
    if until <= now:
        return Sentence(N_("Your last staffed hour before it was {last} and is over."), params)
    return Sentence(N_("Your last staffed hour before it ends {last}."), params)


@applies("CD-O3", "CD-O5")
def _circumstances(row: Mapping[str, Any], shop: str) -> list[Sentence]:
    """What else bears on it: the group it stands in, decisions, settings of the shop."""
    found: list[Sentence] = []
    if row["group"] == Group.PROBABLY_CANCELLED:
        found.append(Sentence(REASONS["past_due"]))
    if row["group"] == Group.PERHAPS_CANCELLED:
        found.append(Sentence(REASONS["missing_from_newer_file"]))
    if row["disagrees"] and row["decided_at"] is not None:
        params = {"decided": _at(row["decided_at"], shop), "as_of": _at(row["as_of"], shop)}
        found.append(Sentence(N_("Decided here {decided}; the file of {as_of} says otherwise."), params))
    if row["vacation"]:
        found.append(Sentence(N_("The shop is in vacation mode: no new orders, but this clock keeps running (CD-O3).")))
    if row.get("auto_accept") and row["kind"] == Kind.ACCEPT_ORDER:
        found.append(
            Sentence(N_("The shop accepts by itself what is in stock (CD-O5): this one waits, so check its stock."))
        )
    return found
