"""The budget's rules, as a person would tell them (C1, C4, C9). The database follows the same: tests/store."""

from datetime import UTC, datetime, timedelta

from werda.core.budget import Budget, Limits
from werda.core.verdict import Outcome

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITS = Limits()


def after(*, wrong: int) -> Budget:
    budget, now = Budget(), NOON - timedelta(days=1)
    for _ in range(wrong):
        _, budget = budget.attempt(matches=False, now=now, limits=LIMITS)
        now += timedelta(hours=1)
    return budget


def test_the_first_failure_costs_no_waiting() -> None:
    assert after(wrong=1) == Budget(failures=1, not_before=None)


def test_from_the_second_failure_on_waiting_grows() -> None:
    """C4"""
    assert [LIMITS.delay_after(n).total_seconds() for n in range(5)] == [0, 0, 30, 120, 480]


def test_too_early_is_neither_evaluated_nor_counted() -> None:
    """C4"""
    budget = Budget(failures=2, not_before=NOON)
    assert budget.attempt(matches=True, now=NOON - timedelta(microseconds=1), limits=LIMITS) == (
        Outcome.TOO_EARLY,
        budget,
    )
    assert budget.attempt(matches=True, now=NOON, limits=LIMITS) == (Outcome.VERIFIED, Budget())


def test_a_spent_budget_stays_spent_whatever_is_offered() -> None:
    """C1, C9"""
    spent = after(wrong=3)
    for matches in (True, False):
        assert spent.attempt(matches=matches, now=NOON + timedelta(days=999), limits=LIMITS) == (Outcome.LOCKED, spent)


def test_a_success_before_the_third_failure_starts_anew() -> None:
    """C1: consecutive failures."""
    _, budget = after(wrong=2).attempt(matches=True, now=NOON, limits=LIMITS)
    assert budget == Budget()
