"""Which keys are believed that signed checkpoints, where one took the place of another (design decision 14).

The checkpoints of a key stand together: whoever holds a key that was replaced, and perhaps stolen, adds nothing more.
A change is *announced* when an event that names the new key, signed by the former one, was sealed while the former one
still signed. From a believed key belief goes

- forward, to the key it announced, and on from there;
- backward, to all before it, since what it signed covers every leaf and names the checkpoint before.

A key that was lost announces nothing: then the new one is believed by whoever was given it.
"""

import base64
import binascii
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from werda.core.audit import EventKind, EventRow
from werda.core.checkpoint import ORIGIN

Verifies = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key made that signature over that text."""

_BEGINNING: Final = f"{ORIGIN} key"  # the first line of a checkpoint is another, so that neither passes for the other


def announcement(public_key: bytes) -> bytes:
    """What the former key signs of the one that follows it."""
    return f"{_BEGINNING}\n{base64.b64encode(public_key).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Announced:
    """What an event says: this key follows, signed by the one before. `leaf` is the leaf of the event's batch."""

    public_key: bytes
    signature: bytes
    leaf: int


def announced_by(event: EventRow, leaf: int) -> Announced | None:
    """What an event announces; None for any other event, and for the first key after one was lost."""
    if event.kind != EventKind.KEY_ADDED:
        return None
    try:
        detail = json.loads(event.detail)
        public_key, signature = (base64.b64decode(detail[name], validate=True) for name in ("public", "signature"))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None
    return Announced(public_key, signature, leaf)


@dataclass(frozen=True, slots=True)
class Reign:
    """A key and the size of the first checkpoint it signed. `announced`: under the key before, or it is the first."""

    public_key: bytes
    since: int
    announced: bool


@dataclass
class Succession:
    """Follows who signs from one checkpoint to the next."""

    announcements: Mapping[bytes, Collection[Announced]]
    verifies: Verifies
    reigns: list[Reign] = field(default_factory=list)
    _size: int = 0

    def signs(self, size: int, public_key: bytes) -> str:
        """Take the next checkpoint; gives what is wrong with its key, or nothing."""
        if not self.reigns or self.reigns[-1].public_key != public_key:
            if any(reign.public_key == public_key for reign in self.reigns):
                return "it is signed with a key that another had taken the place of"
            self.reigns.append(Reign(public_key, size, not self.reigns or self._announced(public_key)))
        self._size = size
        return ""

    def doubted(self, believed: Collection[bytes]) -> Reign | None:
        """The first key that is neither believed nor follows from one that is."""
        known = [n for n, reign in enumerate(self.reigns) if reign.public_key in believed]
        if not known:
            return self.reigns[0] if self.reigns else None
        return next((reign for reign in self.reigns[known[-1] + 1 :] if not reign.announced), None)

    def around(self, leaf: int) -> list[bytes]:
        """Who may have signed the first checkpoint that covers a leaf."""
        begun = [n for n, reign in enumerate(self.reigns) if reign.since <= leaf]
        first = begun[-1] if begun else 0
        return [reign.public_key for reign in self.reigns[first : first + 2]]

    def _announced(self, public_key: bytes) -> bool:
        former = self.reigns[-1].public_key
        return any(
            said.leaf < self._size and self.verifies(former, announcement(public_key), said.signature)
            for said in self.announcements.get(public_key, ())
        )
