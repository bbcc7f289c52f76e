"""Customers hear of locks and of successes after failures, once (C8)."""

import json
from datetime import timedelta

from tests.engines import Clock, Desk
from tests.one_time import letter_code, settled_address
from tests.people import Person, Town
from werda.store.roles import Role
from werda.usecases import tell_of_attempts as telling
from werda.usecases.tell_of_attempts import tell_of_attempts

AFTER_DELAYS = timedelta(hours=2)


def tell(town: Town) -> int:
    with town.database.connect(Role.CUSTODY) as custody:
        return tell_of_attempts(custody)


def kinds(town: Town, person: Person) -> list[str]:
    return [
        kind for (kind,) in town.database.rows("select kind from notice where customer_id = %s order by id", person.id)
    ]


async def fail(desk: Desk, clock: Clock, person: Person, times: int) -> None:
    for _ in range(times):
        await desk.offer(person, person.wrong)
        clock.now += AFTER_DELAYS


async def test_a_success_after_a_failure_is_told(town: Town, desk: Desk, clock: Clock) -> None:
    """C8"""
    maren, jonas = town.person("8305"), town.person("2931")
    await fail(desk, clock, maren, 1)
    assert tell(town) == 0, "a failure alone is no news"
    await desk.offer(maren, "8305")
    await desk.offer(jonas, "2931")
    assert tell(town) == 1
    assert (kinds(town, maren), kinds(town, jonas)) == (["verified_after_failures"], [])
    [(body,)] = town.database.rows("select body from outbox_message where type = 'org.werda.notice.v1'")
    assert json.loads(body)["data"]["customer"] == maren.number
    await desk.offer(maren, "8305")
    assert tell(town) == 0, "the failure was told of"


async def test_a_lock_is_told_once_by_the_attempt_that_reached_the_limit(town: Town, desk: Desk, clock: Clock) -> None:
    """C8, C9"""
    maren = town.person("8305")
    await fail(desk, clock, maren, 2)
    assert tell(town) == 0
    await fail(desk, clock, maren, 3)  # the third locks, the others are refused
    assert tell(town) == 1
    assert kinds(town, maren) == ["hotline_locked"]


async def test_nobody_is_told_the_same_twice_a_day(town: Town, desk: Desk, clock: Clock) -> None:
    maren = town.person("8305")
    for hours, told in ((3, 1), (24, 0), (0, 1)):
        await fail(desk, clock, maren, 1)
        await desk.offer(maren, "8305")
        assert tell(town) == told
        clock.now += timedelta(hours=hours)


async def test_the_days_failures_at_one_time_codes_are_told_once(town: Town, desk: Desk, clock: Clock) -> None:
    """C2, C8: the count of a day stays after a success; it is no news then."""
    maren = town.person("8305")
    settled_address(town, maren)
    code = letter_code(town, maren)
    await desk.offer(maren, f"{(int(code) + 1) % 10**10:010}")
    await desk.offer(maren, code)
    assert tell(town) == 1
    clock.now += timedelta(days=1, hours=1)
    await desk.offer(maren, "8305")
    assert tell(town) == 0


async def test_it_goes_on_where_it_was_in_chunks(town: Town, desk: Desk, clock: Clock) -> None:
    """After a crash nothing is told twice and nothing left out; of two workers one reads a lane."""
    people = [town.person("8305") for _ in range(5)]
    for person in people:
        await fail(desk, clock, person, 1)
        await desk.offer(person, "8305")
    lanes = [lane for (lane,) in town.database.rows("select id from lane")]
    with town.database.connect(Role.CUSTODY) as other, other.transaction():
        for lane in lanes:
            other.execute("select pg_advisory_xact_lock(hashtextextended('werda:tell', %s))", (lane,))
        assert tell(town) == 0
    before, telling.CHUNK = telling.CHUNK, 3  # type: ignore[misc]
    try:
        assert tell(town) == 5
    finally:
        telling.CHUNK = before  # type: ignore[misc]
    with town.database.connect() as owner:
        owner.execute("delete from told_up_to")  # as if the word of it had been lost: the day's rule still holds
    assert tell(town) == 0


async def test_unknown_numbers_and_people_who_left_are_not_told(town: Town, desk: Desk, clock: Clock) -> None:
    maren = town.person("8305")
    await fail(desk, clock, maren, 1)
    await desk.offer(maren, "8305")
    for _ in range(4):
        await desk.offer("K9999999", "1234")
        clock.now += AFTER_DELAYS
    with town.database.connect() as owner:
        owner.execute("update customer set ended_at = %s where id = %s", (clock.now, maren.id))
    assert tell(town) == 0
