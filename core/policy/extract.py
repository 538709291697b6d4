"""Babel extractor for ``data/policy/*.toml``: titles and rules in words are visible sentences."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

_VISIBLE = re.compile(r'(title|amount)\s*=\s*"([^"]*[A-Za-z]{2,} [^"]*)"\s*$')


def extract(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, object]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield ``(line, function, message, comments)`` for each title and each rule in words."""
    unit = ""
    for number, raw in enumerate(file, 1):
        line = raw.decode("utf-8").strip()
        unit = line if line.startswith("unit") else unit
        found = _VISIBLE.match(line)
        if found and (found[1] == "title" or '"text"' in unit):
            yield number, "", found[2], []
