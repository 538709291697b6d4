"""Which encoding a file is in, and its text as UTF-8 bytes."""

import codecs
from typing import Final

from core.intake.findings import Refused

CHUNK: Final = 1 << 18  # bytes; small enough that one rare character slows down little
_C1: Final = bytes(range(0x80, 0xA0))
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decide(data: bytes) -> str:
    """The encoding: by its byte order mark; else UTF-8 where every byte fits; else Windows-1252."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    view = memoryview(data)
    try:
        for at in range(0, len(data), CHUNK):
            decoder.decode(view[at : at + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def as_utf8(data: bytes, encoding: str) -> bytes:
    """The same text in UTF-8, without byte order mark. Raises Refused where the bytes are not text."""
    if encoding == "utf-8":
        return data
    if encoding == "utf-8-sig":
        return data[len(codecs.BOM_UTF8) :]
    if encoding == "cp1252":
        return b"".join(_from_cp1252(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))
    try:
        return data[2:].decode(encoding).encode()
    except UnicodeError as wrong:
        raise Refused("bad_encoding", {"encoding": encoding}) from wrong


def _from_cp1252(chunk: bytes) -> bytes:
    # Latin-1 decodes several times faster and differs from Windows-1252 in 0x80-0x9F only, which
    # in UTF-8 all begin with 0xC2: a search for one byte spares nearly every chunk the second look.
    text = chunk.decode("latin-1").encode()
    if b"\xc2" not in text or len(chunk.translate(None, _C1)) == len(chunk):
        return text
    return chunk.decode("cp1252", errors="replace").encode()
