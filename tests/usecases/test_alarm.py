"""From the sums of the gates to an alarm and back, by the detector and by hand, as the operator sees it (C6)."""

import json
from datetime import datetime, timedelta
from importlib import resources

import pytest

from tests.database import TestDatabase, werda
from tests.people import AFTER_THE_DATE, LONG_AGO, Town
from werda.core.alarm import AlarmState
from werda.core.policy import Policy
from werda.store.queries.traffic import usual
from werda.store.roles import Role
from werda.usecases.activate_policy import activate_policy
from werda.usecases.watch_for_spraying import Watch

NOW = AFTER_THE_DATE


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


def count(town: Town, at: datetime, *, wrong: int, near: int, buckets: int) -> None:
    """So many wrong codes within a minute, spread over so many buckets."""
    minute = at.replace(second=0, microsecond=0)
    with town.database.connect() as owner:
        owner.execute(
            "insert into traffic values (%s, %s, 1, 'carrier', 0, %s, %s, 0, %s, %s)",
            (town.brand, minute, wrong * 2, wrong, wrong, near),
        )
        owner.execute(
            "insert into wrong_values select %s, %s, 1, b, %s / %s from generate_series(1, %s) b",
            (town.brand, minute, wrong, buckets, buckets),
        )


def look(town: Town, now: datetime) -> AlarmState:
    with town.database.database.connect(Role.CUSTODY) as custody:
        custody.autocommit = True
        return Watch().look_at_all(custody, now)[town.brand]


def test_a_sprayed_brand_is_alarmed_recorded_and_told_once(town: Town) -> None:
    count(town, NOW, wrong=400, near=4, buckets=4)
    assert look(town, NOW) is AlarmState.ATTACK
    assert look(town, NOW + timedelta(seconds=5)) is AlarmState.ATTACK
    [(actor, detail)] = town.database.rows("select actor, detail from event where kind = 'alarm:changed'")
    assert (actor, detail["before"], detail["state"]) == ("detector", "calm", "attack")
    assert "as concentrated as chance makes them" in detail["why"]
    [(kind, body)] = town.database.rows("select type, body from outbox_message")
    assert kind == "org.werda.alarm.changed.v1"
    assert json.loads(body)["data"]["state"] == "attack"


def test_it_recovers_by_itself(town: Town) -> None:
    count(town, NOW, wrong=400, near=4, buckets=4)
    assert look(town, NOW) is AlarmState.ATTACK
    assert look(town, NOW + timedelta(minutes=9)) is AlarmState.ATTACK  # the window still holds it
    assert look(town, NOW + timedelta(minutes=13)) is AlarmState.ATTACK  # and then a quiet time
    assert look(town, NOW + timedelta(minutes=15)) is AlarmState.CALM
    assert look(town, NOW + timedelta(hours=1)) is AlarmState.CALM, "the day remembered the attack"


def test_honest_errors_raise_nothing(town: Town) -> None:
    count(town, NOW, wrong=256, near=90, buckets=256)
    assert look(town, NOW) is AlarmState.CALM
    assert town.database.rows("select count(*) from alarm") == [(0,)]


def test_low_and_slow_is_found_within_a_day(town: Town) -> None:
    for hour in range(20):
        count(town, NOW - timedelta(hours=hour), wrong=20, near=0, buckets=20)
    assert look(town, NOW) is AlarmState.SUSPICIOUS


def test_what_is_usual_is_learned_from_the_weeks_before(town: Town) -> None:
    """A brand whose customers slip less than others, and call more at this hour."""
    for day in range(2, 20):
        count(town, NOW - timedelta(days=day), wrong=1440, near=216, buckets=240)
    count(town, NOW, wrong=240, near=36, buckets=240)
    assert look(town, NOW) is AlarmState.CALM
    with town.database.connect() as owner:
        owner.execute("delete from traffic where minute < %s", (NOW - timedelta(hours=1),))
    assert look(town, NOW) is AlarmState.SUSPICIOUS


def test_of_two_workers_one_looks(town: Town) -> None:
    count(town, NOW, wrong=400, near=4, buckets=4)
    with town.database.database.connect(Role.CUSTODY) as other:
        other.execute("select pg_advisory_xact_lock(hashtextextended('werda:alarm', %s))", (town.brand,))
        assert look(town, NOW) is AlarmState.CALM
    assert look(town, NOW) is AlarmState.ATTACK
    assert town.database.rows("select count(*) from outbox_message") == [(1,)]


def test_a_patient_attacker_does_not_become_usual(town: Town) -> None:
    for day in range(1, 30):
        count(town, NOW - timedelta(days=day), wrong=10_000, near=40, buckets=240)
    with town.database.connect() as owner:
        assert usual(owner, town.brand, NOW).failures == 20_000 * 0.25 / 6


def test_a_brand_that_only_watches_is_warned(town: Town) -> None:
    text = resources.files("werda.demo").joinpath("policies", "nordfunk-2023.toml").read_text(encoding="utf-8")
    with town.database.connect() as owner:
        assert isinstance(activate_policy(owner, text + '\n[alarm]\nresponse = "watch"\n', now=LONG_AGO), Policy)
    count(town, NOW, wrong=400, near=4, buckets=4)
    assert look(town, NOW) is AlarmState.SUSPICIOUS


def test_the_policy_says_how_clear_the_signs_must_be(town: Town) -> None:
    text = resources.files("werda.demo").joinpath("policies", "nordfunk-2023.toml").read_text(encoding="utf-8")
    less = "\n[alarm]\nsuspicious_deviations = 10\nattack_deviations = 20\n"
    count(town, NOW, wrong=60, near=12, buckets=30)
    with town.database.connect() as owner:
        assert isinstance(activate_policy(owner, text + less, now=LONG_AGO), Policy)
    assert look(town, NOW) is AlarmState.CALM
    with town.database.connect() as owner:
        owner.execute("update policy_version set document = replace(document, %s, '')", (less,))
    assert look(town, NOW) is AlarmState.ATTACK


def alarm(town: Town, *arguments: str) -> tuple[int, str, str]:
    done = werda("alarm", *arguments, environment=town.database.environment)
    return done.returncode, done.stdout, done.stderr


def test_by_hand_it_is_set_shown_and_released(town: Town) -> None:
    code, _, told = alarm(
        town, "set", "attack", "--brand", "nordfunk", "--for", "90m", "--reason", "a call centre reports it"
    )
    assert (code, told[:35]) == (0, "nordfunk is in state attack until 2")
    assert look(town, datetime.now(NOW.tzinfo)) is AlarmState.ATTACK, "the detector took it back"
    [shown] = json.loads(alarm(town, "show", "--json")[1])
    assert (shown["brand"], shown["state"]) == ("nordfunk", "attack")
    assert shown["by"].startswith("operator:")
    assert (shown["successes_of_a_day"], shown["of_these_without_possession"]) == (0, 0)
    assert "a response would ask for possession in 0 of 0 calls" in alarm(town, "show")[1]
    code, _, told = alarm(town, "release", "--brand", "nordfunk")
    assert (code, told) == (0, "nordfunk is calm; the detector raises the alarm again if it goes on.\n")
    assert town.database.rows("select state from alarm") == [(0,)]
    kinds = town.database.rows(
        "select detail->>'state', actor like 'operator:%%' from event where kind = 'alarm:changed'"
    )
    assert kinds == [("attack", True), ("calm", True)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "attack", "--brand", "nordfunk", "--for", "8d", "--reason", "x"), "--for takes a time such as 90m"),
        (("set", "attack", "--brand", "nordfunk", "--for", "0m", "--reason", "x"), "--for takes a time such as 90m"),
        (("set", "attack", "--brand", "nowhere", "--reason", "x"), "there is no brand 'nowhere'"),
        (("set", "attack", "--brand", "nordfunk", "--reason", "it was 0815"), "four digits in a row"),
        (("set", "calm", "--brand", "nordfunk", "--reason", "x"), "'calm' is not one of"),
        (("release", "--brand", "nordfunk", "--reason", " "), "one line of up to 200 characters"),
    ],
)
def test_bad_input_is_told_what_to_do(town: Town, arguments: tuple[str, ...], told: str) -> None:
    code, _, error = alarm(town, *arguments)
    assert code == 2
    assert told in error
    assert town.database.rows("select count(*) from alarm") == [(0,)]
