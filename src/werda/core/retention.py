"""How long each kind of record is kept, and which kind an event belongs to (A9).

Both sets are closed: an event kind without a kind of record, or a record without a period, cannot be. The periods are
days from the record's own time; a brand's policy may change them, never below what Werda itself needs of a record.
What belongs to an incident stays as long as the incident, whose period begins when it is closed.
docs/retention.md gives the reason of each; which holds is for the operator's data protection officer to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from werda.core.audit import EventKind


class Record(StrEnum):
    """What is kept for a time that the brand's policy says."""

    ATTEMPTS = "attempts"
    CREDENTIAL_EVENTS = "credential_events"
    CONTRACT_EVENTS = "contract_events"
    CALL_EVENTS = "call_events"
    SECURITY_EVENTS = "security_events"
    SYSTEM_EVENTS = "system_events"
    CALLS = "calls"
    NOTICES = "notices"
    LETTERS = "letters"
    MESSAGES = "messages"
    ORDERS = "orders"
    IMPORT_RUNS = "import_runs"
    INCIDENTS = "incidents"


@dataclass(frozen=True, slots=True)
class Period:
    """Days: what holds where the policy is silent, and the fewest it may say."""

    days: int
    fewest: int


_DISPUTES: Final = 1_461
"""Four years: claims lapse three years after the end of the year they came up in (BGB §§ 195, 199)."""

PERIODS: Final[Mapping[Record, Period]] = MappingProxyType(
    {
        Record.ATTEMPTS: Period(365, 90),
        Record.CREDENTIAL_EVENTS: Period(_DISPUTES, 90),
        Record.CONTRACT_EVENTS: Period(_DISPUTES, 90),
        Record.CALL_EVENTS: Period(365, 90),
        Record.SECURITY_EVENTS: Period(_DISPUTES, 365),
        Record.SYSTEM_EVENTS: Period(3_653, 365),
        Record.CALLS: Period(365, 90),
        Record.NOTICES: Period(365, 30),
        Record.LETTERS: Period(365, 30),
        Record.MESSAGES: Period(90, 7),
        Record.ORDERS: Period(_DISPUTES, 90),
        Record.IMPORT_RUNS: Period(3_653, 90),
        Record.INCIDENTS: Period(_DISPUTES, 365),
    }
)
"""Attempts and calls must outlive every budget's delay, a day's window of one-time codes, and idempotency keys; orders
a shop's repeats; runs of imports the time in which the same file may come again."""

STANDARD: Final[Mapping[Record, timedelta]] = MappingProxyType(
    {record: timedelta(days=period.days) for record, period in PERIODS.items()}
)
"""The periods of a policy that says nothing of retention."""

_RECORDS: Final[Mapping[Record, frozenset[str]]] = MappingProxyType(
    {
        Record.CREDENTIAL_EVENTS: frozenset(
            {"credential", "secrets", "call_code", "letter_code", "secret", "display", "hotline", "confirmation"}
        ),
        Record.CONTRACT_EVENTS: frozenset(
            {"sim", "operation", "contract", "letter", "option", "representative", "data"}
        ),
        Record.CALL_EVENTS: frozenset({"grant", "call"}),
        Record.SECURITY_EVENTS: frozenset({"lockout", "alarm", "incident", "session", "login", "app"}),
        Record.SYSTEM_EVENTS: frozenset(
            {
                "api_key",
                "policy",
                "import",
                "agent",
                "webhook",
                "trunk",
                "brand",
                "key",
                "customer",
                "record",
                "catalogue",
            }
        ),
    }
)
"""The subjects of events, the part before the colon, by the kind of record they are."""


def record_of(kind: EventKind) -> Record:
    """The kind of record that an event is; a test finds a subject that nobody has decided about."""
    if kind is EventKind.AGENT_FLAGGED:  # it is about an employee: no longer than the calls it came from
        return Record.CALL_EVENTS
    subject, _, _ = kind.value.partition(":")
    return next(record for record, subjects in _RECORDS.items() if subject in subjects)


def kinds_of(record: Record) -> list[str]:
    """The kinds of events that are this kind of record; none of records that are no events."""
    return [kind.value for kind in EventKind if record_of(kind) is record]
