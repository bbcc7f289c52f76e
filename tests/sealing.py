"""Sealing as the worker does it, at once."""

from datetime import datetime

from tests.database import TestDatabase
from tests.people import AFTER_THE_DATE
from werda.keys import ring
from werda.keys.ring import RingName
from werda.keys.signer import Signer
from werda.store.roles import Role
from werda.usecases.seal_record import seal


def signer_of(database: TestDatabase) -> Signer:
    """The ring that signs this database's checkpoints."""
    return Signer(ring.load(database.home / "keys", RingName.AUDIT))


def seal_now(database: TestDatabase, now: datetime = AFTER_THE_DATE) -> None:
    """Seal what is new."""
    with database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        seal(worker, signer_of(database), now)


def notes_of(database: TestDatabase) -> str:
    """All checkpoints, as a file outside would hold them."""
    return "".join(note for (note,) in database.rows("select note from sealed_checkpoint order by size"))
