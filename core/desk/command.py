"""Who runs a command: the person whom ``--as`` names, and the desk as that person may see it."""

import argparse
import getpass
from dataclasses import replace
from typing import Final

from core.desk import people
from core.desk.base import Desk, Person, SignedOut, open_desk

ORIGIN: Final = "command line"


def add_as(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command that reads or writes the base."""
    parser.add_argument("--as", dest="name", metavar="NAME", help="who does it; else the user of this computer")


def opened(chosen: argparse.Namespace) -> tuple[Desk, Person]:
    """The base that a command names, and who runs it. Before the base knows people, anybody may do everything.

    A command that goes on for long ends as soon as the person's roles are others: ``still`` asks again. Raises as
    ``open_desk``, and ``ValueError`` where the person is not known or has no role.
    """
    desk = open_desk(chosen.database)
    name = chosen.name or getpass.getuser()
    person = people.of_name(desk, name, ORIGIN)
    if person.sees == frozenset():
        raise ValueError(f"{name!r} has no role here: an admin gives one, or --as names somebody who has one")

    def still() -> None:
        if replace(people.of_name(desk, name, ORIGIN), still=person.still) != person:
            raise SignedOut(f"the roles of {name!r} are others now: start the command again")

    return desk.seen_by(person), replace(person, still=still)
