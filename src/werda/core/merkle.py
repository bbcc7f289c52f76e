"""Merkle trees as in RFC 9162: a root over many leaves, and short proofs that one of them is under it.

A leaf is hashed with a nought in front and an inner node with a one, so that no node passes for a leaf.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

EMPTY: Final = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf, 32 bytes (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The right edge of a growing tree: the roots of its whole subtrees, the largest first; appending needs no more."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Append the hash of one more leaf."""
        self.peaks.append(leaf)
        self.size += 1
        filled = self.size
        while filled % 2 == 0:
            right, left = self.peaks.pop(), self.peaks.pop()
            self.peaks.append(node_hash(left, right))
            filled //= 2

    @property
    def root(self) -> bytes:
        """The root of the tree so far."""
        return _over(self.peaks) if self.peaks else EMPTY

    def to_bytes(self) -> bytes:
        """Its peaks one after the other, to go on with after a restart."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, peaks: bytes) -> "Frontier":
        """What `to_bytes` gave for a tree of that size. Raises `ValueError` when it does not fit."""
        if len(peaks) != 32 * size.bit_count():
            raise ValueError("a tree of that size has another number of peaks")
        return cls(size, [peaks[n : n + 32] for n in range(0, len(peaks), 32)])


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a proof: the hash beside the one computed so far, and whether it stands to its left."""

    left: bool
    hash: bytes


def climb(leaf: bytes, path: Iterable[Step]) -> bytes:
    """The root that a leaf's hash and its path lead to."""
    at = leaf
    for step in path:
        at = node_hash(step.hash, at) if step.left else node_hash(at, step.hash)
    return at


def paths(leaves: Iterable[bytes], wanted: Sequence[int]) -> dict[int, list[Step]]:
    """The paths of the wanted leaves (counted from 0) to the root over all of them, in one pass.

    Memory holds one node for each level, and the paths.
    """
    found: dict[int, list[Step]] = {leaf: [] for leaf in wanted}
    peaks: list[_Subtree] = []
    size = 0
    for hash_ in leaves:
        peaks.append(_Subtree(hash_, [size] if size in found else []))
        size += 1
        filled = size
        while filled % 2 == 0:
            right, left = peaks.pop(), peaks.pop()
            peaks.append(_joined(left, right, found))
            filled //= 2
    while len(peaks) > 1:
        right, left = peaks.pop(), peaks.pop()
        peaks.append(_joined(left, right, found))
    return {leaf: path for leaf, path in found.items() if leaf < size}


@dataclass(frozen=True, slots=True)
class _Subtree:
    hash: bytes
    wanted: list[int]


def _joined(left: _Subtree, right: _Subtree, found: dict[int, list[Step]]) -> _Subtree:
    for leaf in left.wanted:
        found[leaf].append(Step(False, right.hash))
    for leaf in right.wanted:
        found[leaf].append(Step(True, left.hash))
    return _Subtree(node_hash(left.hash, right.hash), left.wanted + right.wanted)


def _over(peaks: Sequence[bytes]) -> bytes:
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
