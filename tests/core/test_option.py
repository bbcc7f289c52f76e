"""What the terms of an option mean on the calendar, and who may book it (S13)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.option import (
    Begins,
    Billing,
    BookedLine,
    Charge,
    NotBookable,
    Option,
    OptionCatalogue,
    Terms,
    WhyNot,
    Words,
    cost_in,
    day_of,
    end_of,
    may_book,
    minimum_until,
    months_after,
    needed_by,
    own_end,
    period_of,
    prorated,
    start_of,
    withdraw_until,
)
from werda.core.tariff import LineKind

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 27)

days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
prices = st.integers(0, 999_999).map(lambda cents: Decimal(cents) / 100)
billings = st.sampled_from(Billing)
terms = st.builds(Terms, st.integers(0, 24), st.integers(0, 31), billings, st.sampled_from(Begins))


def option(slug: str = "a", **more: object) -> Option:
    words = Words(slug, slug)
    return Option(slug, words, words, Decimal("4.99"), Charge.MONTHLY, Terms(), **more)  # type: ignore[arg-type]


def catalogue(*options: Option) -> OptionCatalogue:
    return OptionCatalogue("nordfunk", "1", datetime(2026, 1, 1, tzinfo=UTC), BERLIN, "EUR", options)


def why(found: NotBookable | None) -> WhyNot | None:
    return found.why if found else None


# May it be booked? ---------------------------------------------------------------------------------------------------


def test_an_option_is_booked_once_for_a_line() -> None:
    a = option()
    line = BookedLine(LineKind.MOBILE, "Nordfunk M")
    assert may_book(catalogue(a), a, line, TODAY) is None
    booked = BookedLine(LineKind.MOBILE, "Nordfunk M", frozenset({"a"}))
    assert why(may_book(catalogue(a), a, booked, TODAY)) is WhyNot.BOOKED


def test_options_exclude_each_other_whichever_of_them_says_so() -> None:
    a, b = option("a", excludes=("b",)), option("b")
    for wanted, there in ((a, "b"), (b, "a")):
        found = may_book(catalogue(a, b), wanted, BookedLine(LineKind.MOBILE, "M", frozenset({there})), TODAY)
        assert found == NotBookable(WhyNot.EXCLUDED, (there,))


def test_an_option_that_requires_another_waits_for_it() -> None:
    a, b = option("a"), option("b", requires=("a",))
    both = catalogue(a, b)
    assert may_book(both, b, BookedLine(LineKind.MOBILE, "M"), TODAY) == NotBookable(WhyNot.REQUIRES, ("a",))
    assert may_book(both, b, BookedLine(LineKind.MOBILE, "M", frozenset({"a"})), TODAY) is None
    assert needed_by(both, "a", {"a", "b"}) == ("b",)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (BookedLine(LineKind.LANDLINE, "Nordfunk M"), WhyNot.TARIFF),
        (BookedLine(LineKind.MOBILE, "Nordfunk S"), WhyNot.TARIFF),
        (BookedLine(LineKind.MOBILE, "Nordfunk M", ended=True), WhyNot.LINE_ENDED),
        (BookedLine(LineKind.MOBILE, "Nordfunk M"), None),
    ],
)
def test_it_fits_the_tariffs_that_it_names(line: BookedLine, expected: WhyNot | None) -> None:
    a = option(tariffs=("Nordfunk M",))
    assert why(may_book(catalogue(a), a, line, TODAY)) is expected


def test_it_is_sold_from_its_first_day_to_its_last() -> None:
    a = option(since=TODAY, until=TODAY)
    assert [a.is_sold(TODAY + timedelta(days=n)) for n in (-1, 0, 1)] == [False, True, False]


# The calendar --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),  # a leap year
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 28), date(2026, 3, 27)),
        (date(2026, 12, 15), date(2027, 1, 14)),
    ],
)
def test_a_month_ends_the_day_before_or_with_the_month(start: date, last: date) -> None:
    assert minimum_until(Terms(minimum_months=1), start) == last


@given(days, st.integers(0, 60), st.integers(0, 60))
def test_more_months_are_later(start: date, few: int, more: int) -> None:
    assert (months_after(start, few) < months_after(start, more)) == (few < more)


@given(terms, days, st.integers(-31, 900))
def test_nothing_ends_before_its_minimum_term_nor_its_notice(terms: Terms, start: date, later: int) -> None:
    today = start + timedelta(days=later)
    last = end_of(terms, start, today)
    assert last >= max(start, minimum_until(terms, start), today + timedelta(days=terms.notice_days))
    assert period_of(terms.billing, start, last)[1] == last


@given(terms, days, st.integers(0, 900), st.integers(0, 60))
def test_cancelling_later_never_ends_it_earlier(terms: Terms, start: date, later: int, wait: int) -> None:
    today = start + timedelta(days=later)
    assert end_of(terms, start, today) <= end_of(terms, start, today + timedelta(days=wait))


@given(billings, days, st.integers(0, 900))
def test_billing_periods_follow_each_other_without_gap(billing: Billing, start: date, later: int) -> None:
    day = start + timedelta(days=later)
    first, last = period_of(billing, start, day)
    assert first <= day <= last
    assert period_of(billing, start, last + timedelta(days=1))[0] == last + timedelta(days=1)


def test_what_begins_next_month_begins_on_its_first() -> None:
    assert start_of(Terms(begins=Begins.NEXT_MONTH), date(2026, 12, 31)) == date(2027, 1, 1)
    assert start_of(Terms(), TODAY) == TODAY


def test_what_ends_by_itself_is_not_ended_earlier() -> None:
    pass_ = Terms(days=30)
    assert own_end(pass_, TODAY) == date(2026, 12, 26)
    assert end_of(pass_, TODAY, TODAY) == date(2026, 12, 26)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),  # clocks go forward that night
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),  # and back
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_the_brands_midnight(moment: datetime, day: date) -> None:
    assert day_of(moment, BERLIN) == day


def test_the_right_of_withdrawal_lasts_fourteen_days_and_over_a_weekend() -> None:
    assert withdraw_until(date(2026, 11, 25)) == date(2026, 12, 9)
    assert withdraw_until(date(2026, 11, 28)) == date(2026, 12, 14)  # the 12th is a Saturday


# Money ---------------------------------------------------------------------------------------------------------------


@given(prices, days, st.lists(st.integers(0, 30), max_size=5))
def test_the_parts_of_a_month_are_together_exactly_its_price(price: Decimal, day: date, cuts: list[int]) -> None:
    period = period_of(Billing.CALENDAR_MONTH, day, day)
    ends = sorted({min(period[0] + timedelta(days=cut), period[1]) for cut in cuts} | {period[1]})
    begins = [period[0], *(end + timedelta(days=1) for end in ends[:-1])]
    parts = [prorated(price, period, first, last) for first, last in zip(begins, ends, strict=True)]
    assert sum(parts) == price
    assert all(part >= 0 for part in parts)


@given(prices, st.sampled_from(Charge), days, st.none() | st.integers(-1, 400), days)
def test_a_period_costs_never_less_than_nothing_nor_more_than_the_price(
    price: Decimal, charge: Charge, start: date, length: int | None, day: date
) -> None:
    ends = None if length is None else start + timedelta(days=length)
    cost = cost_in(price, charge, period_of(Billing.CALENDAR_MONTH, start, day), start, ends)
    assert 0 <= cost <= price
    assert cost == cost.quantize(Decimal("0.01"))


def test_half_a_cent_is_rounded_up() -> None:
    april = (date(2026, 4, 1), date(2026, 4, 30))
    assert prorated(Decimal("0.01"), april, date(2026, 4, 1), date(2026, 4, 15)) == Decimal("0.01")
    assert prorated(Decimal("9.99"), april, date(2026, 4, 16), date(2026, 4, 30)) == Decimal("4.99")


def test_what_was_withdrawn_from_costs_nothing() -> None:
    month = (date(2026, 11, 1), date(2026, 11, 30))
    for charge in Charge:
        assert cost_in(Decimal("9.99"), charge, month, TODAY, TODAY - timedelta(days=1)) == 0
