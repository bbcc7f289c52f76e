"""Bring in which options are booked, from the operator's systems (S13, design decision 10).

A booking is known by the operator's name for it; one that was booked in Werda by the `booking` of its order. The newer
word wins, Werda's own too: a cancellation in Werda later than the file's as-of time stays. Name and terms of an option
come from the brand's newest catalogue that has it, and stay with the booking.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from werda.core.option import Option, OptionCatalogue
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.options import catalogues_of, write_terms
from werda.store.roles import Database
from werda.usecases.importing.booking_file import COLUMNS, BookingRows, read_bookings
from werda.usecases.importing.cells import Text
from werda.usecases.importing.newer_wins import Connection, Effect, NewerWins, together
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.run import BrandRules, Order, Report, bring_in
from werda.usecases.importing.table_file import Rows

__all__ = ["COLUMNS", "import_bookings"]

_BOOKING: Final = {
    "customer_id": None,
    "line_id": None,
    "option": None,
    "price": None,
    "booked_at": None,
    "starts_on": None,
    "ends_on": None,
    "public_id": None,
    "catalogue": None,
    "terms": None,
    "currency": None,
    "idempotency_key": None,
    "order": None,
}
_OTHERWISE: Final = (
    "says otherwise than what is known as of the same time; give the file a later --as-of if it is newer"
)


class Offered(NamedTuple):
    """An option, and the catalogue whose words and price it has."""

    catalogue: OptionCatalogue
    option: Option


@dataclass(slots=True)
class BookingImport:
    """Takes chunks of rows of a bookings' file for one brand, whose clocks are those of `zone`."""

    connection: Connection
    brand_id: int
    as_of: datetime
    zone: ZoneInfo
    _offered: Mapping[str, Offered] = field(init=False)
    _bookings: NewerWins = field(init=False)

    def __post_init__(self) -> None:
        catalogues = sorted(catalogues_of(self.connection, self.brand_id), key=lambda each: each.effective_from)
        self._offered = {o.slug: Offered(catalogue, o) for catalogue in catalogues for o in catalogue.options}
        self._bookings = NewerWins(self.connection, "option_booking", "reference", _BOOKING)

    def take(self, rows: Rows) -> Outcome:
        """Bring a chunk of rows in."""
        outcome = Outcome()
        told = self._offered_only(read_bookings(rows, self.zone, outcome), outcome)
        told, owners = self._on_lines(told, outcome)
        known = self._known(told)
        told, owners = self._of_the_same_line(told, owners, known, outcome)
        taken = self._bookings.take(self.brand_id, self.as_of, self._values(told, owners, known))
        for line, booking in zip(told.line, told.booking, strict=True):
            effect = taken.effect(booking)
            if effect is Effect.CONTRADICTS:
                outcome.reject(line, "booking", _OTHERWISE)
            elif effect in {Effect.NEW, Effect.CHANGED}:
                outcome.changed.add(line)
        applied = {key: taken.effect(key) for key in told.booking}
        self._settle([taken.ids[key] for key, effect in applied.items() if effect in {Effect.NEW, Effect.CHANGED}])
        return outcome

    def _offered_only(self, rows: BookingRows, outcome: Outcome) -> BookingRows:
        good = [option in self._offered for option in rows.option]
        for line, fits in zip(rows.line, good, strict=True):
            if not fits:
                outcome.reject(line, "option", "is in no catalogue of the brand; `werda option activate` brings one in")
        return rows.kept(good)

    def _on_lines(self, rows: BookingRows, outcome: Outcome) -> tuple[BookingRows, list[tuple[int, int]]]:
        """The rows whose line is there, with the ids of line and customer."""
        found = self.connection.execute(
            "select msisdn, id, customer_id from line where brand_id = %s and msisdn = any(string_to_array(%s, %s))"
            " and ended_at is null",
            (self.brand_id, *together(rows.msisdn)),
        )
        lines: dict[Text, tuple[int, int]] = {msisdn: (line_id, owner) for msisdn, line_id, owner in found}
        for line, msisdn in zip(rows.line, rows.msisdn, strict=True):
            if msisdn not in lines:
                outcome.reject(line, "msisdn", "is no line in use; bring the customers in first")
        good = rows.kept([msisdn in lines for msisdn in rows.msisdn])
        return good, [lines[msisdn] for msisdn in good.msisdn]

    def _known(self, rows: BookingRows) -> dict[Text, tuple[int, str]]:
        """Line and option of the bookings that are there already."""
        found = self.connection.execute(
            "select reference, line_id, option from option_booking where brand_id = %s"
            " and reference = any(string_to_array(%s, %s))",
            (self.brand_id, *together(rows.booking)),
        )
        return {reference: (line_id, option) for reference, line_id, option in found}

    def _of_the_same_line(
        self, rows: BookingRows, owners: Sequence[tuple[int, int]], known: Mapping[Text, tuple[int, str]],
        outcome: Outcome,
    ) -> tuple[BookingRows, list[tuple[int, int]]]:  # fmt: skip
        """The rows that do not make another booking of a known one: its terms are those it was booked with."""
        good = []
        for line, booking, option, (line_id, _) in zip(rows.line, rows.booking, rows.option, owners, strict=True):
            there = known.get(booking)
            if there is not None and there[0] != line_id:
                outcome.reject(line, "msisdn", "is another line than that of this booking; end it and name a new one")
            elif there is not None and there[1] != option:
                outcome.reject(line, "option", "is another option than that of this booking; end it and name a new one")
            good.append(there is None or there == (line_id, option))
        return rows.kept(good), list(compress(owners, good))

    def _values(
        self, rows: BookingRows, owners: Sequence[tuple[int, int]], known: Mapping[Text, object]
    ) -> list[Sequence[Text]]:
        """The columns of option_booking, the key first. What a new one needs beside the file, a known one has."""
        now = self.as_of.isoformat()
        values: list[list[Text]] = []
        for booking, option, price, booked_at, starts, ends, (line_id, customer_id) in zip(
            *(rows.booking, rows.option, rows.price, rows.booked_at, rows.starts_on, rows.ends_on, owners), strict=True
        ):
            told = [booking, str(customer_id), str(line_id), option]
            if booking in known:
                values.append([*told, price, booked_at, starts, ends, *([None] * 6)])
                continue
            catalogue, offered = self._offered[option or ""]
            values.append(
                [
                    *(*told, price or str(offered.price), booked_at or now, starts, ends, str(uuid.uuid4())),
                    *(catalogue.version, json.dumps(write_terms(offered)), catalogue.currency),
                    *(f"import:{booking}", str(uuid.uuid4())),
                ]
            )
        return [list(column) for column in zip(*values, strict=True)] if values else [[]]

    def _settle(self, bookings: list[int]) -> None:
        """An end that the terms do not bring by themselves was asked for; what Werda ordered before is over with it."""
        if bookings:
            self.connection.execute(
                "update option_booking set cancel_order = null, cancelled_at = coalesce(cancelled_at, as_of)"
                " where id = any(%s) and ends_on is not null and (terms ->> 'days')::int = 0",
                (bookings,),
            )


def import_bookings(database: Database, order: Order, _verifier: Verifier, _custody: Custody) -> Report:
    """Bring a file of bookings in, opened with `COLUMNS`; none of it is secret. Raises `UnusableFile`."""

    def importer(connection: Connection, brand: BrandRules, as_of: datetime) -> BookingImport:
        return BookingImport(connection, brand.id, as_of, brand.zone)

    return bring_in(database, order, "bookings", importer)
