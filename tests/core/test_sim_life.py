"""Which step leads where in the life of a SIM, for every profile there can be (S12, B7)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.sim import SimRole, SimStatus
from werda.core.sim_life import OVER, NotPossible, Obstacle, Profile, Step, take_step

profiles = st.builds(
    Profile,
    status=st.sampled_from(SimStatus),
    role=st.sampled_from(SimRole),
    assigned=st.booleans(),
    on_line=st.booleans(),
    other_primary=st.booleans(),
    active_primary=st.booleans(),
    secondaries=st.booleans(),
)


def mine(
    status: SimStatus, role: SimRole = SimRole.PRIMARY, *, other_primary: bool = False, secondaries: bool = False
) -> Profile:
    """A customer's profile on a line."""
    return Profile(status, role, assigned=True, on_line=True, other_primary=other_primary, secondaries=secondaries)


def obstacle(profile: Profile, step: Step) -> Obstacle:
    found = take_step(profile, step)
    assert isinstance(found, NotPossible), found
    return found.obstacle


def test_a_sim_goes_from_stock_over_shipping_into_use_and_out_of_it() -> None:
    status = take_step(Profile(SimStatus.STOCK), Step.ASSIGN)
    for step, expected in (
        (Step.SHIP, SimStatus.SHIPPED),
        (Step.ACTIVATE, SimStatus.ACTIVE),
        (Step.BLOCK, SimStatus.BLOCKED),
        (Step.UNBLOCK, SimStatus.ACTIVE),
        (Step.REPLACE, SimStatus.REPLACED),
    ):
        assert isinstance(status, SimStatus)
        status = take_step(mine(status), step)
        assert status is expected


@given(profile=profiles, step=st.sampled_from(Step))
def test_nothing_leads_back_from_the_end_and_nothing_back_into_stock(profile: Profile, step: Step) -> None:
    result = take_step(profile, step)
    if profile.status in OVER:
        assert isinstance(result, NotPossible)
        assert result.obstacle is Obstacle.OVER
    elif profile.status is not SimStatus.STOCK:
        assert result is not SimStatus.STOCK


@given(profile=profiles, step=st.sampled_from(Step))
def test_only_an_assigned_sim_on_a_line_becomes_active(profile: Profile, step: Step) -> None:
    if step is Step.ACTIVATE and take_step(profile, step) is SimStatus.ACTIVE:
        assert profile.assigned
        assert profile.on_line
        assert profile.active_primary if profile.role is SimRole.SECONDARY else not profile.other_primary


@given(profile=profiles, step=st.sampled_from(Step))
def test_whatever_stands_in_the_way_is_said_in_a_sentence(profile: Profile, step: Step) -> None:
    result = take_step(profile, step)
    if isinstance(result, NotPossible):
        assert "{" not in result.sentence
        assert len(result.sentence) > 20


@pytest.mark.parametrize(
    ("profile", "step", "expected"),
    [
        (Profile(SimStatus.STOCK, assigned=True), Step.ASSIGN, Obstacle.ASSIGNED),
        (Profile(SimStatus.STOCK), Step.SHIP, Obstacle.NOT_ASSIGNED),
        (Profile(SimStatus.SHIPPED, assigned=True), Step.ACTIVATE, Obstacle.NO_LINE),
        (mine(SimStatus.SHIPPED, other_primary=True), Step.ACTIVATE, Obstacle.OTHER_PRIMARY),
        (mine(SimStatus.SHIPPED, SimRole.SECONDARY), Step.ACTIVATE, Obstacle.NO_PRIMARY),
        (mine(SimStatus.ACTIVE, secondaries=True), Step.END, Obstacle.SECONDARIES),
        (mine(SimStatus.SHIPPED), Step.BLOCK, Obstacle.WRONG_STATUS),
        (mine(SimStatus.STOCK), Step.REPLACE, Obstacle.WRONG_STATUS),
    ],
)
def test_what_stands_in_the_way(profile: Profile, step: Step, expected: Obstacle) -> None:
    assert obstacle(profile, step) is expected


def test_every_living_sim_can_be_ended() -> None:
    for status, role in itertools.product(set(SimStatus) - OVER, SimRole):
        assert take_step(mine(status, role), Step.END) is SimStatus.ENDED
