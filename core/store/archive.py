"""Reading a backup, which may be damaged or made by somebody hostile: it is checked whole before anything is done.

No name in it is used as a path, nothing is unpacked onto the disk, and no part is ever whole in memory.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.store.backup import FORMAT, MANIFEST, Manifest, Part

_NAME: Final = re.compile(r"[a-z][a-z_]{0,60}")
_LINE: Final = 64 * 1024 * 1024  # bytes of one row
_MANIFEST: Final = 1024 * 1024
_PACKED: Final = 300  # a part is at most so many times bigger than it is packed; ours are under 100

UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, TypeError, KeyError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a file raises that is no backup."""


class Damaged(Exception):
    """The file is no whole backup: cut, changed, or never one. Nothing was touched."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is no whole backup: {why}. Nothing was touched.")


class Archive:
    """A backup that was found whole: :attr:`manifest`, and the rows of each table."""

    def __init__(self, path: Path) -> None:
        """Check the file from its first byte to its last. Raises :class:`Damaged`, ``OSError``."""
        self.path = path
        try:
            self._file = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise Damaged(path, "it is cut off, or of another kind") from None
        try:
            self.manifest = self._manifest()
            self._check_names()
            for name, part in self.manifest.tables.items():
                self._check_part(name, part)
        except (
            zipfile.BadZipFile,
            EOFError,
            ValueError,
            TypeError,
            KeyError,
            NotImplementedError,
            RuntimeError,
        ) as why:
            self._file.close()
            raise Damaged(path, str(why) or "it cannot be read") from None
        except Damaged:
            self._file.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self, name: str) -> Iterator[list[Any]]:
        """The rows of a table as JSON has them, columns in the order of the manifest. Raises :class:`Damaged`
        on one that is none."""
        width = len(self.manifest.tables[name].columns)
        for line in self._lines(name):
            row = json.loads(line)
            if not isinstance(row, list) or len(row) != width:
                raise Damaged(self.path, f"{name} has a row that does not fit its columns")
            yield row

    def _manifest(self) -> Manifest:
        if self._file.getinfo(MANIFEST).file_size > _MANIFEST:
            raise Damaged(self.path, "what it says of itself is too long")
        told = json.loads(self._file.read(MANIFEST))
        if told["format"] != FORMAT:
            raise Damaged(self.path, f"it is of another format: {told['format']}")
        tables = {name: Part(**{**part, "columns": tuple(part["columns"])}) for name, part in told["tables"].items()}
        return Manifest(**{**told, "tables": tables})

    def _check_names(self) -> None:
        """Exactly the parts that the manifest names, each once, under names of tables."""
        named = [f"tables/{name}.jsonl" for name in self.manifest.tables]
        if sorted(self._file.namelist()) != sorted([*named, MANIFEST]):
            raise Damaged(self.path, "its parts are not those that it names")
        if not all(_NAME.fullmatch(name) for name in self.manifest.tables):
            raise Damaged(self.path, "it names what is no table")

    def _check_part(self, name: str, part: Part) -> None:
        info = self._file.getinfo(f"tables/{name}.jsonl")
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise Damaged(self.path, f"{name} is packed in another way")
        if info.file_size != part.bytes or info.file_size > max(info.compress_size, 1) * _PACKED + _MANIFEST:
            raise Damaged(self.path, f"{name} is not as long as it says")
        digest, count = hashlib.sha256(), 0
        for line in self._lines(name):
            digest.update(line)
            count += 1
        if digest.hexdigest() != part.sha256 or count != part.rows:
            raise Damaged(self.path, f"{name} was changed")

    def _lines(self, name: str) -> Iterator[bytes]:
        with self._file.open(f"tables/{name}.jsonl") as part:
            while line := part.readline(_LINE + 1):
                if len(line) > _LINE:
                    raise Damaged(self.path, f"{name} has a row that is too long")
                yield line
