"""Who stands out from their colleagues, and who does not (D4)."""

import math
import random

import pytest

from werda.core.outliers import Tally, outliers, two_sided, wilson


def test_somebody_far_from_the_colleagues_is_found() -> None:
    """D4"""
    found = outliers([Tally(1, 200, 190), Tally(2, 200, 130), Tally(3, 200, 128), Tally(4, 200, 132)])
    assert [outlier.tally.agent_id for outlier in found] == [1]
    assert found[0].colleagues == pytest.approx(0.65)
    assert found[0].low < 0.95 < found[0].high


def test_few_attempts_say_nothing_of_a_person() -> None:
    assert outliers([Tally(1, 49, 49), Tally(2, 400, 200)]) == []
    assert outliers([Tally(1, 400, 400), Tally(2, 49, 10)]) == []
    assert outliers([]) == []


def test_a_small_difference_is_no_reason_however_sure() -> None:
    assert outliers([Tally(1, 20_000, 15_400), Tally(2, 20_000, 14_000)]) == []


def test_of_equal_agents_hardly_ever_one_is_flagged() -> None:
    """D4: the level is shared among all who are compared."""
    chance = random.Random(7)
    brands = [[Tally(a, 150, sum(chance.random() < 0.8 for _ in range(150))) for a in range(20)] for _ in range(60)]
    assert sum(bool(outliers(brand)) for brand in brands) <= 2


def test_the_tails_are_exact() -> None:
    assert two_sided(0, 10, 0.5) == pytest.approx(2 / 1024)
    assert two_sided(5, 10, 0.5) == 1.0
    assert two_sided(8, 10, 0.5) == pytest.approx(2 * sum(math.comb(10, k) for k in (8, 9, 10)) / 1024)
    assert (two_sided(10, 10, 1.0), two_sided(9, 10, 1.0)) == (1.0, 0.0)


def test_the_interval_stays_between_nought_and_one() -> None:
    assert wilson(0, 50)[0] == 0.0
    assert wilson(50, 50)[1] == 1.0
    low, high = wilson(25, 50)
    assert (low + high) / 2 == pytest.approx(0.5)
