"""Limits of tries hold exactly: over connections, at the same time, and until their window is over."""

from concurrent.futures import ThreadPoolExecutor

from tests.database import TestDatabase
from werda.store.roles import Role
from werda.usecases.limit_tries import Limit


def test_forty_at_once_get_no_more_than_the_limit(database: TestDatabase) -> None:
    limit = Limit("test", 7, 60)

    def one(_: int) -> bool:
        with database.connect(Role.GATE) as connection:
            return limit.within(connection, "somebody")

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(one, range(40))) == 7


def test_a_limit_is_one_sources_and_one_kinds(database: TestDatabase) -> None:
    with database.connect(Role.SIGNUP) as connection:
        assert [Limit("test", 1, 60).within(connection, "a") for _ in range(2)] == [True, False]
        assert Limit("test", 1, 60).within(connection, "b")
        assert Limit("other", 1, 60).within(connection, "a")


def test_a_window_ends_and_what_is_given_back_does_not_count(database: TestDatabase) -> None:
    limit = Limit("test", 1, 60)
    with database.connect(Role.DESK) as desk, database.connect() as owner:
        assert [limit.within(desk, "a") for _ in range(2)] == [True, False]
        owner.execute("update rate_limit set until = now() - interval '1 second'")
        assert limit.within(desk, "a")
        limit.give_back(desk, "a")
        assert [limit.within(desk, "a") for _ in range(2)] == [True, False]


def test_what_is_kept_names_nobody(database: TestDatabase) -> None:
    with database.connect(Role.GATE) as connection:
        Limit("test", 1, 60).within(connection, "192.0.2.7")
    ((row,),) = database.rows("select rate_limit::text from rate_limit")
    assert "192.0.2.7" not in row
