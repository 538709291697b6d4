"""The reader of workbooks, in a process of its own with bounded memory: ``python -P workbook.py FILE FOLDER BYTES``.

A workbook of a kilobyte may claim a cell in the last row and the last column. The reader lays out every cell up to
there, and where memory ends its compiled core ends the process: it must not be ours.

The file stands alone on purpose: it imports nothing of the project, so that it starts in a moment.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

INDEX: Final = "sheets.json"
LIMIT_SHEETS: Final = 50  # looked at for a header
PANIC: Final = "PanicException"  # of the reader's compiled core; its class cannot be imported
BROKEN: Final = 3  # exit code: the reader says why on standard error


def limit_memory(limit: int) -> None:
    """Let the process have so many bytes of addresses; where the system knows no such limit, all it wants."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def unpack(file: Path, folder: Path) -> None:
    """Write each sheet as Arrow, every cell as text, and after the last one the index: for each its name, whether it
    is shown, and how many cells it has."""
    import fastexcel

    book = fastexcel.read_excel(file.read_bytes())  # by its name an error would tell where it lay
    names = book.sheet_names[:LIMIT_SHEETS]
    import pyarrow as pa  # takes longer than all else: not for a broken workbook

    told = []
    for number, name in enumerate(names):
        sheet = book.load_sheet(number, header_row=None, dtypes="string", skip_whitespace_tail_rows=False)
        batch = sheet.to_arrow()
        with pa.OSFile(str(folder / f"{number}.arrow"), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        told.append({"name": name, "shown": sheet.visible == "visible", "cells": batch.num_rows * batch.num_columns})
    (folder / INDEX).write_text(json.dumps(told), "utf-8")


def main() -> int:
    """0, or :data:`BROKEN` for a workbook that the reader refuses or breaks over."""
    file, folder, limit = sys.argv[1:]
    limit_memory(int(limit))
    try:
        unpack(Path(file), Path(folder))
    except BaseException as wrong:
        if not isinstance(wrong, Exception) and type(wrong).__name__ != PANIC:
            raise
        print(wrong, file=sys.stderr)
        return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main())
