"""``python -m core add-admin``: the first admin, which turns sign-in on; and the way back in for the server's owner."""

import argparse
import getpass
import sys
from typing import Any, Final

from core.desk import people
from core.desk.base import open_desk, utc_now
from core.desk.import_command import DONE

DIFFERENT: Final = "The two passwords are not the same."


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    admin = commands.add_parser("add-admin", parents=[common], help="make an admin; from then on people sign in")
    admin.add_argument("name", metavar="NAME", help="as the record keeps it")
    admin.add_argument(
        "--email", default="", metavar="ADDRESS", help="of an account at your provider; the password may then be empty"
    )
    admin.set_defaults(run=_add_admin)


def _add_admin(chosen: argparse.Namespace) -> int:
    desk, password = open_desk(chosen.database), _password()
    people.add_admin(desk, chosen.name, chosen.email, password, utc_now())
    print(f"{' '.join(chosen.name.split())} is an admin. People sign in from now on.")  # the command's own output
    return DONE


def _password() -> str:
    """The password, never an argument: typed twice at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same once more: ") != password:
        raise ValueError(DIFFERENT)
    return password
