"""The operator of a test: takes SIMs from stock and carries steps out, under the role that may."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg

from tests.engines import Clock, Desk
from tests.people import ASSERTING, LONG_AGO, Person, Sim, Town
from werda.core.call import Source
from werda.core.secret import Secret
from werda.core.sim import SimRole
from werda.core.sim_life import Step
from werda.core.sim_secrets import SimSecrets
from werda.core.verdict import Outcome, Verified
from werda.gate.engine import Conflict
from werda.keys.custody import Kind
from werda.store.roles import Role
from werda.usecases.activate_sim import activate_sim
from werda.usecases.assign_sim import assign_sim
from werda.usecases.block_sim import block_sim
from werda.usecases.end_contract import Ended, end_contract
from werda.usecases.end_sim import end_sim
from werda.usecases.replace_sim import replace_sim
from werda.usecases.ship_sim import ship_sim
from werda.usecases.sim_change import Changed, NotFound, Result, Rings
from werda.usecases.unblock_sim import unblock_sim

COOLING = timedelta(hours=72)
ACTIVATION_CODE = "LPA:1$smdp.example$K2-TEST"

_SIMPLE = {Step.SHIP: ship_sim, Step.BLOCK: block_sim, Step.UNBLOCK: unblock_sim, Step.END: end_sim}


class Operator:
    """Does at the clock's time what an operator's systems report, over connections of its own while it is open."""

    def __init__(self, town: Town, clock: Clock) -> None:
        self.town, self.clock = town, clock
        self._custody = town.database.connect(Role.CUSTODY)
        self._owner = town.database.connect(Role.OWNER)
        self.rings = Rings(town.database.verifier, town.database.custody)
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self._custody.close()
        self._owner.close()

    @contextmanager
    def custody(self) -> Iterator[psycopg.Connection[Any]]:
        with self._custody.transaction():
            yield self._custody

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the owner sees."""
        return self._owner.execute(statement.encode(), parameters).fetchall()

    def stock(self, puk: str, *, kind: str = "physical") -> Sim:
        """A SIM in stock, as the vendor's file brings it."""
        iccid = f"894945{next(self._numbers):013}"
        with self.custody() as custody:
            row = custody.execute(
                "insert into sim_profile (brand_id, kind, role, status, iccid, imsi, eid, as_of)"
                " values (%s, %s, 'primary', 'stock', %s, '', '', %s) returning id",
                (self.town.brand, kind, iccid, LONG_AGO),
            ).fetchone()
            assert row is not None
            code = Secret(ACTIVATION_CODE) if kind == "esim" else None
            secrets = SimSecrets(pin=Secret("2580"), puk=Secret(puk), activation_code=code).text()
            custody.execute(
                "insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
                " values (0, %s, %s, %s, %s, %s)",
                (
                    *(row[0], Kind.SIM_PROFILE, self.rings.custody.key_id),
                    *(self.rings.custody.seal(Kind.SIM_PROFILE, 0, row[0], secrets), LONG_AGO),
                ),
            )
        return Sim(row[0], puk, iccid)

    def assign(
        self,
        sim: Sim,
        person: Person,
        *,
        role: SimRole = SimRole.PRIMARY,
        line_id: int | None = None,
        spare: bool = False,
    ) -> Result:
        line = None if spare else line_id or person.line_id
        with self.custody() as custody:
            return assign_sim(
                custody, self.rings, brand_id=self.town.brand, iccid=sim.iccid, customer_id=person.id, line_id=line,
                role=role, actor="operator", now=self.clock.now,
            )  # fmt: skip

    def step(self, step: Step, sim: Sim) -> Result:
        """Any step that needs nothing but the SIM."""
        said: dict[str, Any] = {
            "brand_id": self.town.brand, "iccid": sim.iccid, "actor": "operator", "now": self.clock.now
        }  # fmt: skip
        with self.custody() as custody:
            if step is Step.ACTIVATE:
                return activate_sim(custody, cooling=COOLING, **said)
            return _SIMPLE[step](custody, **said)

    def replace(self, old: Sim, new: Sim) -> Result:
        with self.custody() as custody:
            return replace_sim(
                custody, self.rings, brand_id=self.town.brand, iccid=old.iccid, new_iccid=new.iccid, cooling=COOLING,
                actor="operator", now=self.clock.now,
            )  # fmt: skip

    def end_contract(self, person: Person) -> Ended | NotFound:
        with self.custody() as custody:
            return end_contract(custody, customer_id=person.id, actor="operator", now=self.clock.now)

    def active(self, person: Person, puk: str, *, role: SimRole = SimRole.PRIMARY) -> Sim:
        """A SIM from stock, in use."""
        sim = self.stock(puk)
        assert isinstance(self.assign(sim, person, role=role), Changed)
        assert isinstance(self.step(Step.ACTIVATE, sim), Changed)
        return sim

    def secrets(self, customer_id: int, sim: Sim) -> SimSecrets | None:
        """What lies sealed of a SIM for this customer, 0 for stock."""
        rows = self.rows(
            "select ciphertext from sealed_secret where customer_id = %s and sim_id = %s", customer_id, sim.id
        )
        if not rows:
            return None
        return SimSecrets.read(self.rings.custody.open(Kind.SIM_PROFILE, customer_id, sim.id, rows[0][0]))

    async def counts(self, desk: Desk, person: Person, digits: str) -> bool:
        """Whether digits let somebody pass as this person; earlier failures are forgotten and not in the way."""
        self._owner.execute("update budget set failures = 0, not_before = null where customer_id = %s", (person.id,))
        verdict = await desk.offer(person, digits, source=Source())  # anonymous: nobody's number is counted
        assert not isinstance(verdict, Conflict)
        assert isinstance(verdict, Verified) or verdict.outcome in (Outcome.WRONG, Outcome.UNKNOWN), verdict
        return isinstance(verdict, Verified)

    async def owns(self, desk: Desk, person: Person) -> bool:
        """Whether a call from the person's line goes over the budget for that line (C3)."""
        own = Source(calling_number=person.line, asserted=True, trunk=ASSERTING)
        verdict = await desk.offer(person, person.code, source=own)
        assert not isinstance(verdict, Conflict)
        [(own_line,)] = self.rows("select own_line from attempt where id = %s", verdict.attempt_id)
        return bool(own_line)
