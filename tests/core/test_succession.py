"""Who is believed of the keys that signed checkpoints, one after the other (design decision 14)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from werda.core.audit import EventRow
from werda.core.succession import Announced, Succession, announced_by, announcement

A, B, C, THIEF = (name * 32 for name in (b"a", b"b", b"c", b"t"))


def signature(by: bytes, of: bytes) -> bytes:
    return by + announcement(of)


def verifies(key: bytes, data: bytes, made: bytes) -> bool:
    return made == key + data


def record(*signed: tuple[int, bytes], announced: dict[bytes, Announced] | None = None) -> Succession:
    """The keys of checkpoints in their order, by the checkpoint's size."""
    succession = Succession({key: [said] for key, said in (announced or {}).items()}, verifies)
    for size, key in signed:
        assert succession.signs(size, key) == ""
    return succession


ANNOUNCED = {B: Announced(B, signature(A, B), 7), C: Announced(C, signature(B, C), 17)}
TWICE_ROTATED = ((8, A), (10, B), (18, B), (20, C))


def test_from_any_key_one_comes_to_the_others() -> None:
    for believed in (A, B, C):
        assert record(*TWICE_ROTATED, announced=ANNOUNCED).doubted([believed]) is None


def test_a_key_that_nobody_announced_is_doubted_unless_it_is_believed_itself() -> None:
    """After a loss: who is given the new key believes what was signed before it, too."""
    lost = record((8, A), (10, B))
    assert not lost.reigns[1].announced
    assert lost.doubted([A]) == lost.reigns[1]
    assert lost.doubted([B]) is None
    assert lost.doubted([A, B]) is None
    assert lost.doubted([THIEF]) == lost.reigns[0]


def test_an_announcement_counts_under_the_former_key_and_before_it_ended() -> None:
    for wrong in (
        Announced(B, signature(THIEF, B), 7),  # whoever writes into the database has not the key
        Announced(B, signature(A, THIEF), 7),
        Announced(B, signature(A, B), 8),  # sealed under the new key only
    ):
        assert record((8, A), (10, B), announced={B: wrong}).doubted([A]) is not None


def test_a_key_that_was_replaced_never_signs_again() -> None:
    succession = record(*TWICE_ROTATED, announced=ANNOUNCED)
    assert "had taken the place of" in succession.signs(22, A)


def test_who_has_a_replaced_key_does_not_go_on_in_its_name() -> None:
    """The record is cut off where the key was changed, and another end written: whoever has a later key sees it."""
    assert record((8, A), (30, A), announced=ANNOUNCED).doubted([B]) is not None


def test_only_events_of_an_added_key_announce() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    said = {"ring": "audit", "key": 7, "public": "YmI=", "signature": "YWE="}
    event = EventRow(1, at, 1, "key:added", None, None, None, "operator", json.dumps(said), UUID(int=1))
    assert announced_by(event, 3) == Announced(b"bb", b"aa", 3)
    for other in (
        replace(event, kind="key:retired"),
        replace(event, detail=json.dumps({**said, "signature": "no base64"})),
        replace(event, detail=json.dumps({"ring": "custody", "key": 7})),
        replace(event, detail="[]"),
    ):
        assert announced_by(other, 3) is None
