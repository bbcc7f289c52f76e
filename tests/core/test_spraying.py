"""The detector's rules: what strangers' guesses look like in sums, and what honest errors never do (C6)."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from werda.core.alarm import AlarmState, Sensitivity
from werda.core.spraying import BUCKETS, USUAL_SLIPS, Alarm, Evidence, Sums, Usual, look, usual_slips

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUIET = timedelta(minutes=15)
CALM, SUSPICIOUS, ATTACK = AlarmState


def sketch(codes: list[int]) -> tuple[tuple[int, ...], ...]:
    """Codes in buckets, as a keyed value would spread them."""
    counts = Counter(random.Random(code).randrange(BUCKETS) for code in codes)
    return (tuple(counts[bucket] for bucket in range(BUCKETS)),)


def honest(errors: int, seed: int, slips: float = USUAL_SLIPS) -> Sums:
    """Customers who err: their wrong codes are spread as their codes are."""
    chance = random.Random(seed)
    codes = [chance.randrange(10_000) for _ in range(errors)]
    near = sum(chance.random() < slips for _ in codes)
    return Sums(errors * 8, errors, errors, near, sketch(codes))


def joined(some: Sums, others: Sums) -> Sums:
    """Both in the same window."""
    buckets: Counter[int] = Counter()
    for sums in (some, others):
        for day in sums.buckets:
            buckets.update(dict(enumerate(day)))  # the same bucket of both
    return Sums(
        some.attempts + others.attempts,
        some.failures + others.failures,
        some.compared + others.compared,
        some.near + others.near,
        (tuple(buckets.values()),),
    )


def sprayed(guesses: int, seed: int, values: int) -> Sums:
    """Guesses of an attacker who tries so many values: few popular ones, or all."""
    chance = random.Random(f"guesses {seed}")  # not the numbers that the customers' codes come from
    codes = [chance.randrange(values) for _ in range(guesses)]
    return Sums(guesses, guesses, guesses, sum(chance.random() < 39 / 9_999 for _ in codes), sketch(codes))


@pytest.mark.parametrize("errors", [0, 1, 5, 40, 300, 3_000])
def test_honest_errors_raise_no_alarm(errors: int) -> None:
    states = {Evidence.of(honest(errors, seed), Usual()).state for seed in range(200)}
    assert states == {CALM}


def test_a_brand_whose_customers_slip_less_is_called_suspicious_at_most_until_that_is_known() -> None:
    few = [honest(600, seed, slips=0.2) for seed in range(50)]
    assert {Evidence.of(sums, Usual()).state for sums in few} <= {CALM, SUSPICIOUS}
    assert {Evidence.of(sums, Usual(slips=0.2)).state for sums in few} == {CALM}


@pytest.mark.parametrize(("values", "guesses"), [(3, 100), (20, 100), (100, 150)])
def test_popular_codes_on_many_accounts_are_an_attack(values: int, guesses: int) -> None:
    """A hundred guesses or little more are enough, from however many numbers."""
    states = {
        Evidence.of(joined(honest(20, seed), sprayed(guesses, seed, values)), Usual()).state for seed in range(50)
    }
    assert states == {ATTACK}


EARLY, STANDARD, LATE = Sensitivity(4, 5, 2), Sensitivity(), Sensitivity(8, 12, 5)


@pytest.mark.parametrize(
    ("sensitivity", "few_popular", "popular", "any_codes"),
    [(EARLY, 30, 80, 80), (STANDARD, 40, 110, 130), (LATE, 50, 160, 320)],
)
def test_how_many_guesses_a_sensitivity_lets_pass(
    sensitivity: Sensitivity, few_popular: int, popular: int, any_codes: int
) -> None:
    """The figures of docs/guarding.md: so many guesses within ten minutes are called an attack, half as many seldom."""
    for values, guesses in ((20, few_popular), (100, popular), (10_000, any_codes)):
        for share, expected in ((1.0, True), (0.5, False)):
            found = [
                Evidence.of(
                    joined(honest(20, seed), sprayed(int(guesses * share), seed, values)), Usual(), sensitivity
                ).state
                for seed in range(40)
            ]
            assert (found.count(ATTACK) >= 38) is expected, (values, share)


@pytest.mark.parametrize(("sensitivity", "warned"), [(EARLY, 59), (STANDARD, 16), (LATE, 0)])
def test_what_a_sensitivity_costs_honest_callers(sensitivity: Sensitivity, warned: int) -> None:
    """The figures of docs/guarding.md: customers who slip less than usual are warned of, and never called an attack."""
    looks = [Evidence.of(honest(300, seed, slips=0.25), Usual(failures=300.0), sensitivity) for seed in range(200)]
    states = [seen.state for seen in looks]
    assert (states.count(SUSPICIOUS), states.count(ATTACK)) == (warned, 0)


@pytest.mark.parametrize(("sensitivity", "failures"), [(EARLY, 290), (STANDARD, 390), (LATE, 590)])
def test_from_how_many_failures_on_customers_who_say_their_old_codes_are_called_an_attack(
    sensitivity: Sensitivity, failures: int
) -> None:
    """The figures of docs/guarding.md, where a hundred failures in ten minutes are usual."""
    for more, expected in ((0, SUSPICIOUS), (1, ATTACK)):
        said = sprayed(failures + more, 1, 10_000)
        assert Evidence.of(said, Usual(failures=100.0), sensitivity).state is expected


def test_random_guesses_are_an_attack_too_because_nobody_slips() -> None:
    states = {Evidence.of(joined(honest(20, seed), sprayed(250, seed, 10_000)), Usual()).state for seed in range(50)}
    assert states == {ATTACK}


def test_many_more_failures_than_usual_alone_are_suspicious() -> None:
    """A mailing, a broken app: not an attack by itself."""
    assert Evidence.of(honest(400, 1), Usual(failures=20.0)).state is SUSPICIOUS
    assert Evidence.of(honest(80, 1), Usual(failures=20.0)).state is CALM
    some = joined(honest(150, 1), sprayed(150, 1, 10_000))
    assert Evidence.of(some, Usual()).state is SUSPICIOUS
    assert Evidence.of(some, Usual(failures=20.0)).state is ATTACK


def test_buckets_of_two_days_are_not_taken_for_the_same() -> None:
    """Each day has a key of its own."""
    one = (40,) + (1,) * 10
    assert Evidence.of(Sums(buckets=((1,) * 50, (1,) * 50)), Usual()).concentration == 0
    assert Evidence.of(Sums(buckets=(one, one)), Usual()).concentration > 50


def test_a_whole_day_makes_suspicious_and_no_more() -> None:
    """Low and slow breaks little; asking everybody for days would cost more."""
    slow = joined(honest(300, 1), sprayed(1_000, 1, 20))
    assert Evidence.of(slow, Usual()).state is ATTACK
    found, _, _ = look(honest(3, 1), slow, Usual(), CALM, respond=True)
    assert found is SUSPICIOUS


def test_a_day_does_not_hold_what_an_attack_left_in_it() -> None:
    attacked = joined(honest(300, 1), sprayed(1_000, 1, 20))
    assert look(honest(3, 1), attacked, Usual(), ATTACK, respond=True)[0] is CALM
    assert look(honest(3, 1), attacked, Usual(), SUSPICIOUS, respond=True)[0] is SUSPICIOUS


def test_where_the_brand_only_watches_nothing_is_called_an_attack() -> None:
    many = sprayed(500, 1, 20)
    assert look(many, many, Usual(), CALM, respond=True)[0] is ATTACK
    assert look(many, many, Usual(), CALM, respond=False)[0] is SUSPICIOUS


def test_usual_slips_are_the_median_of_days_with_enough_of_them() -> None:
    days = [(100, 40), (200, 84), (100, 42), (100, 1), (10, 10)]
    assert usual_slips(days) == 0.42  # an attacker's day moves it little, a thin day not at all
    assert usual_slips(days[:2]) == USUAL_SLIPS
    assert usual_slips([(100, 0)] * 9) == 0.1


def test_the_alarm_rises_at_once_and_falls_after_a_quiet_time() -> None:
    alarm = Alarm().after(ATTACK, NOON, QUIET)
    assert (alarm.state, alarm.since) == (ATTACK, NOON)
    still = alarm.after(ATTACK, NOON + timedelta(minutes=10), QUIET)
    assert (still.state, still.since) == (ATTACK, NOON)
    quiet = still.after(CALM, NOON + timedelta(minutes=24), QUIET)
    assert quiet == still
    over = still.after(CALM, NOON + timedelta(minutes=25), QUIET)
    assert (over.state, over.since) == (CALM, NOON + timedelta(minutes=25))


def test_what_is_still_suspicious_after_an_attack_raises_it_anew() -> None:
    """It falls to calm, from where the windows begin again: the day must not hold what the attack left in it."""
    alarm = Alarm().after(ATTACK, NOON, QUIET).after(SUSPICIOUS, NOON + QUIET, QUIET)
    assert (alarm.state, alarm.since) == (CALM, NOON + QUIET)
    assert alarm.after(SUSPICIOUS, NOON + QUIET, QUIET).state is SUSPICIOUS


def test_customers_with_new_codes_who_say_the_old_ones_are_no_attack() -> None:
    """Nobody's wrong code is a slip then; but they are not more than ever."""
    old_codes = sprayed(250, 1, 10_000)
    assert Evidence.of(old_codes, Usual(failures=240.0)).state is SUSPICIOUS
    assert Evidence.of(old_codes, Usual(failures=20.0)).state is ATTACK
    assert Evidence.of(old_codes, Usual()).state is ATTACK


def test_set_by_hand_it_stays_until_its_time_is_over() -> None:
    alarm = Alarm(SUSPICIOUS, NOON, by_hand=True, held_until=NOON + timedelta(hours=1))
    assert alarm.after(ATTACK, NOON + timedelta(minutes=59), QUIET) == alarm
    assert alarm.after(ATTACK, NOON + timedelta(minutes=60), QUIET).state is ATTACK
    assert alarm.after(CALM, NOON + timedelta(minutes=60), QUIET).state is CALM


def test_released_by_hand_the_detector_judges_on() -> None:
    assert Alarm(CALM, NOON, by_hand=True).after(ATTACK, NOON, QUIET).state is ATTACK
