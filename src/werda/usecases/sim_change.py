"""A step in the life of a SIM profile: looked up, judged and carried out in one transaction, with an event (S12, B7).

Rows are locked in one order: line, profiles by id, then the customer's budgets. Two steps in one line take turns, so
that it never gets two primary SIMs; and what verifies never sees half a step (`lock_budgets`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.method import Method
from werda.core.sim import SimRole, SimStatus
from werda.core.sim_life import IN_USE, OVER, NotPossible, Profile, Step, take_step
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.usecases.importing.safe import Safe

Connection = psycopg.Connection[Any]

_EVENTS: Final = {
    Step.ASSIGN: EventKind.SIM_ASSIGNED,
    Step.SHIP: EventKind.SIM_SHIPPED,
    Step.ACTIVATE: EventKind.SIM_ACTIVATED,
    Step.BLOCK: EventKind.SIM_BLOCKED,
    Step.UNBLOCK: EventKind.SIM_UNBLOCKED,
    Step.REPLACE: EventKind.SIM_REPLACED,
    Step.END: EventKind.SIM_ENDED,
}


@dataclass(frozen=True, slots=True)
class Changed:
    """The step is done: the profile has this status now."""

    sim_id: int
    status: SimStatus


@dataclass(frozen=True, slots=True)
class NotFound:
    """What was named is not there, or has ended; nothing was done."""

    what: str

    @property
    def sentence(self) -> str:
        """The same for people."""
        return f"there is no living {self.what} of this name in the brand"


Result = Changed | NotPossible | NotFound


@dataclass(frozen=True, slots=True)
class Rings:
    """The keys that moving a SIM's secrets to its customer needs: sealed anew, and a PUK that can be compared."""

    verifier: Verifier
    custody: Custody


@dataclass(frozen=True, slots=True)
class StoredSim:
    """A profile as it is stored, locked. `customer_id` is None in stock."""

    id: int
    iccid: str
    customer_id: int | None
    line_id: int | None
    role: SimRole
    status: SimStatus
    activated_at: datetime | None


@dataclass(frozen=True, slots=True)
class LockedSims:
    """The profiles that were asked for and all others of their lines."""

    sims: Sequence[StoredSim]

    def find(self, iccid: str) -> StoredSim | None:
        """The profile with this number."""
        return next((sim for sim in self.sims if sim.iccid == iccid), None)

    def beside(self, sim: StoredSim) -> list[StoredSim]:
        """The other profiles of its line. A number outlives contracts: those of an earlier customer do not count."""
        return [
            other
            for other in self.sims
            if sim.line_id is not None
            and (other.line_id, other.customer_id) == (sim.line_id, sim.customer_id)
            and other.id != sim.id
        ]

    def judged(self, sim: StoredSim) -> Profile:
        """What decides about a step of it."""
        others = self.beside(sim)
        primaries = [other.status for other in others if other.role is SimRole.PRIMARY]
        return Profile(
            status=sim.status,
            role=sim.role,
            assigned=sim.customer_id is not None,
            on_line=sim.line_id is not None,
            other_primary=any(status in IN_USE for status in primaries),
            active_primary=SimStatus.ACTIVE in primaries,
            secondaries=any(other.role is SimRole.SECONDARY and other.status not in OVER for other in others),
        )

    def was_in_use(self, sim: StoredSim) -> bool:
        """Whether its line had another active SIM before, so that one that comes to it may be somebody else's."""
        return any(other.activated_at is not None or other.status in IN_USE for other in self.beside(sim))


def sims_beside(connection: Connection, brand_id: int, iccid: str) -> LockedSims:
    """A profile and all others of its line as they are now, not locked: to judge what is only asked for."""
    rows = connection.execute(
        "select id, iccid, customer_id, line_id, role, status, activated_at from sim_profile"
        " where brand_id = %s and (iccid = %s or line_id = (select line_id from sim_profile"
        " where brand_id = %s and iccid = %s))",
        (brand_id, iccid, brand_id, iccid),
    ).fetchall()
    return LockedSims([_sim(row) for row in rows])


def lock_sims(connection: Connection, brand_id: int, iccids: Sequence[str], also_line: int | None = None) -> LockedSims:
    """Lock the lines of these profiles (and `also_line`), then the profiles and all others of those lines."""
    while True:
        lines = [
            line
            for (line,) in connection.execute(
                "select id from line where id = %s or id in"
                " (select line_id from sim_profile where brand_id = %s and iccid = any(%s)) order by id for update",
                (also_line, brand_id, list(iccids)),
            )
        ]
        rows = connection.execute(
            "select id, iccid, customer_id, line_id, role, status, activated_at from sim_profile"
            " where brand_id = %s and iccid = any(%s) or line_id = any(%s) order by id for update",
            (brand_id, list(iccids), lines),
        ).fetchall()
        sims = [_sim(row) for row in rows]
        if all(sim.line_id is None or sim.line_id in lines for sim in sims):
            return LockedSims(sims)  # else one went to another line in between, and that one must be locked first


def _sim(row: tuple[Any, ...]) -> StoredSim:
    sim_id, iccid, customer, line, role, status, activated = row
    return StoredSim(sim_id, iccid, customer, line, SimRole[role.upper()], SimStatus[status.upper()], activated)


def carry_out(
    connection: Connection,
    step: Step,
    *,
    brand_id: int,
    iccid: str,
    actor: str,
    now: datetime,
    also: Callable[[StoredSim, LockedSims], Mapping[str, object]] = lambda _sim, _all: {},
) -> Result:
    """Do a step that concerns one profile. `also` does what else belongs to it and gives more detail of the event."""
    with connection.transaction():
        found = lock_sims(connection, brand_id, [iccid])
        sim = found.find(iccid)
        if sim is None:
            return NotFound("SIM")
        status = take_step(found.judged(sim), step)
        if isinstance(status, NotPossible):
            return status
        detail = also(sim, found)
        connection.execute(
            "update sim_profile set status = %s, as_of = greatest(as_of, %s) where id = %s",
            (status.name.lower(), now, sim.id),
        )
        record(
            connection, _EVENTS[step], brand_id=brand_id, customer_id=sim.customer_id, actor=actor, now=now,
            detail={"iccid": iccid, **detail},
        )  # fmt: skip
        return Changed(sim.id, status)


def stop_counting(connection: Connection, sim: StoredSim, now: datetime) -> None:
    """The PUK of a profile that is over counts no more: no verification with it is committed after this transaction."""
    lock_budgets(connection, sim)
    connection.execute(
        "delete from credential where customer_id = %s and person_id = 0 and method = %s and sim_id = %s",
        (sim.customer_id, Method.PUK, sim.id),
    )
    connection.execute("update sim_profile set ended_at = %s where id = %s", (now, sim.id))


def lock_budgets(connection: Connection, sim: StoredSim) -> None:
    """Wait for the verifications under way for the SIM's customer, and let later ones wait."""
    if sim.customer_id is not None:
        connection.execute("select lock_budgets(%s)", ([sim.customer_id],))


def give_secrets(connection: Connection, rings: Rings, sim: StoredSim, customer_id: int, now: datetime) -> None:
    """Seal a stock SIM's secrets anew for its customer, and let its PUK count for them, as soon as it is active."""
    held_for = sim.customer_id or 0
    if held_for == customer_id:
        return
    safe = Safe(connection, rings.verifier, rings.custody, now)
    there = safe.sealed([(held_for, sim.id)], Kind.SIM_PROFILE).get((held_for, sim.id))
    if there is None:
        return
    secrets = rings.custody.open(Kind.SIM_PROFILE, held_for, sim.id, there.ciphertext)
    safe.remove((held_for, sim.id, Kind.SIM_PROFILE))
    safe.seal(Kind.SIM_PROFILE, customer_id, sim.id, secrets, there.as_of)
    puk = SimSecrets.read(secrets).puk
    if puk is not None:
        safe.accept(Method.PUK, customer_id, sim.id, puk)
    safe.write()


def start_cooling(connection: Connection, sim_id: int, line_id: int | None, until: datetime) -> None:
    """Until then the PUK of a SIM that came new to a line, and possession of the line, count for nothing (A3)."""
    # A PUK that somebody else may know (B8) does not count earlier for it.
    connection.execute("update sim_profile set counts_from = greatest(counts_from, %s) where id = %s", (until, sim_id))
    connection.execute("update line set possession_from = %s where id = %s", (until, line_id))


def record(
    connection: Connection, kind: EventKind, *, brand_id: int, customer_id: int | None, actor: str, now: datetime,
    detail: Mapping[str, object], call_id: int | None = None,
) -> None:  # fmt: skip
    """Write an event in the transaction at hand."""
    connection.execute(
        "insert into event (at, kind, brand_id, customer_id, call_id, actor, detail)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (now, kind.value, brand_id, customer_id, call_id, actor, Jsonb(dict(detail))),
    )
