"""The clocks of an incident, and what may be asked for and written (A7, B9)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from werda.core.incident import Clock, Incident, Recipient, Standing, State, bad_moment, bad_text
from werda.core.incident_query import Where, parse_where
from werda.core.method import Method
from werda.core.verdict import Outcome

FRIDAY_NIGHT = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def incident(told: dict[Recipient, datetime] | None = None, closed_at: datetime | None = None) -> Incident:
    return Incident(
        *(1, "nordfunk", "Verdacht", FRIDAY_NIGHT, FRIDAY_NIGHT, FRIDAY_NIGHT, "operator", closed_at),
        told=told or {},
        attempts=1,
        customers=1,
    )


def clocks(found: Incident, after: timedelta) -> dict[Recipient, Clock]:
    return {clock.recipient: clock for clock in found.clocks(FRIDAY_NIGHT + after)}


def test_the_clocks_run_over_the_weekend() -> None:
    """A7: 24 hours after Friday night is Saturday night, 72 hours Monday night."""
    found = clocks(incident(), timedelta())
    assert found[Recipient.BNETZA].due_at == datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
    assert found[Recipient.BFDI].due_at == datetime(2026, 11, 30, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "bnetza", "bfdi"),
    [
        (0, Standing.RUNNING, Standing.RUNNING),
        (17.9, Standing.RUNNING, Standing.RUNNING),
        (18, Standing.DUE, Standing.RUNNING),
        (24, Standing.DUE, Standing.RUNNING),
        (24.1, Standing.OVERDUE, Standing.RUNNING),
        (66, Standing.OVERDUE, Standing.DUE),
        (72.1, Standing.OVERDUE, Standing.OVERDUE),
    ],
)
def test_a_clock_is_due_six_hours_before_its_end(hours: float, bnetza: Standing, bfdi: Standing) -> None:
    found = clocks(incident(), timedelta(hours=hours))
    assert (found[Recipient.BNETZA].standing, found[Recipient.BFDI].standing) == (bnetza, bfdi)


def test_telling_stops_a_clock_and_late_stays_late() -> None:
    told = {
        Recipient.BNETZA: FRIDAY_NIGHT + timedelta(hours=25),
        Recipient.BFDI: FRIDAY_NIGHT + timedelta(hours=72),
    }
    found = clocks(incident(told), timedelta(days=30))
    assert found[Recipient.BNETZA].standing is Standing.TOLD_LATE
    assert found[Recipient.BFDI].standing is Standing.TOLD
    assert not incident(told).pressing(FRIDAY_NIGHT + timedelta(days=30))


def test_an_incident_is_open_then_notified_then_closed() -> None:
    told = {Recipient.CUSTOMER: FRIDAY_NIGHT}
    assert incident().state is State.OPEN
    assert incident(told).state is State.NOTIFIED
    assert incident(told, FRIDAY_NIGHT).state is State.CLOSED
    assert {clock.standing for clock in incident(told, FRIDAY_NIGHT).clocks(FRIDAY_NIGHT)} == {Standing.STOPPED}


def test_nobody_can_have_been_told_before_it_was_known_or_in_the_future() -> None:
    assert bad_moment(FRIDAY_NIGHT, FRIDAY_NIGHT, FRIDAY_NIGHT) is None
    assert "future" in str(bad_moment(FRIDAY_NIGHT + timedelta(seconds=1), FRIDAY_NIGHT, FRIDAY_NIGHT))
    assert "before" in str(bad_moment(FRIDAY_NIGHT - timedelta(seconds=1), FRIDAY_NIGHT, FRIDAY_NIGHT))


@pytest.mark.parametrize("text", ["die 4711", "4 7 1 1", "47-11", "4.7.1.1", "", " x", "two\nlines", "x" * 501])
def test_what_could_be_a_code_gets_into_no_text(text: str) -> None:
    """B9"""
    assert bad_text(text)


@pytest.mark.parametrize("text", ["Verdacht auf Weitergabe", "3 Kunden, 24 h, am 26. November"])
def test_what_happened_can_be_written(text: str) -> None:
    assert bad_text(text) is None


def where(*filters: str) -> Where | str:
    return parse_where(filters, BERLIN, FRIDAY_NIGHT)


def test_a_query_is_read_by_the_clocks_of_the_brand() -> None:
    found = where("from=2026-11-26T08:00:00", "trunk=carrier-2", "method=puk", "outcome=verified", "agent=12")
    assert found == Where(
        datetime(2026, 11, 26, 7, 0, tzinfo=UTC), FRIDAY_NIGHT, trunk="carrier-2", agent=12, method=Method.PUK,
        outcome=Outcome.VERIFIED,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ((), "needs a beginning"),
        (("trunk=x",), "needs a beginning"),
        (("from=yesterday",), "from is no time"),
        (("from=2026-03-29T02:30:00",), "from never shows on clocks of Europe/Berlin"),
        (("from=2026-11-26T08:00:00", "to=2026-11-26T07:00:00"), "ends before it begins"),
        (("from=2026-11-26T08:00:00", "customer=1"), "knows no such filter"),
        (("from=2026-11-26T08:00:00", "id=1 or 1=1"), "knows no"),
        (("from=2026-11-26T08:00:00", "number=030"), "cannot read number"),
        (("from=2026-11-26T08:00:00", "method=guess"), "cannot read method"),
        (("from=2026-11-26T08:00:00", "agent=1", "agent=2"), "has agent twice"),
    ],
)
def test_what_is_no_filter_is_told_apart(filters: tuple[str, ...], told: str) -> None:
    found = where(*filters)
    assert isinstance(found, str)
    assert told in found
