"""The counts of who holds which code change through two functions only, and by exactly what was asked (B3)."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.database import TestDatabase
from werda.store.code_holders import holders, take_places, tally
from werda.store.roles import Role

BRAND, KEY, OLD_KEY = 7, 100, 99
ONE, TWO, THREE = (bytes([n]) * 16 for n in (1, 2, 3))
Connection = psycopg.Connection[Any]


@pytest.fixture
def custody(database: TestDatabase) -> Iterator[Connection]:
    with database.connect(Role.CUSTODY) as connection:
        yield connection


def take(custody: Connection, wanted: dict[bytes, int], cap: int, leaving: bytes | None = None) -> dict[bytes, int]:
    return take_places(custody, BRAND, primary=KEY, key_ids=[KEY], wanted=wanted, cap=cap, leaving=leaving)


def test_a_chunk_is_tallied_in_one_statement(custody: Connection) -> None:
    tally(custody, BRAND, KEY, {TWO: 5, ONE: 2, THREE: 0})
    tally(custody, BRAND, KEY, {ONE: -1, TWO: 3})
    tally(custody, BRAND, KEY, {})
    assert [holders(custody, BRAND, [mac]) for mac in (ONE, TWO, THREE)] == [1, 8, 0]
    assert holders(custody, BRAND + 1, [ONE]) == 0


def test_a_count_never_falls_below_nobody(custody: Connection) -> None:
    """Codes from before the counts are held by people who were never counted; they may leave all the same."""
    tally(custody, BRAND, KEY, {ONE: 1})
    tally(custody, BRAND, KEY, {ONE: -3, TWO: -1})
    assert [holders(custody, BRAND, [mac]) for mac in (ONE, TWO)] == [0, 0]


def test_as_many_get_a_place_as_there_is_room_for(custody: Connection) -> None:
    tally(custody, BRAND, KEY, {ONE: 8, TWO: 12})
    assert take(custody, {ONE: 3, TWO: 1, THREE: 4}, cap=10) == {ONE: 2, TWO: 0, THREE: 4}
    assert [holders(custody, BRAND, [mac]) for mac in (ONE, TWO, THREE)] == [10, 12, 4]


def test_the_old_place_is_given_up_with_the_new_one_and_not_without(custody: Connection) -> None:
    tally(custody, BRAND, KEY, {ONE: 1, TWO: 10})
    assert take(custody, {TWO: 1}, cap=10, leaving=ONE) == {TWO: 0}
    assert holders(custody, BRAND, [ONE]) == 1
    assert take(custody, {THREE: 1}, cap=10, leaving=ONE) == {THREE: 1}
    assert [holders(custody, BRAND, [mac]) for mac in (ONE, THREE)] == [0, 1]


def test_holders_under_every_key_share_the_places(custody: Connection) -> None:
    """B5: while a key is being replaced."""
    tally(custody, BRAND, OLD_KEY, {ONE: 9})
    for room in (1, 0):
        given = take_places(
            custody, BRAND, primary=KEY, key_ids=[OLD_KEY, KEY], wanted={ONE + TWO: 1}, cap=10, leaving=None
        )
        assert given == {ONE + TWO: room}
    assert [holders(custody, BRAND, [mac]) for mac in (ONE, TWO)] == [9, 1]


def test_nobody_writes_a_count_past_the_functions(database: TestDatabase) -> None:
    for role in (Role.CUSTODY, Role.DESK, Role.GATE):
        with database.connect(role) as connection:
            for statement in (
                "insert into code_holders values (7, 'x', 1, 1)",
                "update code_holders set holders = 0",
                "delete from code_holders",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


@pytest.mark.parametrize("role", [Role.DESK, Role.GATE])
def test_desk_and_gate_neither_count_nor_read_counts_notices_and_letters(database: TestDatabase, role: Role) -> None:
    """B3: what is held by many is worth knowing to who guesses."""
    with database.connect(role) as connection:
        for statement in (
            "select tally_codes(7, 1, '{}', '{}')",
            "select take_code_places(7, 1, '{}', '{}', '{}', 10, null)",
            "select hold_code_holders()",
            "select recount_codes(7, '{}', '{}', '{}')",
            "select customers_of(7, now())",
            *(f"select 1 from {table}" for table in ("code_holders", "brand_size", "notice", "letter")),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_letter_waits_once_and_may_be_queued_again_when_a_print_run_has_it(custody: Connection) -> None:
    queue = "insert into letter (brand_id, customer_id, kind, sim_id, created_at) values (7, 1, %s, %s, now())"
    for kind, sim in (("code", None), ("sim_carrier", 1), ("sim_carrier", 2)):
        custody.execute(queue.encode(), (kind, sim))
        with pytest.raises(psycopg.errors.UniqueViolation):
            custody.execute(queue.encode(), (kind, sim))
    custody.execute("update letter set run_id = 5 where kind = 'code'")
    custody.execute(queue.encode(), ("code", None))


@pytest.mark.parametrize(
    "values",
    [
        "'code_changed', now(), null",  # told, nobody knows how
        "'code_changed', null, 'mail'",
        "'code_changed', now(), 'pigeon'",
        "'code_forgotten', null, null",
    ],
)
def test_a_notice_is_of_a_known_kind_and_told_by_a_known_channel(custody: Connection, values: str) -> None:
    statement = (
        "insert into notice (brand_id, customer_id, kind, told_at, channel, created_at) values (7, 1, {}, now())"
    )
    custody.execute(statement.format("'code_changed', now(), 'letter'").encode())
    with pytest.raises(psycopg.errors.CheckViolation):
        custody.execute(statement.format(values).encode())
