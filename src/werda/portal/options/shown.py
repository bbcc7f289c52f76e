"""Lines, bookings and offers as the pages show them: names in the reader's language, prices as people write them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import number_format

from werda.core.option import (
    Charge,
    Option,
    OptionCatalogue,
    cost_in,
    day_of,
    may_book,
    minimum_until,
    own_end,
    period_of,
    start_of,
    withdraw_until,
)
from werda.look.shown_number import shown_number
from werda.portal.access import Visit
from werda.portal.options.words import NOT_BOOKABLE
from werda.store.queries.options import Booking, OptionLine, option_lines, options_of
from werda.usecases.cancel_option import Standing, standing


@dataclass(frozen=True, slots=True)
class Room:
    """What the session's customer has, and what the brand offers them today."""

    lines: list[OptionLine]
    catalogue: OptionCatalogue | None
    zone: ZoneInfo
    today: date
    language: str

    @classmethod
    def of(cls, visit: Visit) -> "Room":
        """Read it."""
        zone, session = ZoneInfo(visit.shop.timezone), visit.signed_in
        return cls(
            option_lines(visit.connection, session.customer_id),
            options_of(visit.connection, session.brand_id, visit.now),
            zone,
            day_of(visit.now, zone),
            visit.request.language,  # type: ignore[attr-defined]  # set by the middleware
        )

    def line(self, line: OptionLine) -> dict[str, Any]:
        """A line with its bookings and offers."""
        return {
            "id": line.id,
            "msisdn": shown_number(line.msisdn),
            "kind": line.kind.value,
            "tariff": line.tariff,
            "bookings": [self.booking(line, one) for one in line.bookings if not self._long_over(one)],
            "offers": [self.offer(line, option) for option in self.fitting(line)],
        }

    def booking(self, line: OptionLine, one: Booking) -> dict[str, Any]:
        """A booking and what can be done with it."""
        return self.standing(standing(self.catalogue, line, one, self.today, self.zone))

    def standing(self, found: Standing) -> dict[str, Any]:
        """The same, where it is known how it stands."""
        one = found.booking
        bound = minimum_until(one.terms, one.starts_on)
        return {
            "id": one.public_id,
            "name": one.name.of(self.language),
            "msisdn": shown_number(found.line.msisdn),
            "price": money(one.price, one.currency),
            "monthly": one.charge is Charge.MONTHLY,
            "state": one.state(self.today).value,
            "cancel_failed": one.cancel_failed,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
            "bound_until": bound if one.terms.minimum_months and bound >= self.today else None,
            "would_end": found.ends_on,
            "withdraw_until": found.withdraw_until,
            "can_cancel": found.no_cancelling is None,
            "can_withdraw": found.no_withdrawing is None,
        }

    def offer(self, line: OptionLine, option: Option) -> dict[str, Any]:
        """An option that fits the line, with what it would come to today."""
        catalogue = self.catalogue
        assert catalogue is not None
        starts_on = start_of(option.terms, self.today)
        ends_on = own_end(option.terms, starts_on)
        period = period_of(option.terms.billing, starts_on, starts_on)
        no = may_book(catalogue, option, line.seen(self.today), self.today)
        return {
            "slug": option.slug,
            "name": option.name.of(self.language),
            "about": option.about.of(self.language),
            "price": money(option.price, catalogue.currency),
            "monthly": option.charge is Charge.MONTHLY,
            "first": money(cost_in(option.price, option.charge, period, starts_on, ends_on), catalogue.currency),
            "first_until": period[1],
            "terms": option.terms,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "bound_until": minimum_until(option.terms, starts_on) if option.terms.minimum_months else None,
            "withdraw_until": withdraw_until(self.today),
            "no": NOT_BOOKABLE[no.why] if no else None,
            "others": self.names(no.others) if no else [],
        }

    def names(self, slugs: Iterable[str]) -> list[str]:
        """Options by the names people know."""
        found = [self.catalogue.find(slug) if self.catalogue else None for slug in slugs]
        return [option.name.of(self.language) for option in found if option is not None]

    def fitting(self, line: OptionLine) -> list[Option]:
        """The options on sale that fit this line and are not booked for it."""
        booked = line.seen(self.today).booked
        return [
            option
            for option in (self.catalogue.options if self.catalogue else ())
            if option.is_sold(self.today)
            and option.line is line.kind
            and (not option.tariffs or line.tariff in option.tariffs)
            and option.slug not in booked
        ]

    def _long_over(self, booking: Booking) -> bool:
        """What is over is shown for a month more, so that people see how it went."""
        return booking.is_over(self.today) and (self.today - day_of(booking.booked_at, self.zone)).days > 31


def money(amount: Decimal, currency: str) -> str:
    """An amount as people write it; an Euro sign where it is Euros."""
    return f"{number_format(amount, 2, use_l10n=True)}\N{NO-BREAK SPACE}{'€' if currency == 'EUR' else currency}"
