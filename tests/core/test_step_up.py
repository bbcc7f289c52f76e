"""What proofs are worth together (A3). The same table is held against SQL in tests/store/test_step_up.py."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from werda.core.level import Level
from werda.core.method import Method
from werda.core.step_up import TOGETHER, AppSession, Proof, Proved

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CODE = Proof(7, 0, Method.CUSTOMER_CODE, NOW)
PUK = replace(CODE, method=Method.PUK)
PUK_OF_A_LINE = replace(PUK, line_id=3)
OLD_WAY = replace(CODE, method=Method.LEGACY)
CALL_CODE = replace(CODE, method=Method.CALL_CODE)
STRONG_CALL_CODE = replace(CALL_CODE, strong=True)
LETTER_CODE = replace(CODE, method=Method.LETTER_CODE, strong=True)

WORTH = {
    "a code": ([CODE], 1),
    "code and PUK are one proof": ([CODE, PUK], 1),
    "a call code alone": ([STRONG_CALL_CODE], 1),
    "a letter code alone": ([LETTER_CODE], 1),
    "two one-time codes, and nothing the customer knows": ([LETTER_CODE, STRONG_CALL_CODE], 1),
    "a call code of a plain session is no second proof": ([CODE, CALL_CODE], 1),
    "a code, and a call code of a strong session": ([CODE, STRONG_CALL_CODE], 2),
    "a PUK, and a letter code": ([PUK, LETTER_CODE], 2),
    "a plain call code beside them takes nothing away": ([CODE, LETTER_CODE, CALL_CODE], 2),
    "the old way is no first proof": ([OLD_WAY, LETTER_CODE], 1),
    "the PUK of a second SIM is none either": ([PUK_OF_A_LINE, LETTER_CODE], 1),
}


def proved(*proofs: Proof) -> Proved:
    """A call after these proofs."""
    call = Proved(proofs[0])
    for proof in proofs[1:]:
        call = call.then(proof)
    return call


@pytest.mark.parametrize(("proofs", "level"), WORTH.values(), ids=WORTH)
def test_the_level_follows_from_the_proofs_in_any_order(proofs: list[Proof], level: int) -> None:
    """A3"""
    for order in permutations(proofs):
        assert proved(*order).level is Level(level)


def test_who_proved_the_account_is_not_held_to_a_line() -> None:
    """B7"""
    assert proved(PUK_OF_A_LINE).line_id == 3
    assert proved(PUK_OF_A_LINE, CODE).line_id is None
    assert proved(CODE, PUK_OF_A_LINE).line_id is None


def test_only_the_old_way_alone_is_marked() -> None:
    """A1"""
    assert proved(OLD_WAY).legacy
    assert proved(OLD_WAY, OLD_WAY).legacy
    assert not proved(OLD_WAY, CODE).legacy
    assert not proved(CODE, OLD_WAY).legacy


def test_somebody_else_begins_anew() -> None:
    call = proved(CODE, replace(STRONG_CALL_CODE, customer_id=8))
    assert call.level is Level.VERIFIED
    assert call.methods == {Method.CALL_CODE}
    assert proved(CODE, replace(STRONG_CALL_CODE, person_id=1)).level is Level.VERIFIED


def test_a_proof_of_more_than_an_hour_ago_counts_no_longer() -> None:
    assert proved(CODE, replace(STRONG_CALL_CODE, at=NOW + TOGETHER)).level is Level.STRONG
    late = NOW + TOGETHER + timedelta(microseconds=1)
    assert proved(CODE, replace(STRONG_CALL_CODE, at=late)).level is Level.VERIFIED


@pytest.mark.parametrize(
    ("session", "strong"),
    [
        (AppSession(7, "app", strong=True, enrolled_at=NOW - 3 * DAY), True),
        (AppSession(7, "app", strong=True, enrolled_at=NOW - 2 * DAY), False),
        (AppSession(7, "app", strong=True), False),
        (AppSession(7, "app", strong=False, enrolled_at=NOW - 99 * DAY), False),
    ],
)
def test_a_session_proves_strongly_once_its_passkey_has_cooled(session: AppSession, strong: bool) -> None:
    """A3: what was enrolled a moment ago, by whoever got in, does not count yet; a password alone never does."""
    assert session.proves_strongly(NOW, 3 * DAY) is strong
