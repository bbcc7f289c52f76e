"""Periods of retention (A9): every kind of event has one, and a policy goes no lower than what is needed."""

from datetime import timedelta

import pytest

from werda.core.audit import EventKind
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.core.retention import PERIODS, Record, kinds_of, record_of

POLICY = (
    'brand = "nordfunk"\nversion = "1"\ntimezone = "Europe/Berlin"\neffective_from = 2026-01-01T00:00:00\n'
    "[methods.puk]\n[retention]\n"
)


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_is_one_kind_of_record(kind: EventKind) -> None:
    """A9"""
    assert [record for record in Record if kind.value in kinds_of(record)] == [record_of(kind)]


@pytest.mark.parametrize("record", Record)
def test_a_policy_goes_down_to_what_is_needed_and_no_lower(record: Record) -> None:
    """A9"""
    fewest = PERIODS[record].fewest
    policy = parse(f"{POLICY}{record}_days = {fewest}\n")
    assert isinstance(policy, Policy)
    assert policy.retention[record] == timedelta(days=fewest)
    problems = parse(f"{POLICY}{record}_days = {fewest - 1}\n")
    assert isinstance(problems, list)
    assert [(problem.line, problem.key) for problem in problems] == [(7, f"retention.{record}_days")]


def test_a_kind_of_record_nobody_knows_is_refused() -> None:
    assert isinstance(parse(f"{POLICY}dreams_days = 400\n"), list)


def test_a_silent_policy_has_the_standard_periods() -> None:
    policy = parse(POLICY)
    assert isinstance(policy, Policy)
    assert policy.retention == {record: timedelta(days=period.days) for record, period in PERIODS.items()}
