"""Text that was read in a wrong encoding once, before it came here: found by its traces, cell by cell.

Several ways lead to it, and each leaves signs in an order that no language writes. Where signs alone prove nothing, the
mistake is undone: only what becomes common Chinese that way was Chinese before. European words never do.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

import polars as pl

_REST: Final = "\u0080-\u00bf" + bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
"""What the second and third bytes of a sign in UTF-8 are in Windows-1252."""
_SURE: Final = (
    # Latin letters in UTF-8 read as Windows-1252, and as GBK.
    rf"Ã[{_REST}]|[a-zß-ÿ]Ã |(?:^| )Ã  |â€|[A-Za-z](?:茅|猫|脿|莽|锚|么|没|卯|毛|脡)[a-z]"
    # Chinese in UTF-8 read as Windows-1252; what GBK makes of the sign for a lost character.
    rf"|(?:[ã-éï][{_REST}]{{2}}){{2}}|锟斤|斤拷"
)
_GBK_PAIRS: Final = r"[¡-þ]{4}"
_RUN_OF_PAIRS: Final = re.compile(r"[¡-þ]{4,}")
_FIRST: Final = "".join(
    bytes((lead, rest)).decode("gbk", "ignore") for lead in range(0xE4, 0xEA) for rest in range(0x80, 0xC0)
)
"""What the first two bytes of a Chinese sign in UTF-8 are in GBK: rare signs, and one in three of garbled text."""
_BEGINS: Final = f"[{_FIRST}]"
_RUN: Final = re.compile(r"[^\x00-\x7f\ufffd]{3,}")
_LEVEL_ONE: Final = range(0xB0, 0xD8)
"""First bytes of the commoner half of GB2312."""


def garbled(column: pl.Series) -> pl.Series:
    """Which cells hold text that was read in a wrong encoding: Ã©, ä¸­å›½, ÖÐ¹ú, 涓枃, 锟斤拷."""
    found = column.str.contains(_SURE).fill_null(False)
    for signs, proved in ((_GBK_PAIRS, _was_gbk), (_BEGINS, _was_utf8)):
        maybe = column.str.contains(signs).fill_null(False) & ~found
        if maybe.any():
            proofs = [text for text in column.filter(maybe).unique() if proved(text)]
            found = found | column.is_in(pl.Series(proofs, dtype=pl.String).implode()).fill_null(False)
    return found


def _was_gbk(text: str) -> bool:
    """Whether Latin signs in a row are pairs of bytes of Chinese, mostly of its commoner half: ÖÐ¹ú."""
    return any(_is_common(run.group()) for run in _RUN_OF_PAIRS.finditer(text))


def _is_common(run: str) -> bool:
    raw = run[: len(run) // 2 * 2].encode("latin-1")
    pairs = [raw[at : at + 2] for at in range(0, len(raw), 2)]
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    chinese = [pair for pair in pairs if pair[0] >= _LEVEL_ONE.start]
    common = sum(pair[0] in _LEVEL_ONE for pair in chinese)
    # One sign again and again is a line of dots, not a word.
    return len(chinese) >= 2 and len(set(raw)) > 2 and 2 * common > len(chinese)


def _was_utf8(text: str) -> bool:
    """Whether Chinese signs in a row are bytes of UTF-8 that say something else in Chinese: 涓枃."""
    return any(sum(map(_is_chinese, was)) >= 2 and all(map(_is_known, was)) for was in _undone(text))


def _undone(text: str) -> Iterator[str]:
    """What each run of signs beyond ASCII was before; of the last sign some bytes may be lost."""
    for run in _RUN.finditer(text):
        try:
            yield codecs.getincrementaldecoder("utf-8")().decode(run.group().encode("gb18030"))
        except UnicodeError:
            continue


def _is_chinese(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def _is_known(sign: str) -> bool:
    """Whether a sign is of common Chinese, or of its punctuation."""
    try:
        return len(sign.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False
