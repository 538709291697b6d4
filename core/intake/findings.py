"""What intake can say about a file: refusals of the whole file, and findings about one cell or row."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from core.policy.words import Level, N_


class Refused(Exception):
    """A file that cannot be read at all. ``code`` is a key of REFUSALS, ``params`` fill its sentence."""

    def __init__(self, code: str, params: dict[str, object] | None = None) -> None:
        self.code = code
        self.params = params or {}
        super().__init__(REFUSALS[code].format_map({"separator": "", **self.params}))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.params)


REFUSALS: Final[dict[str, str]] = {
    "empty": N_("The file is empty."),
    "no_header": N_("No known header row was found in the first {lines} lines. The file has: {seen}"),
    "no_rows": N_("The file has a header but no rows."),
    "not_spreadsheet": N_("This is not a spreadsheet that can be read: {why}"),
    "locked": N_("The workbook is locked with a password. Save it without one and upload it again."),
    "zip_as_csv": N_("The file is a ZIP archive, not a text file. Unpack it, or save it as XLSX."),
    "null_bytes": N_("The file contains null bytes: it is not a text file."),
    "bad_encoding": N_("The file says it is {encoding}, but its bytes are not."),
    "too_big": N_("The file has {size} MB; at most {limit} MB can be read. Split it by dates."),
    "unpacks_too_big": N_("The file is packed so tightly that it would be bigger than {limit} MB: it is not opened."),
    "takes_too_much": N_(
        "The workbook would take more than {limit} MB of memory: often one cell stands far below or beside the others. "
        "Copy the table into a new workbook, or save it as CSV."
    ),
    "other_content": N_("The content of {name} is of another kind than its name says. Export again or rename it."),
    "questions_open": N_("The file leaves open what its dates mean. Answer the questions first; nothing was written."),
    "rows_rejected": N_("{rejected} rows were rejected, and you asked for the whole file or nothing."),
    "too_many_rows": N_("The file has {rows} rows; at most {limit} can be read. Split it by dates."),
    "too_many_columns": N_("The file has {columns} columns; at most {limit} can be read."),
    "cell_too_big": N_("A cell of the file has more than {limit} characters."),
    "too_deep": N_("The file is nested more than {limit} levels deep."),
    "bad_json": N_("The file is not whole JSON: it breaks off or goes wrong in line {line}, column {column}."),
    "bad_xml": N_("The file is not whole XML: it breaks off or goes wrong in line {line}, column {column}."),
    "not_a_number": N_("The file has {value} where a number should be."),
    "name_twice": N_("An object of the file has the name {value} twice; one of the two values would be lost."),
    "document_type": N_(
        "The file declares a document type, through which XML can reach other files. Export without it."
    ),
    "no_records": N_("No known kind of record was found in the file. It begins with: {seen}"),
    "kept_apart": N_("This is a file of {title}: the marketplace ships those and answers for them, not the seller."),
    "wrong_marketplace": N_("This is a file of {title}, but the shop sells on another marketplace."),
}


@dataclass(frozen=True)
class Finding:
    """How a finding weighs and what it says. Sentences may use {column}, {value} and {line}."""

    level: Level
    sentence: str
    hint: str


def _error(sentence: str, hint: str) -> Finding:
    return Finding(Level.ERROR, sentence, hint)


def _warning(sentence: str, hint: str) -> Finding:
    return Finding(Level.WARNING, sentence, hint)


def _note(sentence: str, hint: str) -> Finding:
    return Finding(Level.NOTE, sentence, hint)


CODES: Final[dict[str, Finding]] = {
    "ragged": _error(
        N_("The cells of line {line} cannot be told apart: {value}"),
        N_("Look for a quotation mark that is not closed; the row was left out."),
    ),
    "cells_missing": _error(
        N_("Line {line} has fewer cells than the header: {value}"),
        N_("Look for a line break inside a cell without quotation marks; the row was left out."),
    ),
    "cells_extra": _error(
        N_("Line {line} has more cells than the header: {value}"),
        N_("Look for a separator inside a cell without quotation marks; the row was left out."),
    ),
    "order_number_missing": _error(
        N_("Line {line} has no order number."),
        N_("Fill it in the file, or export again; the row was left out."),
    ),
    "mangled_number": _error(
        N_("{value} in {column} was mangled by a spreadsheet: its last digits are lost."),
        N_("Export again and do not open the file in a spreadsheet before."),
    ),
    "mangled_code": _warning(
        N_("{value} in {column} was mangled by a spreadsheet: its last digits are lost."),
        N_("The cell was taken as empty. Export again and do not open the file in a spreadsheet before."),
    ),
    "pointed_number": _error(
        N_("{value} in {column} was a number in a spreadsheet: zeros before it may be lost."),
        N_("Export again and do not open the file in a spreadsheet before."),
    ),
    "pointed_code": _warning(
        N_("{value} in {column} was a number in a spreadsheet: zeros before it may be lost."),
        N_("The cell was taken as empty. Export again and do not open the file in a spreadsheet before."),
    ),
    "dated_number": _error(
        N_("{value} in {column} was made a day by a spreadsheet."),
        N_("Export again and do not open the file in a spreadsheet before."),
    ),
    "dated_code": _warning(
        N_("{value} in {column} was made a day by a spreadsheet."),
        N_("The cell was taken as empty. Export again and do not open the file in a spreadsheet before."),
    ),
    "short_number": _error(
        N_("{value} in {column} has too few digits: a spreadsheet took the zeros before it."),
        N_("Export again and do not open the file in a spreadsheet before."),
    ),
    "short_code": _warning(
        N_("{value} in {column} has lost the zeros before it."),
        N_("They were put back: the length is known. Format the column as text before you save."),
    ),
    "hidden_signs": _warning(
        N_("{value} in {column} holds signs or spaces that cannot be seen."),
        N_("They were taken out. They come from web pages and chats: paste without format."),
    ),
    "full_width": _warning(
        N_("{value} in {column} is written in full-width digits or letters."),
        N_("It was read as plain ones. Nothing has to be done."),
    ),
    "garbled": _warning(
        N_("{value} in {column} was garbled before: it was once read in a wrong encoding."),
        N_("It was kept as it is. Export again and do not save the file in between."),
    ),
    "bad_byte": _warning(
        N_("Line {line} holds the first byte that is no character of {column}: byte {value} of the file."),
        N_("Choose another encoding if the sample lines look wrong, or export again as UTF-8."),
    ),
    "bad_date": _error(
        N_("{value} in {column} is not a date that this format uses."), N_("Write it like the other rows.")
    ),
    "date_out_of_range": _error(
        N_("{value} in {column} is not between the years 2000 and 2099."), N_("Correct the year.")
    ),
    "in_the_future": _warning(
        N_("{value} in {column} lies in the future."),
        N_("Check the clock and the zone; it does not date the file."),
    ),
    "time_missing": _warning(
        N_("{value} in {column} has no time of day; the start of that day was taken."),
        N_("Deadlines from it may be too early; export with the time."),
    ),
    "local_time_twice": _warning(
        N_("{value} in {column} happened twice, as the clocks went back; the earlier instant was taken."),
        N_("The deadline is the stricter of the two. Nothing has to be done."),
    ),
    "local_time_never": _error(
        N_("{value} in {column} never happened, as the clocks went forward."),
        N_("Correct the time, or write it with its offset."),
    ),
    "bad_money": _error(N_("{value} in {column} is not an amount."), N_("Write it like 12,50.")),
    "ambiguous_money": _error(
        N_("{value} in {column} can be read as thousands or as decimals."), N_("Write it with two decimals.")
    ),
    "negative": _error(N_("{value} in {column} is below zero."), N_("Refunds do not belong in this file.")),
    "bad_quantity": _error(N_("{value} in {column} is not a whole number of pieces."), N_("Write it like 2.")),
    "bad_currency": _warning(
        N_("{value} in {column} is not a currency of three letters."),
        N_("Write EUR, USD, ...; it was left empty."),
    ),
    "unknown_state": _warning(
        N_("Nobody knows the state {value} yet."),
        N_("Say once what it means for this shop; the order is kept."),
    ),
    "unknown_carrier": _warning(
        N_("Nobody knows the carrier {value} yet."),
        N_("Say once which one it is for this shop; it is kept as it is written, and its numbers cannot be told."),
    ),
    "state_missing": _warning(
        N_("Line {line} does not say where the order stands."),
        N_("A new order is shown as unknown; a known one stays as it is."),
    ),
    "unknown_delivery_mode": _warning(
        N_("Nobody knows the delivery mode {value}."), N_("It was left empty: it can be typed on the order.")
    ),
    "date_missing": _warning(N_("Line {line} has no {column}."), N_("No deadline can be derived from it.")),
    "rows_disagree": _warning(
        N_("The rows of one order say different things in {column}: also {value}."),
        N_("The state that still asks for something was taken, else the first row's value."),
    ),
    "state_backwards": _warning(
        N_("The order goes back a step: {value}."),
        N_("Check that the file is not older than the one before; the newer file counts."),
    ),
    "bad_character": _warning(
        N_("{value} in {column} holds a character that could not be read."), N_("Export again as UTF-8.")
    ),
    "blank_rows": _note(N_("Blank rows were skipped: {value}."), N_("Nothing has to be done.")),
    "repeated_header": _note(N_("The header row was repeated: {value} times."), N_("Nothing has to be done.")),
    "totals_row": _note(N_("Rows of totals were skipped: {value}."), N_("Nothing has to be done.")),
    "other_sheets": _warning(
        N_("Other sheets of the workbook were not read: {value}."),
        N_("If they hold rows that count, save each of them as a file of its own."),
    ),
    "rows_above": _warning(
        N_("Lines above the header that look like rows were not read: {value}."),
        N_("Look whether the file was put together of several: then import each of them."),
    ),
    "unknown_column": _note(N_("The column {column} is not known and was not read."), N_("Nothing has to be done.")),
    "fulfilled_elsewhere": _note(
        N_("Rows that the marketplace's own warehouse ships were left out: {value}."),
        N_("They are not the seller's to ship. Nothing has to be done."),
    ),
    "other_marketplace": _note(
        N_("Rows of other platforms or shops stand in the file: {value}."),
        N_("The rows of each account go to the shop that it is said to be; those of no shop stay out."),
    ),
    "articles_unread": _warning(
        N_("Line {line} lists articles in a way that is not known: {value}"),
        N_("The row is kept without code and number of pieces; they can be typed on the order."),
    ),
    "second_parcel": _warning(
        N_("Line {line} has several parcels; the first was taken: {value}"),
        N_("Follow the others in the marketplace."),
    ),
    "cannot_tell_cancel": _note(
        N_("The file has no column {column}: whether a buyer wants to cancel cannot be told."),
        N_("Switch the column on in the marketplace's report, or look there before shipping."),
    ),
    "repeated_column": _note(
        N_("The column {column} comes twice; the first was read."), N_("Remove one if they differ.")
    ),
    "key_missing": _error(
        N_("Line {line} has no {column}, without which it cannot be told what it is."),
        N_("Fill it in the file, or export again; the row was left out."),
    ),
    "record_again": _warning(
        N_("Line {line} is about the same as an earlier line: {value}"),
        N_("They are one record; of each column the last value was taken."),
    ),
    "line_again": _warning(
        N_("Line {line} has a line of its order once more: {value}"),
        N_("It counts as a further line. If the file was put together of several, leave one of the two rows out."),
    ),
    "order_unknown": _warning(
        N_("Line {line} names the order {value}, which is not known yet."),
        N_("The row is kept. Import a file of orders that has it."),
    ),
    "day_only": _note(
        N_("{column} gives days without a time, {value} times: hour-level clocks cannot run."),
        N_("The start of each day was taken. Nothing has to be done."),
    ),
    "bad_flag": _warning(N_("{value} in {column} is neither yes nor no."), N_("It was left empty. Write Y or N.")),
    "bad_fraction": _warning(
        N_("{value} in {column} is not a rate."), N_("It was left empty. Write it like 0.012 or 1.2 %.")
    ),
    "buyer_wiped": _note(
        N_("Line {line}: the personal data of this order was wiped. Its buyer and texts are kept out."),
        N_("What has to do with the order itself was read as ever."),
    ),
}

SCHEMA: Final = pl.Schema(
    {
        "line": pl.Int64,
        "column": pl.String,
        "value": pl.String,
        "code": pl.String,
        "level": pl.String,
        "order_number": pl.String,
    }
)
SHOWN: Final = 200  # characters of a cell that a finding repeats


class Book:
    """Collects findings; each call adds the rows of a mask, and only those are ever made into a frame."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def add(self, code: str, column: str | None, frame: pl.DataFrame) -> None:
        """``frame`` has line, value and order_number of the rows that the finding is about."""
        if frame.height:
            self._frames.append(
                frame.select(
                    pl.col("line").cast(pl.Int64),
                    pl.lit(column, pl.String).alias("column"),
                    pl.col("value").cast(pl.String).str.slice(0, SHOWN),
                    pl.lit(code).alias("code"),
                    pl.lit(str(CODES[code].level)).alias("level"),
                    pl.col("order_number").cast(pl.String),
                )
            )

    def say(self, code: str, column: str | None, line: int | None, value: str | None) -> None:
        """One finding about the file or about one line."""
        self.add(code, column, pl.DataFrame({"line": [line], "value": [value], "order_number": [None]}))

    def take(self, frame: pl.DataFrame) -> None:
        """Findings of a part of the file, as the book of that part gives them."""
        self._frames.append(frame)

    def frame(self) -> pl.DataFrame:
        """All findings in file order."""
        return pl.concat([SCHEMA.to_frame(), *self._frames]).sort("line", maintain_order=True, nulls_last=False)
