"""Passwords: what one has to be, and Argon2id hashes of them (RFC 9106, the profile for little memory)."""

import unicodedata
from typing import Final

import argon2

from core.desk.settings import Unclear
from core.policy.words import N_

SHORTEST: Final = 12
LONGEST: Final = 200
TOO_SHORT: Final = N_("A password needs at least {text} characters. Several words in a row are good.")
TOO_LONG: Final = N_("A password has at most {text} characters.")
TOO_PLAIN: Final = N_("This password is too easy to guess: it repeats itself, or is the name.")

_HASHER: Final = argon2.PasswordHasher()
_NOBODYS: Final = _HASHER.hash("what nobody has as a password")
"""Compared where there is no hash, so that an unknown name takes as long as a wrong password."""


def check(password: str, name: str) -> None:
    """Raise ``Unclear`` where this cannot be the password of the person of that name."""
    if len(password) < SHORTEST:
        raise Unclear(TOO_SHORT, str(SHORTEST))
    if len(password) > LONGEST:
        raise Unclear(TOO_LONG, str(LONGEST))
    if len(set(password)) < 5 or password.casefold().strip() == name.casefold():
        raise Unclear(TOO_PLAIN)


def hashed(password: str) -> str:
    """The hash that is kept, with its salt and costs."""
    return _HASHER.hash(_normal(password))


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed; False, after as much work, where there is no hash."""
    try:
        return _HASHER.verify(password_hash or _NOBODYS, _normal(password[: LONGEST + 1])) and password_hash is not None
    except argon2.exceptions.VerificationError:
        return False


def _normal(password: str) -> str:
    """One spelling for what keyboards of different systems send for the same signs."""
    return unicodedata.normalize("NFKC", password)
