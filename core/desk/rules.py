"""The rules in force, as the Rules page and the command line show them."""

import datetime as dt

import polars as pl

from core.policy.values import Values

SCHEMA = {
    "rule": pl.String(),
    "key": pl.String(),
    "title": pl.String(),
    "value": pl.String(),
    "unit": pl.String(),
    "since": pl.Date(),
    "source": pl.String(),
    "last_checked": pl.Date(),
}


def in_force(values: Values, day: dt.date) -> pl.DataFrame:
    """One row a parameter: the value in force on ``day`` (null before its first), since when, source."""
    rows = []
    for parameter in values.parameters.values():
        dated = [value for value in parameter.history if value.since <= day]
        value = dated[-1] if dated else None
        rows.append(
            {
                "rule": parameter.rule,
                "key": parameter.key,
                "title": parameter.title,
                "value": str(value.amount) if value else None,
                "unit": parameter.unit,
                "since": value.since if value else None,
                "source": value.source if value else None,
                "last_checked": parameter.last_checked,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA)


def history(values: Values, key: str) -> pl.DataFrame:
    """Every dated value of one parameter, newest first: since, value, source."""
    dated = values.parameters[key].history
    return pl.DataFrame(
        {
            "since": [value.since for value in reversed(dated)],
            "value": [str(value.amount) for value in reversed(dated)],
            "source": [value.source for value in reversed(dated)],
        },
        schema={"since": pl.Date, "value": pl.String, "source": pl.String},
    )
