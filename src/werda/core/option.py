"""A tariff option that can be booked beside a tariff, and what its terms mean on the calendar (S13).

All days are days of the brand's own clocks, first and last included. A month that begins on a day the last month does
not have ends with that month (BGB § 188): what begins on 31 January holds for a month until 28 February.
"""

import calendar
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.tariff import LineKind

WITHDRAWAL_DAYS: Final = 14
"""For so long a consumer may withdraw, without a reason (BGB § 355)."""

_CENT: Final = Decimal("0.01")


class Charge(StrEnum):
    """What the price is for."""

    MONTHLY = "monthly"
    ONCE = "once"


class Billing(StrEnum):
    """Which months are billed: those of the calendar, or months counted from the day the option begins."""

    CALENDAR_MONTH = "calendar-month"
    FROM_START = "from-start"


class Begins(StrEnum):
    """When an option begins that is booked today."""

    AT_ONCE = "at-once"
    NEXT_MONTH = "next-month"


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    de: str
    en: str

    def of(self, language: str) -> str:
        """In this language; German in any other."""
        return self.en if language.startswith("en") else self.de


@dataclass(frozen=True, slots=True)
class Terms:
    """What binds whom, and for how long. `days`: it ends by itself after so many, 0 means it goes on."""

    minimum_months: int = 0
    notice_days: int = 0
    billing: Billing = Billing.CALENDAR_MONTH
    begins: Begins = Begins.AT_ONCE
    days: int = 0


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `tariffs` are those it fits, by the names that lines carry; empty means all of this kind of line.

    `excludes` goes both ways: one that is named by another excludes that other too. `until` is its last day on sale.
    """

    slug: str
    name: Words
    about: Words
    price: Decimal
    charge: Charge
    terms: Terms
    line: LineKind = LineKind.MOBILE
    tariffs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def is_sold(self, today: date) -> bool:
        """Whether it can be booked on this day."""
        return (self.since is None or self.since <= today) and (self.until is None or today <= self.until)


@dataclass(frozen=True, slots=True)
class OptionCatalogue:
    """What a brand offers beside its tariffs from `effective_from` on. `currency` is an ISO 4217 code."""

    brand: str
    version: str
    effective_from: datetime
    zone: ZoneInfo
    currency: str
    options: tuple[Option, ...]

    def find(self, slug: str) -> Option | None:
        """The option of this name."""
        return next((option for option in self.options if option.slug == slug), None)

    def between(self, option: Option, other: str) -> bool:
        """Whether these two exclude each other."""
        found = self.find(other)
        return other in option.excludes or (found is not None and option.slug in found.excludes)

    @staticmethod
    def in_force(catalogues: "Sequence[OptionCatalogue]", now: datetime) -> "OptionCatalogue | None":
        """The catalogue that began last."""
        begun = [catalogue for catalogue in catalogues if catalogue.effective_from <= now]
        return max(begun, key=lambda catalogue: catalogue.effective_from, default=None)


# May it be booked? ---------------------------------------------------------------------------------------------------


class WhyNot(StrEnum):
    """Why an option cannot be booked for a line now."""

    UNKNOWN = "unknown"
    NOT_SOLD = "not_sold"
    LINE_ENDED = "line_ended"
    TARIFF = "tariff"
    BOOKED = "booked"
    EXCLUDED = "excluded"
    REQUIRES = "requires"


@dataclass(frozen=True, slots=True)
class NotBookable:
    """Nothing was booked. `others` are the options that are in the way, or missing."""

    why: WhyNot
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line as the rules see it: its tariff by name, and the slugs of what is booked and not over."""

    kind: LineKind
    tariff: str
    booked: frozenset[str] = frozenset()
    ended: bool = False


def may_book(catalogue: OptionCatalogue, option: Option, line: BookedLine, today: date) -> NotBookable | None:
    """None when this line may have the option now."""
    if line.ended:
        return NotBookable(WhyNot.LINE_ENDED)
    if not option.is_sold(today):
        return NotBookable(WhyNot.NOT_SOLD)
    if option.line is not line.kind or (option.tariffs and line.tariff not in option.tariffs):
        return NotBookable(WhyNot.TARIFF)
    if option.slug in line.booked:
        return NotBookable(WhyNot.BOOKED)
    if against := tuple(sorted(other for other in line.booked if catalogue.between(option, other))):
        return NotBookable(WhyNot.EXCLUDED, against)
    if missing := tuple(other for other in option.requires if other not in line.booked):
        return NotBookable(WhyNot.REQUIRES, missing)
    return None


def needed_by(catalogue: OptionCatalogue, slug: str, booked: Collection[str]) -> tuple[str, ...]:
    """Which of the booked options cannot be without this one."""
    options = (catalogue.find(other) for other in sorted(booked))
    return tuple(option.slug for option in options if option is not None and slug in option.requires)


# The calendar --------------------------------------------------------------------------------------------------------


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that clocks in `zone` show; a day with a change of the clocks is one day like any other."""
    return moment.astimezone(zone).date()


def months_after(start: date, months: int) -> date:
    """The first day after so many months from `start` on (BGB § 188)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if start.day <= calendar.monthrange(year, month + 1)[1]:
        return date(year, month + 1, start.day)
    return months_after(date(year, month + 1, 1), 1)


def start_of(terms: Terms, today: date) -> date:
    """The first day of what is booked today."""
    return today if terms.begins is Begins.AT_ONCE else months_after(today.replace(day=1), 1)


def minimum_until(terms: Terms, starts_on: date) -> date:
    """The last day on which it cannot be over yet; the day before the start, where nobody is bound."""
    return months_after(starts_on, terms.minimum_months) - timedelta(days=1)


def own_end(terms: Terms, starts_on: date) -> date | None:
    """The last day of what ends by itself."""
    return starts_on + timedelta(days=terms.days - 1) if terms.days else None


def period_of(billing: Billing, starts_on: date, day: date) -> tuple[date, date]:
    """First and last day of the billing period that `day`, not before the start, lies in."""
    if billing is Billing.CALENDAR_MONTH:
        first = day.replace(day=1)
        return first, months_after(first, 1) - timedelta(days=1)
    months = (day.year - starts_on.year) * 12 + day.month - starts_on.month
    while months_after(starts_on, months) > day:
        months -= 1
    while months_after(starts_on, months + 1) <= day:
        months += 1
    return months_after(starts_on, months), months_after(starts_on, months + 1) - timedelta(days=1)


def end_of(terms: Terms, starts_on: date, today: date) -> date:
    """The last day of what is cancelled today: after notice and minimum term, with the end of a billing period."""
    if ends_itself := own_end(terms, starts_on):
        return ends_itself
    earliest = max(starts_on, today + timedelta(days=terms.notice_days), minimum_until(terms, starts_on))
    return period_of(terms.billing, starts_on, earliest)[1]


def withdraw_until(booked: date) -> date:
    """The last day of the right of withdrawal; a weekend puts it off to Monday (BGB §§ 187, 193, 355)."""
    last = booked + timedelta(days=WITHDRAWAL_DAYS)
    return last + timedelta(days=7 - last.weekday()) if last.weekday() >= calendar.SATURDAY else last


# Money ---------------------------------------------------------------------------------------------------------------


def prorated(price: Decimal, period: tuple[date, date], first: date, last: date) -> Decimal:
    """What the days from `first` to `last` of a period cost, of the price of the whole, in cents rounded half up.

    It is the difference of two rounded sums, so that the parts of a period are together exactly the whole.
    """
    days = (period[1] - period[0]).days + 1
    first, last = max(first, period[0]), min(last, period[1])
    if last < first:
        return Decimal("0.00")
    return _share(price, (last - period[0]).days + 1, days) - _share(price, (first - period[0]).days, days)


def cost_in(
    price: Decimal, charge: Charge, period: tuple[date, date], starts_on: date, ends_on: date | None
) -> Decimal:
    """What an option costs in this period. What is paid once is paid in the period in which it begins."""
    if ends_on is not None and ends_on < starts_on:  # withdrawn: it never was
        return Decimal("0.00")
    if charge is Charge.ONCE:
        return price if period[0] <= starts_on <= period[1] else Decimal("0.00")
    return prorated(price, period, starts_on, min(ends_on or period[1], period[1]))


def _share(price: Decimal, part: int, whole: int) -> Decimal:
    return (price * part / whole).quantize(_CENT, ROUND_HALF_UP)
