"""What a policy in force answers: who may pass, on which channel, until when; opening hours; what is announced."""

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.policy import LOWEST_LEVELS, Operation, Policy, clashes, warnings
from werda.core.policy_document import parse

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = timedelta(seconds=1)
SWITCH = datetime(2023, 2, 16, tzinfo=BERLIN)


def shipped(name: str) -> Policy:
    policy = parse((resources.files("werda") / "demo" / "policies" / name).read_text(encoding="utf-8"))
    assert isinstance(policy, Policy), policy
    return policy


OLD = shipped("nordfunk-2022.toml")
NEW = shipped("nordfunk-2023.toml")
BOTH = (OLD, NEW)


def policy(body: str, begins: str = "2023-01-01T00:00:00", version: str = "test") -> Policy:
    head = f'brand = "nordfunk"\nversion = "{version}"\ntimezone = "Europe/Berlin"\neffective_from = {begins}\n'
    parsed = parse(head + "[methods.customer_code]\n" + body)
    assert isinstance(parsed, Policy), parsed
    return parsed


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_rule_of_2023_switches_by_itself_to_the_second_in_the_brands_zone() -> None:  # S2
    assert Policy.in_force(BOTH, SWITCH - SECOND) is OLD
    assert Policy.in_force(BOTH, SWITCH) is NEW
    assert Policy.in_force(BOTH, datetime(2023, 2, 15, 22, 59, 59, tzinfo=UTC)) is OLD
    assert Policy.in_force(BOTH, datetime(2023, 2, 15, 23, 0, 0, tzinfo=UTC)) is NEW


def test_order_of_the_documents_does_not_matter() -> None:
    assert Policy.in_force((NEW, OLD), SWITCH) is NEW
    assert Policy.in_force((NEW, OLD), SWITCH - SECOND) is OLD


def test_nothing_is_in_force_before_the_first_version() -> None:
    assert Policy.in_force(BOTH, berlin("2021-12-31T23:59:59")) is None
    assert Policy.in_force((), SWITCH) is None


def test_from_16_february_only_a_secret_lets_anybody_pass() -> None:  # S1
    accepted = {(method, channel) for method in Method for channel in Channel if NEW.accepts(method, channel, SWITCH)}
    secrets = (Method.CUSTOMER_CODE, Method.PUK, Method.CALL_CODE, Method.LETTER_CODE)
    told = {(method, channel) for method in secrets for channel in (Channel.KEYPAD, Channel.AGENT, Channel.API)}
    assert accepted == told | {(Method.APP_CONFIRMATION, Channel.PORTAL)}


def test_old_way_counts_with_an_agent_only_and_ends_to_the_second() -> None:  # A1
    assert OLD.accepts(Method.LEGACY, Channel.AGENT, SWITCH - SECOND) is Level.VERIFIED
    assert OLD.accepts(Method.LEGACY, Channel.AGENT, SWITCH) is None
    assert OLD.accepts(Method.LEGACY, Channel.KEYPAD, SWITCH - SECOND) is None
    assert OLD.accepts(Method.LEGACY, Channel.API, SWITCH - SECOND) is None


def test_old_way_is_warned_of_with_its_end() -> None:  # A1
    (warning,) = warnings(OLD)
    assert "legacy" in warning
    assert "2023-02-16 00:00:00 Europe/Berlin" in warning
    assert warnings(NEW) == []


def test_digits_that_fit_no_method_are_never_accepted() -> None:
    assert all(OLD.accepts(Method.NONE, channel, SWITCH - SECOND) is None for channel in Channel)


def test_no_method_alone_gives_level_two() -> None:  # A3
    levels = {known.accepts(method, channel, SWITCH) for known in BOTH for method in Method for channel in Channel}
    assert levels == {None, Level.VERIFIED}


@pytest.mark.parametrize("operation", Operation)
def test_operation_needs_its_lowest_level_unless_the_policy_asks_for_more(operation: Operation) -> None:  # A2, A3
    assert policy("").required_level(operation) is LOWEST_LEVELS[operation]
    if LOWEST_LEVELS[operation] is Level.VERIFIED:
        stricter = policy(f"[operations]\n{operation} = 2")
        assert stricter.required_level(operation) is Level.STRONG


def test_only_public_information_needs_no_proof() -> None:  # A2
    assert [name for name in Operation if NEW.required_level(name) is Level.NONE] == [Operation.PUBLIC_INFORMATION]


# S4: before the start date the greeting announces it


def test_stricter_rule_is_announced_from_so_many_days_before_until_it_holds() -> None:
    assert Policy.announced(BOTH, SWITCH - timedelta(days=14) - SECOND) is None
    assert Policy.announced(BOTH, SWITCH - timedelta(days=14)) == date(2023, 2, 16)
    assert Policy.announced(BOTH, SWITCH - SECOND) == date(2023, 2, 16)
    assert Policy.announced(BOTH, SWITCH) is None


def test_end_of_a_method_is_announced_without_a_later_document() -> None:
    assert Policy.announced((OLD,), SWITCH - SECOND) == date(2023, 2, 16)


def test_rule_that_takes_nothing_away_is_not_announced() -> None:
    same = policy("", begins="2023-02-01T00:00:00", version="same")
    more = policy("[methods.puk]", begins="2023-02-01T00:00:00", version="more")
    for later in (same, more):
        assert Policy.announced((policy(""), later), berlin("2023-01-31T12:00:00")) is None


def test_method_taken_from_one_channel_is_announced() -> None:
    without_keypad = policy('channels = ["agent", "api"]', begins="2023-02-01T00:00:00", version="without keypad")
    assert Policy.announced((policy(""), without_keypad), berlin("2023-01-31T12:00:00")) == date(2023, 2, 1)


def test_nothing_is_announced_before_any_policy_is_in_force() -> None:
    assert Policy.announced(BOTH, berlin("2021-12-31T12:00:00")) is None


# Opening hours, by the clocks of the brand's zone

HOURS = """
[hours]
monday = ["08:00-12:00", "13:00-20:00"]
saturday = ["20:00-24:00"]
sunday = ["00:00-04:00"]
closed = [2023-05-01]
"""


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2023-02-13T07:59:59", False),
        ("2023-02-13T08:00:00", True),
        ("2023-02-13T11:59:59", True),
        ("2023-02-13T12:00:00", False),
        ("2023-02-13T13:00:00", True),
        ("2023-02-13T20:00:00", False),
        ("2023-02-14T10:00:00", False),  # a weekday left out
        ("2023-02-11T23:59:59", True),
        ("2023-02-12T00:00:00", True),
        ("2023-05-01T10:00:00", False),  # a Monday, and a closed date
    ],
)
def test_opening_hours_hold_to_the_second(at: str, is_open: bool) -> None:
    assert policy(HOURS).open_at(berlin(at)) is is_open


def test_opening_hours_follow_the_clocks_through_both_hour_changes() -> None:
    hours = policy(HOURS)
    assert hours.open_at(datetime(2023, 3, 26, 1, 59, tzinfo=UTC))  # 03:59, two hours after 01:59 by an hour's time
    assert not hours.open_at(datetime(2023, 3, 26, 2, 0, tzinfo=UTC))  # 04:00 in summer time
    assert hours.open_at(datetime(2023, 10, 29, 2, 59, tzinfo=UTC))  # 03:59 in winter time
    assert not hours.open_at(datetime(2023, 10, 29, 3, 0, tzinfo=UTC))


def test_hotline_without_opening_hours_is_always_open() -> None:
    assert policy("").open_at(berlin("2023-12-24T23:59:59"))


# Several documents beside each other


def test_versions_of_a_brand_with_the_same_beginning_or_name_clash() -> None:
    assert clashes(BOTH) == []
    same_beginning = clashes([policy("", version="a"), policy("", version="b")])
    same_name = clashes([policy(""), policy("", begins="2023-02-01T00:00:00")])
    assert ["effective_from" in same_beginning[0], "version" in same_name[0]] == [True, True]
    assert [len(same_beginning), len(same_name)] == [1, 1]
