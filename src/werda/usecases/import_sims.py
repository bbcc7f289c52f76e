"""Bring in SIM profiles from a vendor's output file, or from the operator's list of who has which (S9, S10, S12).

Ki, OPc, ADM and ACC are dropped unread. PIN and PUK are encrypted as they are read. A PUK never changes for a profile
(S9): another one for a known ICCID keeps the row out. A SIM without line and customer is stock: its secrets lie sealed
for customer 0 and count for nobody. When it is assigned, they are sealed anew for the customer, and the PUK counts for
them (B7 says when).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import compress
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from werda.core.method import Method
from werda.core.policy import LONGEST_COOLING, Policy
from werda.core.secret import Secret
from werda.core.sim_life import OVER
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store.roles import Database
from werda.usecases.importing import cells
from werda.usecases.importing.cells import Text
from werda.usecases.importing.newer_wins import Connection, Effect, NewerWins, together
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.run import BrandRules, Order, Report, bring_in
from werda.usecases.importing.safe import Safe
from werda.usecases.importing.sim_file import COLUMNS, SECRETS, SimRows, read_sims
from werda.usecases.importing.table_file import Rows

__all__ = ["COLUMNS", "import_sims"]

_FIELDS: Final = dict(zip(("pin", "puk", "pin2", "puk2", "activation_code"), SECRETS, strict=True))
_UNCHANGEABLE: Final = ("puk", "puk2")
_OVER: Final = tuple(status.name.lower() for status in OVER)
_PROFILE: Final = {
    "customer_id": None,
    "line_id": None,
    "kind": "physical",
    "role": "primary",
    "status": "stock",
    "imsi": "",
    "eid": "",
    "activated_at": None,
}
_OTHERWISE: Final = (
    "says otherwise than what is known as of the same time; give the file a later --as-of if it is newer"
)


class Owners(NamedTuple):
    """Whose each SIM is: ids of customer and line, both None for stock, the line None where a file names none."""

    customer: Sequence[int | None]
    line: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class KnownSim:
    """A profile that is there, what secrets it has, opened, and when they were told. `customer_id` is 0 for stock.

    `over` is its status if it was replaced or ended before the file's time.
    """

    id: int
    customer_id: int
    over: str | None
    secrets: Secret | None
    as_of: datetime | None


@dataclass(slots=True)
class SimImport:
    """Takes chunks of rows of a SIM file for one brand, whose clocks are those of `zone`.

    `cooling` is the policy's `sim_cooling`.
    """

    connection: Connection
    brand_id: int
    as_of: datetime
    zone: ZoneInfo
    cooling: timedelta
    verifier: Verifier
    custody: Custody
    _profiles: NewerWins = field(init=False)

    def __post_init__(self) -> None:
        self._profiles = NewerWins(self.connection, "sim_profile", "iccid", _PROFILE)

    def take(self, rows: Rows) -> Outcome:
        """Bring a chunk of rows in."""
        outcome = Outcome()
        safe = Safe(self.connection, self.verifier, self.custody, self.as_of)
        told = read_sims(rows, self.zone, outcome)
        told, owners = self._assigned(told, outcome)
        known = self._known(safe, told.iccid)
        if known:
            agreed = [
                self._lives_on(line, status, owner, known.get(iccid), outcome)
                and self._secrets_agree(line, secrets, known.get(iccid), outcome)
                for line, iccid, status, owner, secrets in zip(
                    told.line, told.iccid, told.status, owners.customer, told.secrets, strict=True
                )
            ]
            told, owners = told.kept(agreed), Owners(*(list(compress(ids, agreed)) for ids in owners))
        taken = self._profiles.take(self.brand_id, self.as_of, self._values(told, owners, known), none_known=not known)
        self._settle([taken.ids[iccid] for iccid, effect in taken.effects.items() if effect is Effect.CHANGED])
        self._leave_lines([sim.id for sim in known.values()])
        self._cool([taken.ids[iccid] for iccid in self._just_activated(told)])
        self._cool_moved(
            [
                known[iccid].id
                for iccid, owner in zip(told.iccid, owners.customer, strict=True)
                if iccid in known and owner is not None and known[iccid].customer_id not in (0, owner)
            ]
        )
        for line, iccid, secrets, puk, owner in zip(
            told.line, told.iccid, told.secrets, told.puk, owners.customer, strict=True
        ):
            if iccid in known:
                self._renew_secrets(safe, line, taken.effect(iccid), known[iccid], secrets, owner, outcome)
            elif secrets is not None:
                self._put(safe, owner or 0, taken.ids[iccid], secrets, puk)
        outcome.changed.update(line for line, iccid in zip(told.line, told.iccid, strict=True) if iccid not in known)
        safe.write()
        return outcome

    def _assigned(self, rows: SimRows, outcome: Outcome) -> tuple[SimRows, Owners]:
        """The rows whose line and customer are there, with their ids."""
        nobody: list[int | None] = [None] * len(rows.line)
        if cells.unsaid(rows.msisdn) and cells.unsaid(rows.customer_number):
            return rows, Owners(nobody, nobody)
        lines = self._ids("line", "msisdn", rows.msisdn)
        customers = self._ids("customer", "customer_number", rows.customer_number)
        good, customer_ids, line_ids = [], [], []
        for at, msisdn, number in zip(rows.line, rows.msisdn, rows.customer_number, strict=True):
            line, customer = lines.get(msisdn), customers.get(number)
            problem = None
            if msisdn and line is None:
                problem = "msisdn", "is no known line; bring the customers in first"
            elif number and customer is None:
                problem = "customer_number", "is no known customer; bring the customers in first"
            elif line and customer and line[1] != customer[1]:
                problem = "msisdn", "is a line of another customer than customer_number says"
            good.append(problem is None)
            if problem:
                outcome.reject(at, *problem)
                continue
            owner = line or customer
            customer_ids.append(owner[1] if owner else None)
            line_ids.append(line[0] if line else None)
        return rows.kept(good), Owners(customer_ids, line_ids)

    def _ids(self, table: str, key: str, values: Sequence[Text]) -> dict[Text, tuple[int, int]]:
        """For each key that is known: its id and the customer's."""
        if cells.unsaid(values):
            return {}
        customer = "id" if table == "customer" else "customer_id"
        statement = (
            f"select {key}, id, {customer} from {table}"  # noqa: S608
            f" where brand_id = %s and {key} = any(string_to_array(%s, %s))"
        )
        found = self.connection.execute(statement.encode(), (self.brand_id, *together(values))).fetchall()
        return {value: (row_id, customer_id) for value, row_id, customer_id in found}

    def _known(self, safe: Safe, iccids: Sequence[Text]) -> dict[Text, KnownSim]:
        found = self.connection.execute(
            "select iccid, id, coalesce(customer_id, 0), case when as_of < %s and status = any(%s) then status end"
            " from sim_profile where brand_id = %s and iccid = any(string_to_array(%s, %s)) order by id for update",
            (self.as_of, list(_OVER), self.brand_id, *together(iccids)),
        ).fetchall()
        sealed = safe.sealed([(customer_id, sim_id) for _, sim_id, customer_id, _ in found], Kind.SIM_PROFILE)
        known: dict[Text, KnownSim] = {}
        for iccid, sim_id, customer_id, over in found:
            secrets, as_of = None, None
            if there := sealed.get((customer_id, sim_id)):
                secrets = self.custody.open(Kind.SIM_PROFILE, customer_id, sim_id, there.ciphertext)
                as_of = there.as_of
            known[iccid] = KnownSim(sim_id, customer_id, over, secrets, as_of)
        return known

    def _lives_on(self, line: int, status: Text, owner: int | None, known: KnownSim | None, outcome: Outcome) -> bool:
        """Whether the row leads nothing back from the end: a replaced SIM's PUK would count again (S9, B7)."""
        if known is None or known.over is None:
            return True
        if status not in (None, *_OVER):
            outcome.reject(line, "status", f"is {status}, but the SIM is {known.over}; nothing leads back from there")
            return False
        if owner not in (None, known.customer_id):
            outcome.reject(line, "iccid", f"is {known.over} and of another customer; it goes to nobody else")
            return False
        return True

    def _secrets_agree(self, line: int, told: Secret | None, known: KnownSim | None, outcome: Outcome) -> bool:
        """Whether the row's secrets may stand beside what is known of the profile (S9)."""
        if told is None or known is None or known.secrets is None or told == known.secrets:
            return True
        said, there = SimSecrets.read(told), SimSecrets.read(known.secrets)
        for name, column in _FIELDS.items():
            mine, theirs = getattr(said, name), getattr(there, name)
            if mine is None or theirs is None or mine == theirs:
                continue
            if name in _UNCHANGEABLE:
                outcome.reject(line, column, "differs from the PUK of this ICCID, which never changes (S9)")
                return False
            if known.as_of == self.as_of:
                outcome.reject(line, column, _OTHERWISE)
                return False
        return True

    def _values(self, rows: SimRows, owners: Owners, known: Mapping[Text, KnownSim]) -> list[Sequence[Text]]:
        """The columns of sim_profile, the key first. A new SIM with an owner is out of stock, an active one was
        activated; what a file leaves open of a known one, `_settle` fills in."""
        status: list[Text] = [*rows.status]
        activated: list[Text] = [*rows.activated_at]
        now = self.as_of.isoformat()
        for index, (iccid, owner) in enumerate(zip(rows.iccid, owners.customer, strict=True)):
            if iccid not in known:
                if status[index] is None and owner is not None:
                    status[index] = "shipped"
                if status[index] == "active" and activated[index] is None:
                    activated[index] = now
        ids = [[None if row_id is None else str(row_id) for row_id in column] for column in owners]
        return [rows.iccid, *ids, rows.kind, rows.role, status, rows.imsi, rows.eid, activated]

    def _settle(self, sims: list[int]) -> None:
        """Fill in what a file leaves open: an assigned SIM is out of stock, an active one has been activated."""
        if sims:
            self.connection.execute(
                "update sim_profile set status = case status when 'stock' then 'shipped' else status end,"
                " activated_at = case status when 'active' then %s else activated_at end where id = any(%s)"
                " and (status = 'stock' and customer_id is not null or status = 'active' and activated_at is null)",
                (self.as_of, sims),
            )

    def _leave_lines(self, sims: list[int]) -> None:
        """A SIM that went to another customer, and was given no line there, has none."""
        if sims:
            self.connection.execute(
                "update sim_profile s set line_id = null from line l"
                " where s.id = any(%s) and l.id = s.line_id and l.customer_id <> s.customer_id",
                (sims,),
            )

    def _just_activated(self, rows: SimRows) -> list[Text]:
        """The SIMs that are active since less than the cooling time."""
        since = self.as_of - self.cooling
        return [
            iccid
            for iccid, status, activated in zip(rows.iccid, rows.status, rows.activated_at, strict=True)
            if status == "active" and (activated is None or datetime.fromisoformat(activated) > since)
        ]

    def _cool(self, sims: list[int]) -> None:
        """A SIM that came to a line which had an active one before cools from its activation on (A3); docs/sim-life.md
        says what that means."""
        if sims:
            self.connection.execute(
                "with cooled as ("
                " update sim_profile s set counts_from = s.activated_at + %(cooling)s"
                " where s.id = any(%(sims)s) and s.status = 'active' and s.counts_from is null"
                " and s.activated_at > %(since)s and exists (select from sim_profile o where o.line_id = s.line_id"
                "  and o.customer_id = s.customer_id and o.id <> s.id"
                "  and (o.activated_at < s.activated_at or o.status = 'blocked'))"
                " returning s.line_id, s.counts_from),"
                " lines as (select line_id, max(counts_from) as until from cooled group by line_id)"
                " update line l set possession_from = greatest(l.possession_from, c.until) from lines c"
                " where l.id = c.line_id",
                {"cooling": self.cooling, "sims": sims, "since": self.as_of - self.cooling},
            )

    def _cool_moved(self, sims: list[int]) -> None:
        """A SIM in use that came from another customer cools from the file's time on, whatever the line had before."""
        if sims:
            self.connection.execute(
                "with cooled as (update sim_profile set counts_from = greatest(counts_from, %(until)s)"
                "  where id = any(%(sims)s) and status = 'active' returning line_id)"
                " update line l set possession_from = greatest(l.possession_from, %(until)s) from cooled c"
                " where l.id = c.line_id",
                {"until": self.as_of + self.cooling, "sims": sims},
            )

    def _renew_secrets(
        self, safe: Safe, line: int, effect: Effect, known: KnownSim, told: Secret | None, owner: int | None,
        outcome: Outcome,
    ) -> None:  # fmt: skip
        """Take what a row tells of a known SIM. What is known as of a later time stays, as does what is not told."""
        if effect is Effect.CONTRADICTS:
            outcome.reject(line, "iccid", _OTHERWISE)
            return
        if effect is Effect.OLDER:
            return
        newer = told is not None and (known.as_of is None or known.as_of < self.as_of)
        secrets = known.secrets if told is None or told == known.secrets else _merged(told, known.secrets, newer=newer)
        customer_id = owner or known.customer_id
        place = (known.customer_id, known.id, Kind.SIM_PROFILE)
        if effect is Effect.CHANGED or secrets != known.secrets:
            outcome.changed.add(line)
        if secrets == known.secrets and customer_id == known.customer_id:
            if newer and secrets is not None:
                safe.confirm(place)
            return
        if known.secrets is not None:
            safe.remove(place)
        if known.customer_id:  # also where the sealed one was lost with its key and the PUK still counts
            safe.end(Method.PUK, known.customer_id, known.id)
        if secrets is not None:
            puk = SimSecrets.read(secrets).puk
            self._put(safe, customer_id, known.id, secrets, puk, None if newer else known.as_of)

    def _put(
        self, safe: Safe, customer_id: int, sim_id: int, secrets: Secret, puk: Secret | None,
        as_of: datetime | None = None,
    ) -> None:  # fmt: skip
        """Seal the secrets for the SIM's customer, and let the PUK count for them and for nobody else."""
        safe.seal(Kind.SIM_PROFILE, customer_id, sim_id, secrets, as_of)
        if customer_id and puk is not None:
            safe.accept(Method.PUK, customer_id, sim_id, puk)


def _merged(told: Secret, known: Secret | None, *, newer: bool) -> Secret:
    if known is None:
        return told
    said, there = SimSecrets.read(told), SimSecrets.read(known)
    return (said.or_else(there) if newer else there.or_else(said)).text()


def cooling_of(policies: Iterable[Policy], now: datetime) -> timedelta:
    """How long a SIM that came to a line in use cools by the policy in force; the longest time where there is none."""
    policy = Policy.in_force(policies, now)
    return policy.sim_cooling if policy else LONGEST_COOLING


def import_sims(database: Database, order: Order, verifier: Verifier, custody: Custody) -> Report:
    """Bring a file of SIM profiles in, opened with `COLUMNS`. Raises `UnusableFile`."""

    def importer(connection: Connection, brand: BrandRules, as_of: datetime) -> SimImport:
        cooling = cooling_of(brand.policies, order.now)
        return SimImport(connection, brand.id, as_of, brand.zone, cooling, verifier, custody)

    return bring_in(database, order, "sims", importer)
