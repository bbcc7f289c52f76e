"""From stock into use, and one SIM in the place of another: what counts at the hotline at each moment (S12, A3, B7)."""

from dataclasses import replace
from datetime import timedelta

from tests.engines import Clock, Desk
from tests.people import Town
from tests.sims.operator import ACTIVATION_CODE, COOLING, Operator
from werda.core.sim import SimRole, SimStatus
from werda.core.sim_life import NotPossible, Obstacle, Step
from werda.core.verdict import Verified
from werda.usecases.sim_change import Changed, NotFound

OLD, NEW = "11111111", "22222222"


async def test_a_puk_counts_from_the_activation_on(town: Town, operator: Operator, desk: Desk) -> None:
    """B7"""
    maren, sim = town.person(), operator.stock(OLD)
    assert not await operator.counts(desk, maren, OLD)
    for step in (None, Step.SHIP):
        result = operator.step(step, sim) if step else operator.assign(sim, maren)
        assert isinstance(result, Changed)
        assert not await operator.counts(desk, maren, OLD)
        assert town.database.rows("select count(*) from credential where sim_id = %s", sim.id) == [(1,)]
    operator.step(Step.ACTIVATE, sim)
    assert await operator.counts(desk, maren, OLD)


def test_secrets_are_sealed_anew_for_the_customer_and_lie_nowhere_else(town: Town, operator: Operator) -> None:
    """B5, S12: an eSIM's activation code moves with its PUK; a ciphertext does not open at another place."""
    maren, sim = town.person(), operator.stock(OLD, kind="esim")
    operator.assign(sim, maren)
    assert operator.secrets(0, sim) is None
    secrets = operator.secrets(maren.id, sim)
    assert secrets is not None
    assert secrets.puk is not None
    assert secrets.activation_code is not None
    assert (secrets.puk.reveal(), secrets.activation_code.reveal()) == (OLD, ACTIVATION_CODE)


async def test_a_replaced_puk_stops_at_once_and_the_new_one_cools(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """A3, B7"""
    maren = town.person()
    old, new = operator.active(maren, OLD), operator.stock(NEW)
    assert await operator.counts(desk, maren, OLD)
    assert await operator.owns(desk, maren)
    assert operator.replace(old, new) == Changed(new.id, SimStatus.ACTIVE)
    assert not await operator.counts(desk, maren, OLD)
    clock.now += COOLING - timedelta(microseconds=1)
    assert not await operator.counts(desk, maren, NEW)
    assert not await operator.owns(desk, maren)
    clock.now += timedelta(microseconds=1)
    assert await operator.counts(desk, maren, NEW)
    assert await operator.owns(desk, maren)
    assert not await operator.counts(desk, maren, OLD)


async def test_the_code_counts_while_a_new_sim_cools(town: Town, operator: Operator, desk: Desk) -> None:
    maren = town.person("0815")
    operator.replace(operator.active(maren, OLD), operator.stock(NEW))
    assert await operator.counts(desk, maren, "0815")


async def test_ending_a_sim_and_activating_another_cools_like_a_replacement(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """A3: else the cooling time could be walked around."""
    maren = town.person()
    operator.step(Step.END, operator.active(maren, OLD))
    operator.active(maren, NEW)
    assert not await operator.counts(desk, maren, NEW)
    assert not await operator.owns(desk, maren)
    clock.now += COOLING
    assert await operator.counts(desk, maren, NEW)


async def test_a_secondary_sims_puk_never_reaches_the_account(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """B7: MultiSIM, also after the secondary SIM was replaced."""
    maren = town.person()
    operator.active(maren, OLD)
    secondary = operator.active(maren, NEW, role=SimRole.SECONDARY)
    clock.now += COOLING
    verdict = await desk.offer(maren, NEW)
    assert isinstance(verdict, Verified)
    assert verdict.line_id == maren.line_id
    operator.replace(secondary, operator.stock("33333333"))
    clock.now += COOLING
    verdict = await desk.offer(maren, "33333333")
    assert isinstance(verdict, Verified)
    assert verdict.line_id == maren.line_id
    whole = await desk.offer(maren, OLD)
    assert isinstance(whole, Verified)
    assert whole.line_id is None


async def test_a_blocked_sim_counts_again_when_it_was_found(town: Town, operator: Operator, desk: Desk) -> None:
    maren = town.person()
    sim = operator.active(maren, OLD)
    operator.step(Step.BLOCK, sim)
    assert not await operator.counts(desk, maren, OLD)
    operator.step(Step.UNBLOCK, sim)
    assert await operator.counts(desk, maren, OLD)


def test_a_line_has_one_primary_sim(town: Town, operator: Operator) -> None:
    maren = town.person()
    operator.active(maren, OLD)
    second = operator.stock(NEW)
    operator.assign(second, maren)
    refused = operator.step(Step.ACTIVATE, second)
    assert isinstance(refused, NotPossible)
    assert refused.obstacle is Obstacle.OTHER_PRIMARY


def test_a_customer_can_have_several_lines_with_a_primary_sim_each(town: Town, operator: Operator) -> None:
    """S12"""
    maren = town.person()
    operator.active(maren, OLD)
    with town.database.connect() as owner:
        row = owner.execute(
            "insert into line (brand_id, customer_id, msisdn, kind, tariff, shared, as_of)"
            " values (%s, %s, '+4917699999999', 'mobile', '', false, now()) returning id",
            (town.brand, maren.id),
        ).fetchone()
    assert row is not None
    second = operator.stock(NEW)
    operator.assign(second, maren, line_id=row[0])
    assert operator.step(Step.ACTIVATE, second) == Changed(second.id, SimStatus.ACTIVE)


def test_a_spare_sim_of_the_customer_can_take_the_place_and_nobody_elses(town: Town, operator: Operator) -> None:
    maren, other = town.person(), town.person()
    old, spare, theirs = operator.active(maren, OLD), operator.stock(NEW), operator.stock("33333333")
    operator.assign(spare, maren, spare=True)
    operator.assign(theirs, other)
    for new in (theirs, old):
        refused = operator.replace(old, new)
        assert isinstance(refused, NotPossible)
        assert refused.obstacle is Obstacle.ASSIGNED
    assert operator.replace(old, spare) == Changed(spare.id, SimStatus.ACTIVE)
    assert town.database.rows("select line_id, role from sim_profile where id = %s", spare.id) == [
        (maren.line_id, "primary")
    ]


def test_what_is_not_there_is_said(town: Town, operator: Operator) -> None:
    maren, sim = town.person(), operator.stock(OLD)
    unknown = replace(sim, iccid="8949450000000000000")
    assert operator.step(Step.SHIP, unknown) == NotFound("SIM")
    assert operator.replace(sim, unknown) == NotFound("SIM")
    assert operator.assign(sim, replace(maren, id=-7)) == NotFound("customer")
    assert operator.assign(sim, maren, line_id=town.person().line_id) == NotFound("line")


def test_every_step_leaves_an_event_without_a_secret(town: Town, operator: Operator) -> None:
    """D4, B9"""
    maren = town.person()
    old = operator.active(maren, OLD)
    operator.step(Step.BLOCK, old)
    operator.step(Step.UNBLOCK, old)
    new = operator.stock(NEW)
    operator.replace(old, new)
    operator.step(Step.END, new)
    events = town.database.rows("select kind, detail::text from event where customer_id = %s order by id", maren.id)
    assert [kind.removeprefix("sim:") for kind, _ in events] == [
        *("assigned", "activated", "blocked", "unblocked", "replaced", "ended")
    ]
    assert not any(puk in detail for puk in (OLD, NEW) for _, detail in events)
