"""A checkpoint: the root over everything recorded so far, as a signed note that people can read (design decision 5).

The form is that of C2SP's *tlog-checkpoint* and *signed note*, so that tools of transparency logs can read it: origin,
number of leaves, root; then two lines of our own, the time and the hash of the checkpoint before; an empty line; the
signature (Ed25519), with four bytes in front that say under which key.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from werda.core.audit import Log
from werda.core.merkle import leaf_hash

ORIGIN: Final = "werda/audit"
FIRST: Final = bytes(32)
"""What stands in the first checkpoint for the hash of the one before."""

_ED25519: Final = b"\x01"  # the kind of signature in C2SP's key ids
_NOTE: Final = re.compile(
    rf"({re.escape(ORIGIN)}\n(\d{{1,19}})\n([A-Za-z0-9+/=]{{44}})\n(\S+)\n([A-Za-z0-9+/=]{{44}})\n)"
    rf"\n\u2014 {re.escape(ORIGIN)} ([A-Za-z0-9+/=]{{92}})\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root over the first `size` leaves, when it was taken, and the hash of the checkpoint before."""

    size: int
    root: bytes
    at: datetime
    previous: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return (
            f"{ORIGIN}\n{self.size}\n{_text(self.root)}\n{self.at.isoformat(timespec='microseconds')}\n"
            f"{_text(self.previous)}\n"
        )

    @property
    def hash(self) -> bytes:
        """What the next checkpoint names."""
        return hashlib.sha256(self.text.encode()).digest()

    def note(self, public_key: bytes, signature: bytes) -> str:
        """The signed note."""
        return f"{self.text}\n— {ORIGIN} {_text(key_hash(public_key) + signature)}\n"


@dataclass(frozen=True, slots=True)
class Signed:
    """A note as it was read: what it says, and the signature with the first bytes of the key's hash."""

    checkpoint: Checkpoint
    key_hash: bytes
    signature: bytes


def leaf_of(log: Log, batch: int, hash_: bytes) -> bytes:
    """The leaf for a batch of a log: its number (of attempts the first id) and its hash."""
    return leaf_hash(b"%d|%d|" % (log, batch) + hash_)


def key_hash(public_key: bytes) -> bytes:
    """By which four bytes a note names a public key (C2SP signed note)."""
    return hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def read_note(note: str) -> Signed | None:
    """A note as `Checkpoint.note` writes it; None for anything else."""
    match = _NOTE.fullmatch(note)
    if match is None:
        return None
    try:
        root, previous, signed = (base64.b64decode(match[n], validate=True) for n in (3, 5, 6))
        checkpoint = Checkpoint(int(match[2]), root, datetime.fromisoformat(match[4]), previous)
    except (ValueError, binascii.Error):
        return None
    if checkpoint.text != match[1]:  # written in another way, though it says the same
        return None
    return Signed(checkpoint, signed[:4], signed[4:])


def read_notes(text: str) -> list[Signed | None]:
    """The notes of a file, one after the other; None in the place of each that is none."""
    notes = re.split(rf"(?m)^(?={re.escape(ORIGIN)}$)", text)
    return [read_note(note) for note in notes if note]


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
