"""Agents who stand out are flagged once, and only where the brand has switched it on (D4, BetrVG § 87)."""

from datetime import timedelta
from importlib import resources

import pytest

from tests.database import TestDatabase, werda
from tests.people import AFTER_THE_DATE, LONG_AGO, Town
from werda.core.outliers import PERIOD
from werda.core.policy import Policy
from werda.store.roles import Role
from werda.usecases.activate_policy import activate_policy
from werda.usecases.flag_outliers import flag_outliers, outliers_of

NOW = AFTER_THE_DATE


@pytest.fixture
def town(database: TestDatabase) -> Town:
    """Agent 1 is right in 95 of 100 attempts, each of three colleagues in 60."""
    town = Town(database)
    with database.connect() as owner:
        owner.execute(
            "insert into attempt (id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome,"
            " failures, level, call_id, tries, calling_number, trunk, agent_id, api_key_id)"
            " select (9::bigint << 32) + agent * 1000 + i, %s, %s, 1, 0, false, 2, 1,"
            " case when i <= case agent when 1 then 95 else 60 end then 0 else 1 end, 0, 1, 0, 1, '', '', agent, 0"
            " from generate_series(1, 4) agent, generate_series(1, 100) i",
            (NOW - timedelta(days=3), town.brand),
        )
    return town


def switch_on(town: Town) -> None:
    text = resources.files("werda.demo").joinpath("policies", "nordfunk-2023.toml").read_text(encoding="utf-8")
    with town.database.connect() as owner:
        assert isinstance(activate_policy(owner, text + '\n[agents]\nflag_outliers = "on"\n', now=LONG_AGO), Policy)


def flag(town: Town, after: timedelta = timedelta()) -> int:
    with town.database.connect(Role.CUSTODY) as custody:
        return flag_outliers(custody, NOW + after)


def test_where_it_is_off_nothing_is_computed_or_stored(town: Town) -> None:
    """D4: off is the default."""
    assert flag(town) == 0
    with town.database.connect(Role.CUSTODY) as custody:
        assert outliers_of(custody, town.brand, NOW) is None
    assert town.database.rows("select count(*) from event where kind = 'agent:flagged'") == [(0,)]
    told = werda("agent", "outliers", "--brand", "nordfunk", environment=town.database.environment)
    assert told.returncode == 2
    assert "works council" in told.stderr


def test_who_stands_out_is_flagged_once_in_a_period(town: Town) -> None:
    """D4"""
    switch_on(town)
    assert [flag(town), flag(town, timedelta(days=1))] == [1, 0]
    [(detail,)] = town.database.rows("select detail from event where kind = 'agent:flagged'")
    assert detail == {"agent": 1, "attempts": 100, "successes": 95, "colleagues": 0.6}
    with town.database.connect() as owner:
        owner.execute("update attempt set at = %s", (NOW + PERIOD,))
    assert flag(town, PERIOD + timedelta(days=1)) == 1


def test_the_operator_sees_the_figures(town: Town) -> None:
    """D4"""
    switch_on(town)
    with town.database.connect() as owner:
        owner.execute("update attempt set at = clock_timestamp()")
    told = werda("agent", "outliers", "--brand", "nordfunk", environment=town.database.environment)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("1: 95 of 100 right, 95.0% (99 %: 8")
    assert "colleagues 60.0%" in told.stdout
