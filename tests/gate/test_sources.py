"""What the gate counts of sources, and what a brand under attack and wide sources over their limit change (C5, C6)."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.gates import Gate
from tests.one_time import call_code
from tests.people import ASSERTING, NOT_ASSERTING, Person, Town
from werda.core.alarm import AlarmState
from werda.core.call import Source
from werda.core.customer_code import neighbours
from werda.core.secret import Secret
from werda.core.sources import SourceLimits, WideLimit
from werda.core.verdict import Outcome, Verified
from werda.gate.wide_sources import STALE_SECONDS, Exceeded, Minute, WideSources
from werda.usecases.forget_traffic import KEPT, forget_traffic

PUK = "31415926"


@pytest.fixture
async def desk(database: TestDatabase, town: Town) -> AsyncIterator[Desk]:
    async with running_engine(database, Clock(), lanes=1) as engine:
        yield Desk(engine, town.brand)


async def outcome(desk: Desk, who: Person | str, digits: str, source: Source) -> Outcome:
    verdict = await desk.offer(who, digits, source=source)
    return Outcome.VERIFIED if isinstance(verdict, Verified) else verdict.outcome  # type: ignore[union-attr]


async def test_under_attack_a_code_opens_nothing_without_possession(town: Town, desk: Desk) -> None:
    """C6: nobody is locked, and their own line, the PUK and a one-time code work on."""
    maren = town.person("0815", puks=(PUK,))
    stranger = Source("+493012345678")
    assert await outcome(desk, maren, "0815", stranger) is Outcome.VERIFIED
    for state, expected in ((AlarmState.SUSPICIOUS, Outcome.VERIFIED), (AlarmState.ATTACK, Outcome.STEPPED_UP)):
        set_alarm(town, state)
        assert await outcome(desk, maren, "0815", stranger) is expected
        assert await outcome(desk, maren, PUK, stranger) is Outcome.VERIFIED
        assert await outcome(desk, maren, call_code(town, maren), stranger) is Outcome.VERIFIED
        own = Source(maren.line, asserted=True, trunk=ASSERTING)
        assert await outcome(desk, maren, "0815", own) is Outcome.VERIFIED
    assert town.database.rows("select sum(failures) from budget") == [(0,)]


def set_alarm(town: Town, state: AlarmState) -> None:
    with town.database.connect() as owner:
        owner.execute(
            "insert into alarm (brand_id, state, since, changed_by) values (%s, %s, now(), 'a test')"
            " on conflict (brand_id) do update set state = excluded.state",
            (town.brand, state),
        )


@pytest.mark.parametrize("source", [Source("+493012345678"), Source(agent=7)], ids=["telephone", "agent"])
async def test_wrong_one_time_codes_count_at_their_source(town: Town, desk: Desk, source: Source) -> None:
    """C5: as wrong codes do; they step it up, then shut it, and what it offers then is not evaluated nor used up."""
    limit = SourceLimits().agent if source.agent else SourceLimits().number
    maren = town.person("0815")
    for failed in range(limit.failures):
        if failed == limit.accounts:
            assert await outcome(desk, maren, "0815", source) is Outcome.STEPPED_UP
            assert await outcome(desk, maren, call_code(town, maren), source) is Outcome.VERIFIED
        assert await outcome(desk, town.person(f"{1000 + failed}"), "123456", source) is Outcome.WRONG
    code = call_code(town, maren)
    for said in (code, "0815"):
        assert await outcome(desk, maren, said, source) is Outcome.SOURCE_LIMITED
    assert await outcome(desk, maren, code, Source("+494012345678")) is Outcome.VERIFIED


async def test_wrong_codes_shut_a_telephone_for_one_time_codes_too(town: Town, desk: Desk) -> None:
    """C3, C5: what failed there before counts whatever it was; the customer's own line is spared."""
    maren = town.person("0815")
    for n in range(SourceLimits().number.failures):
        await outcome(desk, town.person(f"{1000 + n}"), "9999", Source(maren.line))
    code = call_code(town, maren)
    assert await outcome(desk, maren, code, Source(maren.line)) is Outcome.SOURCE_LIMITED
    assert await outcome(desk, maren, code, Source(maren.line, asserted=True, trunk=ASSERTING)) is Outcome.VERIFIED


async def test_one_time_codes_offered_at_once_count_those_ahead(town: Town, desk: Desk) -> None:
    """C5: a batch is no way around the limit."""
    telephone = Source("+493012345678")
    people = [town.person(f"{1000 + n}") for n in range(40)]
    said = await asyncio.gather(*(outcome(desk, person, "123456", telephone) for person in people))
    assert said.count(Outcome.WRONG) == SourceLimits().number.failures
    assert said.count(Outcome.SOURCE_LIMITED) == 40 - SourceLimits().number.failures


async def test_another_brands_attack_changes_nothing(town: Town, desk: Desk) -> None:
    maren = town.person("0815")
    with town.database.connect() as owner:
        owner.execute("insert into alarm values (%s, 2, now(), 'a test', null)", (town.brand + 1,))
    assert await outcome(desk, maren, "0815", Source()) is Outcome.VERIFIED


async def test_the_sums_of_a_minute_are_those_of_the_log(town: Town, desk: Desk) -> None:
    """C5, C6: near misses and buckets as totals, never beside an attempt."""
    people = [town.person(f"{2000 + n}") for n in range(6)]
    for n, maren in enumerate(people):
        slip = neighbours(Secret(maren.code))[n].reveal()
        said = slip if n < 2 else maren.wrong if n < 4 else maren.code
        await outcome(desk, maren, said, Source(f"+4930{n:04}5678", trunk=NOT_ASSERTING))
    await outcome(desk, "+4917604099999", "4711", Source(trunk=NOT_ASSERTING))
    for who, said in (
        *((people[4], call_code(town, people[4])), (people[5], "123456"), (people[5], "1234567890")),
        ("+4917604099999", "123456"),
    ):
        await outcome(desk, who, said, Source(trunk=NOT_ASSERTING))
    [sums] = town.database.rows(
        "select sum(attempts), sum(wrong), sum(unknown), sum(compared), sum(near), count(*) from traffic"
    )
    # Alone in its batch each wrong code is compared; a one-time code never is, a slip at it tells nothing.
    assert sums == (11, 6, 2, 4, 2, 1)
    counted = "count(*), count(*) filter (where outcome = 1), count(*) filter (where outcome = 4)"
    assert town.database.rows(f"select {counted} from attempt") == [sums[:3]]
    [(buckets, guesses)] = town.database.rows("select count(*), sum(count) from wrong_values")
    assert guesses == 5
    assert 1 < buckets <= 5
    columns = town.database.rows("select column_name from information_schema.columns where table_name = 'attempt'")
    assert not {"bucket", "near"} & {name for (name,) in columns}


async def test_a_bucket_is_another_one_on_another_day(database: TestDatabase) -> None:
    """C6: so that no two days can be compared, and no table of all codes made for more than one."""
    from datetime import date

    verifier = database.verifier
    codes = [Secret(f"{code:04}") for code in range(200)]
    days = [[verifier.bucket(1, date(2026, 6, day), code) for code in codes] for day in (1, 2)]
    other = [verifier.bucket(2, date(2026, 6, 1), code) for code in codes]
    same = [sum(a == b for a, b in zip(days[0], each, strict=True)) for each in (days[1], other)]
    assert max(same) < 12  # of 200 in 256 buckets one agrees by chance
    assert len(set(days[0])) > 100


def minutes(**failures: int) -> list[Minute]:
    return [
        Minute(timedelta(minutes=5), 1, "carrier", 7, failures.get("recent", 0)),
        Minute(timedelta(minutes=50), 1, "carrier", 7, failures.get("older", 0)),
        Minute(timedelta(minutes=5), 2, "mobile", 0, failures.get("elsewhere", 0)),
    ]


STRICT = SourceLimits(
    trunk=WideLimit(timedelta(minutes=10), 30),
    api_key=WideLimit(timedelta(minutes=60), 40),
    brand=WideLimit(timedelta(minutes=10), 50),
    overall=WideLimit(timedelta(minutes=10), 70),
)


@pytest.mark.parametrize(
    ("counted", "exceeded"),
    [
        ({"recent": 29}, Exceeded()),
        ({"recent": 30}, Exceeded(trunks=frozenset({(1, "carrier")}))),
        ({"older": 39}, Exceeded()),
        ({"older": 40}, Exceeded(api_keys=frozenset({(1, 7)}))),
        (
            {"recent": 50},
            Exceeded(frozenset({1}), frozenset({(1, "carrier")}), frozenset({(1, 7)})),
        ),
        ({"elsewhere": 69}, Exceeded()),  # a brand of its own, which sets no limits here
        ({"elsewhere": 70}, Exceeded(brands=frozenset({1}))),
    ],
)
def test_a_wide_source_is_over_its_limit_when_its_window_says_so(counted: dict[str, int], exceeded: Exceeded) -> None:
    """C5"""
    assert Exceeded.of(minutes(**counted), {1: STRICT}) == exceeded


async def test_sums_that_cannot_be_read_for_a_minute_ask_for_possession(
    monkeypatch: pytest.MonkeyPatch, town: Town, desk: Desk
) -> None:
    """Design decision 9: what fails lets nobody in."""

    class Empty:
        async def fetch(self, query: str, *arguments: object) -> list[object]:
            return []

    sources = WideSources(Empty(), lambda: {town.brand: SourceLimits()})
    desk.engine._stepped_up = sources.stepped_up
    maren = town.person("0815", puks=(PUK,))
    assert await outcome(desk, maren, "0815", Source()) is Outcome.STEPPED_UP
    assert await outcome(desk, maren, PUK, Source()) is Outcome.VERIFIED
    assert await outcome(desk, maren, call_code(town, maren), Source()) is Outcome.VERIFIED
    await sources.read()
    assert await outcome(desk, maren, "0815", Source()) is Outcome.VERIFIED
    late = time.monotonic() + STALE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: late)
    assert await outcome(desk, maren, "0815", Source()) is Outcome.STEPPED_UP


def test_a_trunk_over_its_limit_is_stepped_up_and_an_api_key_refused(town: Town, gate: Gate) -> None:
    """C5: within a few seconds, as the sums of all lanes are read."""
    maren = town.person("0815", puks=(PUK,))

    def ask(digits: str, trunk: str) -> tuple[int, str]:
        call = f"call-{time.monotonic_ns()}"
        body = {"brand": "nordfunk", "line": maren.line, "digits": digits, "call_id": call, "source": {"trunk": trunk}}
        with gate.client() as client:
            answer = client.post("/v1/verifications", json=body)
        return answer.status_code, answer.json().get("result", answer.json().get("type"))

    def await_answer(wanted: tuple[int, str], digits: str, trunk: str) -> None:
        deadline = time.monotonic() + 30
        while (told := ask(digits, trunk)) != wanted:
            assert time.monotonic() < deadline, told
            time.sleep(0.2)

    fail(town, trunk="carrier", api_key=0)
    await_answer((200, "refused"), "0815", "carrier")
    assert ask(PUK, "carrier") == (200, "verified")
    assert ask("0815", "mobile-network") == (200, "verified")
    with town.database.connect() as owner:
        owner.execute("delete from traffic where trunk = 'carrier'")  # or the brand as a whole were over its limit
    [(key,)] = town.database.rows("select distinct api_key_id from attempt")
    fail(town, trunk="", api_key=key)
    await_answer((429, "urn:werda:problem:key-limited"), "0815", "mobile-network")


def fail(town: Town, *, trunk: str, api_key: int) -> None:
    """As many failures as this source may not have, as another gate's lane would sum them."""
    with town.database.connect() as owner:
        owner.execute(
            "insert into traffic values (%s, date_trunc('minute', now()), 0, %s, %s, 500, 499, 1, 0, 0)",
            (town.brand, trunk, api_key),
        )


def test_sums_that_nobody_compares_any_more_are_removed(town: Town) -> None:
    from tests.people import AFTER_THE_DATE
    from werda.store.roles import Role

    with town.database.connect() as owner:
        for age in (KEPT - timedelta(minutes=1), KEPT + timedelta(minutes=1)):
            owner.execute(
                "insert into traffic values (%s, %s, 1, '', 0, 1, 1, 0, 0, 0)", (town.brand, AFTER_THE_DATE - age)
            )
            owner.execute("insert into wrong_values values (%s, %s, 1, 7, 1)", (town.brand, AFTER_THE_DATE - age))
    with town.database.database.connect(Role.CUSTODY) as custody:
        assert forget_traffic(custody, AFTER_THE_DATE) == 2
        assert forget_traffic(custody, AFTER_THE_DATE) == 0


def test_every_neighbour_is_a_slip_and_every_slip_a_neighbour() -> None:
    """C6"""
    near = {each.reveal() for each in neighbours(Secret("0815"))}
    assert len(near) == 4 * 9 + 3
    assert {"1815", "8015", "0851"} <= near
    assert not {"0815", "0158"} & near
    assert len(neighbours(Secret("1122"))) == 4 * 9 + 1
