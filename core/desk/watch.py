"""A watched folder: what appears in it is imported and moved to done/ or rejected/, findings beside it."""

import datetime as dt
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.desk import import_shops, imports, privacy, rejects
from core.desk.base import Desk, Person, StoreUnavailable
from core.policy.personal import cutoff

DONE: Final = "done"
REJECTED: Final = "rejected"
COUNTS: Final = ("new", "changed", "unchanged", "older", "rejected")


@dataclass(frozen=True, slots=True)
class Taken:
    """One file that was taken: where it lies now, and what is to be said of it."""

    path: Path
    said: str
    clean: bool


@dataclass
class Watch:
    """A folder and what was seen in it. A file is taken when two looks found it with the same size and time."""

    desk: Desk
    person: Person
    shop_id: int
    folder: Path
    mode: str = imports.GOOD_ROWS
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _forgot_at: dt.datetime | None = None

    def look(self, clock: Callable[[], dt.datetime]) -> Iterator[Taken]:
        """Take what lies there unchanged since the look before. Raises ``StoreUnavailable``: the file stays."""
        self._forget(clock())
        now_there = dict(self._files())
        for name in sorted(now_there):
            if self._seen.get(name) == now_there[name]:
                yield self._take(name, clock())
                del now_there[name]
        self._seen = now_there

    @property
    def waiting(self) -> bool:
        """Whether some file still has to be looked at once more."""
        return bool(self._seen)

    def _files(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Regular files of the folder itself: no links, no hidden ones, nothing below."""
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    yield entry.name, (found.st_size, found.st_mtime_ns)

    def _take(self, name: str, now: dt.datetime) -> Taken:
        path = self.folder / name
        try:
            data = _bytes(path)
            found = import_shops.look(self.desk, self.shop_id, name, data, now, keep_rejected=True)
            found = import_shops.write(self.desk, self.person, found, now, self.mode)
        except (imports.Refused, imports.WrongShop) as why:
            return Taken(self._move(path, REJECTED, {".why.txt": f"{why}\n".encode()}, now), str(why), clean=False)
        beside: dict[str, bytes] = {}
        for number, seen in enumerate(found.previews, 1):
            ending = f".{number}" if len(found.previews) > 1 else ""
            if seen.already is None and seen.findings.height:
                beside[f"{ending}.findings.csv"] = rejects.findings_csv(seen.findings)
            if seen.already is None and seen.rejected:
                beside[f"{ending}.rejected.csv"] = rejects.as_csv(rejects.of_preview(seen))
        left = [f"{part.rows} rows of {part.platform}, account {part.account}" for part in found.open_parts]
        if left:
            beside[".why.txt"] = f"of no shop yet: {'; '.join(left)}\n".encode()
        clean = not left and not any(seen.rejected for seen in found.previews if seen.already is None)
        said = "; ".join([*map(_said, found.previews), *left])
        return Taken(self._move(path, DONE if clean else REJECTED, beside, now), said, clean=clean)

    def _forget(self, now: dt.datetime) -> None:
        """Remove what was taken before the days that the shop keeps personal data; looked for once an hour."""
        if self._forgot_at is not None and now - self._forgot_at < privacy.EVERY:
            return
        self._forgot_at = now
        before = cutoff(privacy.retention(self.desk, self.shop_id, now).days, now).timestamp()
        for folder in (self.folder / DONE, self.folder / REJECTED):
            if folder.is_symlink() or not folder.is_dir():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.path)

    def _move(self, path: Path, place: str, beside: dict[str, bytes], now: dt.datetime) -> Path:
        """Move a file into done or rejected under a name that is free there, and write what belongs beside it. Their
        times say when that was."""
        folder = self.folder / place
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise ValueError(f"{folder} is a link, not a folder")
        number, target = 1, folder / path.name
        while target.exists():
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        for ending, data in beside.items():
            (folder / (target.name + ending)).write_bytes(data)
        path.rename(target)
        for moved in (target, *(folder / (target.name + ending) for ending in beside)):
            os.utime(moved, (now.timestamp(), now.timestamp()))
        return target


def _said(seen: imports.ImportPreview) -> str:
    """What became of a file in one shop."""
    if seen.already is not None:
        return f"already imported on {seen.already['imported_at']:%Y-%m-%d %H:%M} UTC by {seen.already['person']}"
    return ", ".join(f"{getattr(seen, count)} {count}" for count in COUNTS)


def _bytes(path: Path) -> bytes:
    """A regular file's bytes; a link that took its place is not followed."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is no file")
        return file.read()


def run(
    watch: Watch, *, once: bool, pause: Callable[[], bool], clock: Callable[[], dt.datetime], say: Callable[[str], None]
) -> bool:
    """Look again and again until ``pause`` says to stop (True); with ``once`` until all that lies there is taken.

    Gives whether every file went to done/. A base that cannot be used is tried again at the next look.
    """
    clean = True
    while True:
        try:
            for taken in watch.look(clock):
                clean &= taken.clean
                say(f"{taken.path}: {taken.said}")
        except StoreUnavailable as trouble:
            say(str(trouble))
        if (once and not watch.waiting) or pause():
            return clean
