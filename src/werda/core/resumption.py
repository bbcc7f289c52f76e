"""What was lost when the record went on from a backup, said under the key that signs (design decision 14).

A backup ends earlier than the record did. Checkpoints that lie outside and are newer know of batches that are gone. So
that they are told from a record that somebody cut off, the loss stands in an event, signed by whoever holds the key:
whoever merely administers the database cannot write one.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werda.core.audit import EventKind, EventRow
from werda.core.checkpoint import ORIGIN, Checkpoint


@dataclass(frozen=True, slots=True)
class Resumption:
    """The record went on `at` behind the first `kept` batches; of `known` ones there is a checkpoint outside.

    `kept_at` and `known_at` are the times of the two checkpoints.
    """

    kept: int
    kept_at: datetime
    known: int
    known_at: datetime
    at: datetime

    @property
    def text(self) -> bytes:
        """What is signed."""
        lines = (f"{ORIGIN} resumed", *map(str, self.detail().values()))
        return "".join(f"{line}\n" for line in lines).encode()

    def excuses(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint from outside is of what was lost then."""
        return self.kept < checkpoint.size <= self.known and checkpoint.at <= self.known_at

    def detail(self) -> dict[str, Any]:
        """What the event says beside the signature."""
        return {
            "kept": self.kept, "kept_at": _time(self.kept_at), "known": self.known, "known_at": _time(self.known_at),
            "at": _time(self.at),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resumed:
    """A resumption as an event says it. `leaf` is the leaf of the event's batch."""

    resumption: Resumption
    signature: bytes
    leaf: int


def resumed_by(event: EventRow, leaf: int) -> Resumed | None:
    """What an event says of a resumption; None for any other event, and for one that is malformed."""
    if event.kind != EventKind.RECORD_RESUMED:
        return None
    try:
        detail = json.loads(event.detail)
        kept_at, known_at, at = (datetime.fromisoformat(detail[name]) for name in ("kept_at", "known_at", "at"))
        resumption = Resumption(int(detail["kept"]), kept_at, int(detail["known"]), known_at, at)
        return Resumed(resumption, base64.b64decode(detail["signature"], validate=True), leaf)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
