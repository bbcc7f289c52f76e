"""Merkle trees and checkpoints as their standards say (RFC 9162; C2SP tlog-checkpoint and signed note)."""

import hashlib
from datetime import UTC, datetime

import pytest

from werda.core.checkpoint import ORIGIN, Checkpoint, key_hash, read_note, read_notes
from werda.core.merkle import EMPTY, Frontier, climb, leaf_hash, node_hash, paths

LEAVES = [leaf_hash(bytes([n])) for n in range(70)]
NOON = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_a_growing_tree_has_the_root_of_the_definition_and_every_path_leads_to_it(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert frontier.root == by_definition(LEAVES[:size])
    again = Frontier.from_bytes(size, frontier.to_bytes())
    again.append(LEAVES[size])
    assert again.root == by_definition(LEAVES[: size + 1])
    found = paths(LEAVES[:size], range(size))
    assert all(climb(LEAVES[n], found[n]) == frontier.root for n in range(size))
    assert all(len(path) <= size.bit_length() for path in found.values())


def test_an_empty_tree_and_a_frontier_of_another_size() -> None:
    assert Frontier().root == EMPTY
    with pytest.raises(ValueError, match="another number of peaks"):
        Frontier.from_bytes(3, bytes(32))


def test_a_path_leads_nowhere_else() -> None:
    found = paths(LEAVES[:13], [5])
    root = by_definition(LEAVES[:13])
    assert climb(LEAVES[5], found[5]) == root
    assert climb(LEAVES[6], found[5]) != root
    assert climb(LEAVES[5], found[5][:-1]) != root


CHECKPOINT = Checkpoint(13, by_definition(LEAVES[:13]), NOON, bytes(32))


def test_a_note_is_read_as_it_was_written() -> None:
    note = CHECKPOINT.note(bytes(range(32)), bytes(64))
    lines = note.split("\n")
    assert lines[:2] == [ORIGIN, "13"]
    assert lines[3] == "2026-06-01T12:00:00.250000+00:00"
    assert lines[5] == ""
    assert lines[6].startswith(f"— {ORIGIN} ")
    signed = read_note(note)
    assert signed is not None
    assert (signed.checkpoint, signed.key_hash, signed.signature) == (CHECKPOINT, key_hash(bytes(range(32))), bytes(64))
    assert read_notes(note * 3) == [signed] * 3


@pytest.mark.parametrize(
    ("old", "new"), [("13", "013"), ("+00:00", "Z"), ("\n\n", "\n"), (ORIGIN, "other"), ("=", "-"), ("—", "-")]
)
def test_what_is_written_otherwise_is_no_note(old: str, new: str) -> None:
    assert read_note(CHECKPOINT.note(bytes(32), bytes(64)).replace(old, new, 1)) is None
