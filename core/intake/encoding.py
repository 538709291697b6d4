"""Which encoding a file is in, and its text as UTF-8 bytes.

That bytes can be decoded proves nothing: a French header in Windows-1252 is flawless GB18030. So every candidate
decodes a sample, and the text that comes out is judged: by the header cells that the known formats have, and by
how the letters stand together.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.intake.findings import Refused
from core.intake.formats import spellings
from core.policy.words import N_

BYTEWISE: Final = frozenset({"utf-8", "cp1252", "iso8859-15", "mac-roman"})
"""Encodings whose bytes for line break, quote and separators mean nothing else: they can be cut before decoding."""
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "gb18030": "GB18030",
    "iso8859-15": "ISO 8859-15",
    "mac-roman": "Mac Roman",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
}
"""What a person may choose from; utf-8-sig is UTF-8 with a byte order mark."""
WHY: Final = {
    "mark": N_("The file begins with the mark of this encoding."),
    "plain": N_("The file has no letters beyond ASCII."),
    "strict": N_("Every byte fits this encoding, which hardly happens by chance."),
    "zeros": N_("Every second byte of its plain letters is zero."),
    "scored": N_("Header cells and letters make the most sense in it."),
    "person": N_("You chose it."),
}
CHUNK: Final = 1 << 18  # bytes; small enough that one rare character slows down little
SAMPLE: Final = 1 << 15  # bytes that are judged from the start, and again from the first doubtful byte on
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES: Final = ("utf-8", "cp1252", "gb18030", "iso8859-15", "mac-roman")
_COMMON: Final = frozenset("éèêëàâäçîïôöûùüÿœæñßáíóúãåøÉÈÊËÀÂÄÇÎÏÔÖÛÙÜŒÆÑÁÍÓÚ’‘“”«»–—…€°ºª·•²³£§\u00a0")
_RUN: Final = re.compile(r"[^\x00-\x7f]+")
_LETTER: Final = re.compile("[A-Za-z]")
_GARBLED: Final = "\ufffd"


@dataclass(frozen=True)
class Decoded:
    """The encoding of a file (a key of ENCODINGS, or utf-8-sig), ``why`` (a key of WHY), the next best one or "", and
    three lines that show what either makes of the file. ``first_bad``: where its first byte stands that is no
    character, None where each of them is one."""

    encoding: str
    why: str
    runner_up: str = ""
    lines: tuple[str, ...] = ()
    other_lines: tuple[str, ...] = ()
    first_bad: int | None = None


def decide(data: bytes, known: frozenset[str] = frozenset(), said: str | None = None) -> Decoded:
    """The encoding of a file. ``known``: folded header cells of the known formats; ``said``: what a person chose.

    In this order: what was said; a byte order mark; UTF-16 by its zeros; UTF-8 where every byte fits; else the
    candidate that scores best. Raises Refused for an encoding that nobody offers.
    """
    if said is not None and said not in (*ENCODINGS, "utf-8-sig"):
        raise Refused("bad_encoding", {"encoding": said})
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    if said is not None:
        return _told(data, "utf-8-sig" if said == "utf-8" and marked == "utf-8-sig" else said, "person")
    if marked is not None:
        return _told(data, marked, "mark")
    if wide := _utf16(data):
        return _told(data, wide, "zeros")
    bad = first_bad(data)
    if bad is None:
        return _told(data, "utf-8", "plain" if data[:SAMPLE].isascii() else "strict")
    doubtful = max(data.rfind(b"\n", 0, bad) + 1, bad - SAMPLE // 4)
    sample = data[:SAMPLE] if doubtful < SAMPLE // 2 else data[:SAMPLE] + b"\n" + data[doubtful : doubtful + SAMPLE]
    scores = {name: _score(_plain(sample, name), known) for name in _CANDIDATES}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    astray = bad if best == "utf-8" else None
    return Decoded(best, "scored", second, _lines(sample, best), _lines(sample, second), astray)


def as_utf8(data: bytes, encoding: str) -> bytes:
    """The same text in UTF-8, without byte order mark; a byte that is no character becomes U+FFFD. Raises Refused
    where UTF-16 is broken off."""
    if encoding in ("utf-8", "utf-8-sig"):
        plain = data.removeprefix(codecs.BOM_UTF8)
        return plain if first_bad(plain) is None else _by_chunks(plain, "utf-8", "replace")
    if encoding in BYTEWISE:
        return b"".join(_bytewise(data[at : at + CHUNK], encoding) for at in range(0, len(data), CHUNK))
    if encoding == "gb18030":
        return _by_chunks(data, encoding, "replace")
    try:
        return _by_chunks(data, encoding, "strict").removeprefix(codecs.BOM_UTF8)
    except UnicodeError as wrong:
        raise Refused("bad_encoding", {"encoding": encoding}) from wrong


def piece_as_utf8(piece: bytes, encoding: str) -> bytes:
    """As :func:`as_utf8`, for a piece of a text that is in a bytewise encoding and known to be sound if UTF-8."""
    if encoding == "utf-8":
        return piece
    return piece.decode("latin-1").encode() if _is_latin(piece, encoding) else as_utf8(piece, encoding)


def _bytewise(chunk: bytes, encoding: str) -> bytes:
    if _is_latin(chunk, encoding):
        return chunk.decode("latin-1").encode()
    return chunk.decode(encoding, errors="replace").encode()


def _is_latin(chunk: bytes, encoding: str) -> bool:
    """Whether Latin-1, which decodes several times faster, makes the same of some Windows-1252: the two differ in
    0x80-0x9F only, which are the bytes below -96 if they have a sign."""
    return encoding == "cp1252" and not bool((np.frombuffer(chunk, np.int8) < -96).any())


def _by_chunks(data: bytes, encoding: str, errors: str) -> bytes:
    """Decoded piece by piece: one rare character would make a text of the whole file four times as big."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    view = memoryview(data)
    parts = [decoder.decode(view[at : at + CHUNK]).encode() for at in range(0, len(data), CHUNK)]
    return b"".join([*parts, decoder.decode(b"", final=True).encode()])


def _told(data: bytes, encoding: str, why: str) -> Decoded:
    """An encoding that needs no candidates beside it."""
    bad = first_bad(data.removeprefix(codecs.BOM_UTF8)) if encoding.startswith("utf-8") and why != "strict" else None
    return Decoded(encoding, why, lines=_lines(data[:SAMPLE], encoding), first_bad=bad)


def first_bad(data: bytes, encoding: str = "utf-8") -> int | None:
    """Where the first byte stands that is no character of an encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(data)
    start = _unsound(data) if encoding == "utf-8" else 0
    kept, at = 0, start
    try:
        for at in range(start, len(data), CHUNK):
            kept = len(decoder.getstate()[0])  # the start of a character whose end is in this chunk
            decoder.decode(view[at : at + CHUNK])
        at, kept = len(data), len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as wrong:
        return at - kept + wrong.start
    return None


def _unsound(data: bytes) -> int:
    """Where a stretch of lines begins of which not all is UTF-8, or the end: Polars checks three times faster."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + 4 * CHUNK) + 1 or len(data)
        try:
            pl.Series([data[at:end]], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.PolarsError:
            return at
        at = end
    return at


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: plain letters, digits and separators leave zeros at every second byte."""
    head = np.frombuffer(data[: 4096 - 4096 % 2], np.uint8)
    head = head[: len(head) - len(head) % 2]
    if len(data) % 2 or len(head) < 4:
        return None
    even, odd = (float(np.mean(head[start::2] == 0)) for start in (0, 1))
    if max(even, odd) < 0.2 or min(even, odd) > 0.02:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _plain(sample: bytes, encoding: str) -> str:
    return sample.decode(encoding, errors="replace").removeprefix("\ufeff")


def _lines(sample: bytes, encoding: str) -> tuple[str, ...]:
    """Three lines of a sample, those first that show what the encoding makes of letters."""
    if encoding.startswith("utf-16"):
        sample = sample[: len(sample) - len(sample) % 2]
    filled = [line.strip()[:300] for line in _plain(sample, encoding).splitlines() if line.strip()]
    return tuple(sorted(filled[:200], key=str.isascii)[:3])


def _score(text: str, known: frozenset[str]) -> float:
    """How much sense a decoded sample makes: -3 to 1 by its letters, and up to 3 by known header cells."""
    good = bad = 0.0
    for run in _RUN.finditer(text):
        signs = run.group()
        for sign in signs:
            if sign == _GARBLED:
                bad += 3
            elif sign >= "\u2e80":  # beyond the letters of Europe
                if _is_common_chinese(sign) and not (len(signs) == 1 and _between_letters(text, run)):
                    good += 1
                else:
                    bad += 1
            elif sign in _COMMON and len(signs) <= 2:
                good += 1
            else:
                bad += 1
    letters = (good - bad) / max(good + bad, 1)
    hits = max((_known_cells(line, known) for line in text.splitlines()[:60]), default=0)
    return letters + 3 * hits / (hits + 1)


def _is_common_chinese(sign: str) -> bool:
    try:
        return len(sign.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _between_letters(text: str, run: re.Match[str]) -> bool:
    around = text[max(run.start() - 1, 0) : run.start()], text[run.end() : run.end() + 1]
    return all(_LETTER.match(sign) for sign in around)


def _known_cells(line: str, known: frozenset[str]) -> int:
    """How many cells of a line are known header cells that only this encoding could have spelled."""
    if line.isascii():
        return 0
    cells = (cell.strip(' "\r') for cell in re.split(r"[;,\t|]", line[:8000]))
    return sum(1 for cell in cells if not cell.isascii() and not known.isdisjoint(spellings(cell)))
