"""Babel extractor for ``data/formats/*.toml``: titles of formats and what template columns mean are visible."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO


def extract(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, object]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield ``(line, function, message, comments)`` for each of them; the line is not known."""
    table = tomllib.load(file)
    for sentence in (table.get("title"), *table.get("about", {}).values()):
        if sentence is not None:
            yield 0, "", sentence, []
