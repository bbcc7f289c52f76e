"""The token and the grant: what a call carries to the agent, and what only that agent can do with it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from tests.engines import Clock, Desk, running_engine
from tests.people import HOTLINE, LONG_AGO, Person, Town
from werda.core.call import Arrival, Channel, Source
from werda.core.legacy_identity import normalise
from werda.core.level import Level
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.verdict import Next, Outcome, Refused, Verified
from werda.gate.calls import Calls, NotRedeemed, RedeemedGrant
from werda.gate.hotline import UnknownNumber
from werda.store.roles import Role


@dataclass
class House:
    """The gate's calls over a real database, and two agents."""

    town: Town
    calls: Calls
    anna: int
    ben: int

    async def call(self, who: Person | None = None, ref: str = "1700000000.1") -> Arrival:
        number = who.line if who else None
        return await self.calls.arrive(dialled=HOTLINE, source=Source(number, trunk="carrier"), switch_call=ref)

    async def answered_by(self, arrival: Arrival, agent: str = "anna") -> bool:
        return await self.calls.answered(await self.calls.hand_over(arrival), agent)


@pytest.fixture
async def house(town: Town) -> AsyncIterator[House]:
    database = town.database
    with database.connect() as owner:
        ids = [
            owner.execute(
                "insert into agent (username, password, first_name, last_name, email, is_superuser, is_staff,"
                " is_active, date_joined, brands, language)"
                " values (%s, '!', %s, '', '', false, false, true, %s, %s, 'de') returning id",
                (name, name.title(), LONG_AGO, [town.brand]),
            ).fetchall()[0][0]
            for name in ("anna", "ben")
        ]
    pool = await asyncpg.create_pool(
        **database.database.parameters(Role.GATE), database=database.name, min_size=1, max_size=2
    )
    async with running_engine(database) as engine:
        yield House(town, Calls(pool, engine), *ids)
    await pool.close()


async def test_the_agent_whom_the_switch_names_opens_the_call_once(house: House) -> None:
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    assert isinstance(await house.calls.verify(arrival, number=None, digits=Secret("0815")), Verified)
    assert await house.answered_by(arrival)
    first = await house.calls.redeem(arrival.call_id, house.anna)
    assert isinstance(first, RedeemedGrant)
    assert first.level is Level.VERIFIED
    assert await house.calls.redeem(arrival.call_id, house.anna) == NotRedeemed()
    stored = house.town.database.rows("select level, customer_id, agent_id from call_grant")
    assert stored == [(1, maren.id, house.anna)]


async def test_nobody_else_opens_it(house: House) -> None:
    arrival = await house.call(house.town.person())
    assert await house.answered_by(arrival, "anna")
    assert await house.calls.redeem(arrival.call_id, house.ben) == NotRedeemed()


async def test_a_call_nobody_answered_cannot_be_opened(house: House) -> None:
    arrival = await house.call(house.town.person())
    await house.calls.hand_over(arrival)
    assert await house.calls.redeem(arrival.call_id, house.anna) == NotRedeemed()


async def test_an_unverified_call_redeems_to_level_0_without_a_customer(house: House) -> None:
    """Design decision 7, A4: also when the calling number is known."""
    arrival = await house.call(house.town.person())
    assert arrival.identified
    assert await house.answered_by(arrival)
    grant = await house.calls.redeem(arrival.call_id, house.anna)
    assert isinstance(grant, RedeemedGrant)
    assert grant.level is Level.NONE
    assert house.town.database.rows("select level, customer_id from call_grant") == [(0, None)]


@pytest.mark.parametrize(
    "forged", ["", "x", "1.0.AAAA", "1.1", "zz.0.AAAAAAAAAAAAAAAAAAAAAA", "1.0." + "A" * 22, "1" * 99]
)
async def test_a_forged_token_answers_for_nobody(house: House, forged: str) -> None:
    await house.calls.hand_over(await house.call(house.town.person()))
    assert not await house.calls.answered(Secret(forged), "anna")


async def test_a_later_verification_replaces_an_earlier_token(house: House) -> None:
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    unverified = await house.calls.hand_over(arrival)
    await house.calls.verify(arrival, number=None, digits=Secret("0815"))
    assert not await house.calls.answered(unverified, "anna")
    assert await house.answered_by(arrival)


async def test_an_expired_token_opens_nothing(house: House) -> None:
    arrival = await house.call(house.town.person())
    token = await house.calls.hand_over(arrival)
    with house.town.database.connect() as owner:
        owner.execute("update call set token_expires_at = now() - interval '1 second'")
    assert not await house.calls.answered(token, "anna")


async def test_an_agent_of_another_brand_may_not_take_the_call(house: House) -> None:
    with house.town.database.connect() as owner:
        owner.execute("update agent set brands = '{}' where username = 'ben'")
    assert not await house.answered_by(await house.call(house.town.person()), "ben")


async def test_a_locked_login_answers_no_call(house: House) -> None:
    with house.town.database.connect() as owner:
        owner.execute("update agent set is_active = false where username = 'ben'")
    assert not await house.answered_by(await house.call(house.town.person()), "ben")


async def test_what_the_agent_types_counts_like_the_keypad_and_lifts_the_grant(house: House) -> None:
    """E1: one budget, one count of tries; D4: the agent is recorded."""
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    await house.calls.verify(arrival, number=None, digits=Secret(maren.wrong))
    assert await house.answered_by(arrival)
    grant = await house.calls.redeem(arrival.call_id, house.anna)
    assert isinstance(grant, RedeemedGrant)
    typed = await house.calls.agent_entry(
        grant.secret, house.anna, number=maren.number, digits=Secret("0815"), legacy=False
    )
    assert isinstance(typed, Verified)
    rows = house.town.database.rows("select channel, tries, agent_id from attempt order by id")
    assert rows == [(1, 1, None), (2, 2, house.anna)]
    assert house.town.database.rows("select level, customer_id from call_grant") == [(1, maren.id)]


async def test_without_the_grants_secret_nobody_types(house: House) -> None:
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    assert await house.answered_by(arrival)
    grant = await house.calls.redeem(arrival.call_id, house.anna)
    assert isinstance(grant, RedeemedGrant)
    entries = [(Secret("guess"), house.anna), (grant.secret, house.ben)]
    for secret, agent in entries:
        typed = await house.calls.agent_entry(secret, agent, number=maren.line, digits=Secret("0815"), legacy=False)
        assert typed == NotRedeemed()
    assert house.town.database.rows("select count(*) from attempt") == [(0,)]


async def test_a_hang_up_ends_the_call_and_its_grant(house: House) -> None:
    arrival = await house.call(house.town.person())
    await house.answered_by(arrival)
    await house.calls.redeem(arrival.call_id, house.anna)
    await house.calls.hung_up(arrival)
    assert house.town.database.rows("select state from call") == [("ended",)]
    assert house.town.database.rows("select count(*) from call_grant where expires_at > clock_timestamp()") == [(0,)]


async def test_the_same_call_again_goes_on_counting_tries(house: House) -> None:
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    refused = await house.calls.verify(arrival, number=None, digits=Secret(maren.wrong))
    assert isinstance(refused, Refused)
    again = await house.call(maren)
    assert (again.call_id, again.tries_left) == (arrival.call_id, 1)


async def test_a_number_under_which_nobody_answers_is_told_apart(house: House) -> None:
    with pytest.raises(UnknownNumber):
        await house.calls.arrive(dialled="+49301", source=Source(), switch_call="1")


async def test_what_a_switch_says_wrongly_is_left_out(house: House) -> None:
    arrival = await house.calls.arrive(
        dialled=HOTLINE, source=replace(Source(), trunk="; drop table\n"), switch_call="\x00" * 500
    )
    assert arrival.source.trunk == ""
    [(ref,)] = house.town.database.rows("select ref from call")
    assert ref.startswith("unnamed-")


async def test_until_the_date_an_agent_lets_somebody_pass_the_old_way_marked_legacy(town: Town) -> None:
    """S2, A1: customer number, birth date and postcode; from 16 February 00:00 Europe/Berlin no longer."""
    maren = town.person("0815")
    midnight = datetime(2023, 2, 15, 23, 0, tzinfo=UTC)
    identity = normalise(maren.number, date(1980, 5, 17), "25813")
    with town.database.connect() as owner:
        value = town.database.verifier.credential(Method.LEGACY, maren.id, identity)
        owner.execute(
            "insert into credential (customer_id, person_id, method, sim_id, key_id, mac, until)"
            " values (%s, 0, %s, 0, %s, %s, %s)",
            (maren.id, Method.LEGACY, town.database.verifier.primary_id, value, midnight),
        )
    clock = Clock(midnight - timedelta(seconds=1))
    async with running_engine(town.database, clock) as engine:
        desk = Desk(engine, town.brand)
        keyed = await desk.offer(maren.number, identity.reveal(), legacy=True, channel=Channel.KEYPAD)
        assert isinstance(keyed, Refused)  # asked by an agent only
        said = await desk.offer(maren.number, identity.reveal(), legacy=True, channel=Channel.AGENT)
        assert isinstance(said, Verified)
        assert (said.level, said.method, said.legacy) == (Level.VERIFIED, Method.LEGACY, True)
        assert town.database.rows("select method, legacy from call where attempt_id <> 0") == [(3, True)]
        clock.now = midnight
        late = await desk.offer(maren.number, identity.reveal(), legacy=True, channel=Channel.AGENT)
        assert isinstance(late, Refused)
        assert late.outcome is Outcome.NOT_ACCEPTED


async def test_tries_of_a_call_are_counted_over_keypad_agent_and_api(house: House) -> None:
    """Issue item 5: one call of the brand, whoever speaks of it."""
    maren = house.town.person("0815")
    arrival = await house.call(maren, ref="1700000000.77")
    keyed = await house.calls.verify(arrival, number=None, digits=Secret(maren.wrong))
    assert isinstance(keyed, Refused)
    assert keyed.next is Next.RETRY
    desk = Desk(house.calls._engine, house.town.brand)
    asked = await desk.offer(maren, maren.wrong, call_ref="1700000000.77", api_key=3, channel=Channel.API)
    assert isinstance(asked, Refused)
    assert asked.next is Next.AGENT
    assert asked.call_id == arrival.call_id


async def test_an_id_used_again_after_the_call_ended_brings_no_old_verification(house: House) -> None:
    """A4: a switch may count anew; whoever calls then proved nothing."""
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    assert isinstance(await house.calls.verify(arrival, number=None, digits=Secret("0815")), Verified)
    await house.calls.hung_up(arrival)
    again = await house.call(maren)
    assert again.call_id == arrival.call_id
    assert await house.answered_by(again)
    grant = await house.calls.redeem(again.call_id, house.anna)
    assert isinstance(grant, RedeemedGrant)
    assert grant.level is Level.NONE
    assert house.town.database.rows("select level, customer_id from call_grant") == [(0, None)]


async def test_a_verification_older_than_a_token_is_not_handed_over(house: House) -> None:
    """A4: nobody ended that call, and its id came again the next day."""
    maren = house.town.person("0815")
    arrival = await house.call(maren)
    assert isinstance(await house.calls.verify(arrival, number=None, digits=Secret("0815")), Verified)
    with house.town.database.connect() as owner:
        owner.execute("update call set verified_at = verified_at - interval '1 day'")
    assert await house.answered_by(arrival)
    grant = await house.calls.redeem(arrival.call_id, house.anna)
    assert isinstance(grant, RedeemedGrant)
    assert grant.level is Level.NONE
