"""A file of option bookings as its columns are read: one row for each booking."""

from collections.abc import Sequence
from itertools import compress
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from werda.usecases.importing import cells
from werda.usecases.importing.cells import Reading, Text
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.table_file import Columns, Rows

COLUMNS: Final = Columns(
    wanted=("booking", "msisdn", "option", "price", "booked_at", "starts_on", "ends_on"),
    required=("booking", "msisdn", "option", "starts_on"),
)


class BookingRows(NamedTuple):
    """Rows that can be used, column by column."""

    line: Sequence[int]
    booking: Sequence[Text]
    msisdn: Sequence[Text]
    option: Sequence[Text]
    price: Sequence[Text]
    booked_at: Sequence[Text]
    starts_on: Sequence[Text]
    ends_on: Sequence[Text]

    def kept(self, keep: Sequence[bool]) -> Self:
        """The rows that are to be kept."""
        return self if all(keep) else type(self)(*(list(compress(column, keep)) for column in self))  # type: ignore[arg-type]  # NamedTuples have no types by place


def read_bookings(rows: Rows, zone: ZoneInfo, outcome: Outcome) -> BookingRows:
    """Read the columns of a file. Rows that are bad, or name a booking again, are told to `outcome`."""
    reading = Reading(rows, COLUMNS.wanted)
    columns: list[Sequence[Any]] = [
        reading.column("booking", cells.key_of("booking"), cells.IS_NUMBER),
        reading.column("msisdn", cells.line, cells.IS_E164),
        reading.column("option", cells.key_of("option"), cells.IS_NUMBER),
        reading.column("price", cells.price),
        reading.column("booked_at", cells.moment_in(zone)),
        reading.column("starts_on", cells.first_day),
        reading.column("ends_on", cells.day),
    ]
    _judge_days(reading, columns[-2], columns[-1])
    lines, good = reading.good(columns, outcome)
    return _once(BookingRows(lines, *good), outcome)


def _judge_days(reading: Reading, starts: Sequence[Text], ends: Sequence[Text]) -> None:
    for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
        if first and last and last < first:
            reading.refuse(index, "ends_on", "is before starts_on; leave out what never began")


def _once(rows: BookingRows, outcome: Outcome) -> BookingRows:
    """The rows that name a booking for the first time in this chunk."""
    first: dict[Text, int] = {}
    keep = [first.setdefault(booking, line) == line for line, booking in zip(rows.line, rows.booking, strict=True)]
    for line, booking, kept in zip(rows.line, rows.booking, keep, strict=True):
        if not kept:
            outcome.reject(line, "booking", f"is that of line {first[booking]} too; a booking is one row")
    return rows.kept(keep)
