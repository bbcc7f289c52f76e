"""Bring in SIM profiles from a vendor's output file, or from the operator's list of who has which (S9, S10, S12).

Ki, OPc, ADM and ACC are dropped unread. PIN and PUK are encrypted as they are read. A PUK never changes for a profile
(S9): another one for a known ICCID keeps the row out. A SIM without line and customer is stock: its secrets lie sealed
for customer 0 and count for nobody. When it is assigned, they are sealed anew for the customer, and the PUK counts for
them (B7 says when).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werda.core.malformed import Malformed
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim import ActivationCode, DeliveryPin, Eid, Iccid, Imsi, Puk
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store.roles import Database
from werda.usecases.importing import cells
from werda.usecases.importing.cells import BadCell
from werda.usecases.importing.newer_wins import Connection, Effect, Kept, NewerWins, Text
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.run import BrandRules, Order, Report, bring_in
from werda.usecases.importing.safe import Place, Safe
from werda.usecases.importing.table_file import Columns, Line

COLUMNS: Final = Columns(
    wanted=(
        *("iccid", "imsi", "eid", "kind", "role", "status", "activated_at", "msisdn", "customer_number"),
        *("pin1", "puk1", "pin2", "puk2", "activation_code"),
    ),
    required=("iccid",),
    dropped=re.compile(r"e?ki|opc?|acc|e?adm[0-9]*|k4|transportkey"),
)

SECRETS: Final[Mapping[str, tuple[Kind, Callable[[Secret], Any], range]]] = {
    "pin1": (Kind.DELIVERY_PIN, DeliveryPin.parse, range(4, 9)),
    "puk1": (Kind.PUK, Puk.parse, range(8, 9)),
    "pin2": (Kind.DELIVERY_PIN2, DeliveryPin.parse, range(4, 9)),
    "puk2": (Kind.PUK2, Puk.parse, range(8, 9)),
    "activation_code": (Kind.ACTIVATION_CODE, ActivationCode.parse, range(0)),
}
"""The columns that hold secrets: what each is, who reads it, and how many digits its plain form has."""

_UNCHANGEABLE: Final = {Kind.PUK: "puk1", Kind.PUK2: "puk2"}
_COLUMN: Final = {kind: column for column, (kind, _, _) in SECRETS.items()}
_READ: Final = [(column, *how) for column, how in SECRETS.items()]
_KINDS: Final = {"physical": "physical", "sim": "physical", "card": "physical", "esim": "esim"}
_ROLES: Final = {word: word for word in ("primary", "secondary")}
_STATES: Final = {word: word for word in ("stock", "shipped", "active", "blocked", "replaced", "ended")}
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


@dataclass(slots=True)
class SimRow:
    """A row that can be used. `assigned` holds customer and line ids once they are found; 0 and None for stock."""

    line: int
    iccid: str
    profile: tuple[Text, ...]  # kind, role, status, imsi, eid, activated_at
    msisdn: str | None
    customer_number: str | None
    secrets: dict[Kind, Secret]
    check_failed: bool
    assigned: tuple[int, int | None] | None = None


@dataclass(frozen=True, slots=True)
class KnownSim:
    """A profile that is there, with its secrets opened, and when each was told. `customer_id` is 0 for stock."""

    id: int
    customer_id: int
    secrets: dict[Kind, tuple[Secret, datetime]]


@dataclass(slots=True)
class SimImport:
    """Takes chunks of rows of a SIM file for one brand, whose clocks are those of `zone`."""

    connection: Connection
    brand_id: int
    as_of: datetime
    zone: ZoneInfo
    verifier: Verifier
    custody: Custody
    _profiles: NewerWins = field(init=False)

    def __post_init__(self) -> None:
        self._profiles = NewerWins(self.connection, "sim_profile", "iccid", _PROFILE)

    def take(self, lines: Sequence[Line]) -> Outcome:
        """Bring a chunk of rows in."""
        outcome = Outcome()
        safe = Safe(self.connection, self.verifier, self.custody, self.as_of)
        rows = self._assigned(self._well_formed(lines, outcome), outcome)
        known = self._known(safe, [row.iccid for row in rows])
        rows = [row for row in rows if self._secrets_agree(row, known.get(row.iccid), outcome)]
        kept = self._profiles.take(self.brand_id, self.as_of, [_values(row) for row in rows])
        self._settle([kept[row.iccid].id for row in rows if _is_open(row, kept[row.iccid].effect)])
        self._leave_lines([sim.id for sim in known.values()])
        for row in rows:
            self._take_secrets(safe, row, kept[row.iccid], known.get(row.iccid), outcome)
        safe.write()
        return outcome

    def _well_formed(self, lines: Sequence[Line], outcome: Outcome) -> list[SimRow]:
        rows: dict[str, tuple[Line, SimRow]] = {}
        for line in lines:
            try:
                row = read(line, self.zone)
            except BadCell as bad:
                outcome.reject(line.number, bad.column, bad.reason)
                continue
            if row.check_failed:
                outcome.warn(line.number, "iccid", "the check digit does not fit; was it left out?")
            first, _ = rows.setdefault(row.iccid, (line, row))
            if first is not line and first.cells != line.cells:
                outcome.reject(line.number, "iccid", f"says otherwise of this SIM than line {first.number}")
        return [row for _, row in rows.values()]

    def _assigned(self, rows: Sequence[SimRow], outcome: Outcome) -> list[SimRow]:
        """The rows whose line and customer are there, with their ids."""
        lines = self._ids("line", "msisdn", [row.msisdn for row in rows if row.msisdn])
        customers = self._ids(
            "customer", "customer_number", [row.customer_number for row in rows if row.customer_number]
        )
        good = []
        for row in rows:
            line, customer = lines.get(row.msisdn), customers.get(row.customer_number)
            if row.msisdn and line is None:
                outcome.reject(row.line, "msisdn", "is no known line; bring the customers in first")
            elif row.customer_number and customer is None:
                outcome.reject(row.line, "customer_number", "is no known customer; bring the customers in first")
            elif line and customer and line[1] != customer[1]:
                outcome.reject(row.line, "msisdn", "is a line of another customer than customer_number says")
            else:
                row.assigned = (line[1], line[0]) if line else (customer[1], None) if customer else None
                good.append(row)
        return good

    def _ids(self, table: str, key: str, values: list[str]) -> dict[str | None, tuple[int, int]]:
        """For each key that is known: its id and the customer's."""
        if not values:
            return {}
        customer = "id" if table == "customer" else "customer_id"
        statement = (
            f"select {key}, id, {customer} from {table}"  # noqa: S608
            f" where brand_id = %s and {key} = any(string_to_array(%s, %s))"
        )
        found = self.connection.execute(statement.encode(), (self.brand_id, *_together(values))).fetchall()
        return {value: (row_id, customer_id) for value, row_id, customer_id in found}

    def _known(self, safe: Safe, iccids: list[str]) -> dict[str, KnownSim]:
        found = self.connection.execute(
            "select iccid, id, coalesce(customer_id, 0) from sim_profile"
            " where brand_id = %s and iccid = any(string_to_array(%s, %s)) order by id for update",
            (self.brand_id, *_together(iccids)),
        ).fetchall()
        known = {iccid: KnownSim(sim_id, customer_id, {}) for iccid, sim_id, customer_id in found}
        of_sim = {sim.id: sim for sim in known.values()}
        for place, sealed in safe.sealed([(sim.customer_id, sim.id) for sim in known.values()], list(_COLUMN)).items():
            customer_id, sim_id, kind = place
            secret = self.custody.open(kind, customer_id, sim_id, sealed.ciphertext)
            of_sim[sim_id].secrets[kind] = (secret, sealed.as_of)
        return known

    def _secrets_agree(self, row: SimRow, known: KnownSim | None, outcome: Outcome) -> bool:
        """Whether the row's secrets may stand beside what is known of the profile (S9)."""
        if known is None:
            return True
        for kind, secret in row.secrets.items():
            there, as_of = known.secrets.get(kind, (secret, None))
            if there == secret:
                continue
            if kind in _UNCHANGEABLE:
                outcome.reject(row.line, _COLUMN[kind], "differs from the PUK of this ICCID, which never changes (S9)")
                return False
            if as_of == self.as_of:
                outcome.reject(row.line, _COLUMN[kind], _OTHERWISE)
                return False
        return True

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

    def _take_secrets(self, safe: Safe, row: SimRow, kept: Kept, known: KnownSim | None, outcome: Outcome) -> None:
        if kept.effect is Effect.CONTRADICTS:
            outcome.reject(row.line, "iccid", _OTHERWISE)
            return
        if kept.effect is Effect.OLDER:
            return
        if kept.effect is not Effect.SAME:
            outcome.changed.add(row.line)
        before = known.customer_id if known else 0
        customer_id = row.assigned[0] if row.assigned else before
        if known is None:
            for kind, secret in row.secrets.items():
                self._put(safe, kind, customer_id, kept.id, secret)
            return
        there = dict(known.secrets)
        for kind, secret in row.secrets.items():
            if kind in there and there[kind][0] == secret:
                if there[kind][1] < self.as_of:
                    safe.confirm((customer_id, kept.id, kind))
                    there[kind] = (secret, self.as_of)
            elif kind not in there or there[kind][1] < self.as_of:
                if there.pop(kind, None) is not None:
                    safe.remove((before, kept.id, kind))
                self._put(safe, kind, customer_id, kept.id, secret)
                outcome.changed.add(row.line)
        if customer_id != before:
            self._move(safe, kept.id, before, customer_id, there)

    def _move(
        self, safe: Safe, sim_id: int, before: int, customer_id: int, secrets: dict[Kind, tuple[Secret, datetime]]
    ) -> None:
        """Seal what is there anew for the SIM's new customer; the PUK counts for the old one no longer."""
        for kind, (secret, as_of) in secrets.items():
            place: Place = (before, sim_id, kind)
            safe.remove(place)
            self._put(safe, kind, customer_id, sim_id, secret, as_of)
        if before:
            safe.end(Method.PUK, before, sim_id)

    def _put(
        self, safe: Safe, kind: Kind, customer_id: int, sim_id: int, secret: Secret, as_of: datetime | None = None
    ) -> None:
        safe.seal(kind, customer_id, sim_id, secret, as_of)
        if kind is Kind.PUK and customer_id:
            safe.accept(Method.PUK, customer_id, sim_id, secret)


def read(line: Line, zone: ZoneInfo) -> SimRow:
    """Read the cells of a row; `zone` is that of its clocks. Raises `BadCell`."""
    iccid, imsi, eid, kind, role, status, activated_at, msisdn, number, *secrets = line.cells
    card = cells.good("iccid", Iccid.parse(iccid or ""))
    told = {}
    for (column, what, parse, plain), cell in zip(_READ, secrets, strict=True):
        if cell and cell.isascii() and cell.isdigit() and len(cell) in plain:
            told[what] = Secret(cell)  # as the parser would give it, in a tenth of its time
        elif cell:
            told[what] = _secret(column, parse, cell)
    chip = cells.good("eid", Eid.parse(eid)).digits if eid else None
    looks = "esim" if chip or Kind.ACTIVATION_CODE in told else None
    profile = (
        cells.one_of("kind", kind, _KINDS) or looks,
        cells.one_of("role", role, _ROLES),
        cells.one_of("status", status, _STATES),
        cells.good("imsi", Imsi.parse(imsi)).digits if imsi else None,
        chip,
        cells.moment("activated_at", activated_at, zone),
    )
    phone = cells.msisdn(msisdn)
    if profile[2] == "stock" and (phone or number):
        raise BadCell("status", "is stock, but the row names a line or customer; leave one of them empty")
    return SimRow(line.number, card.digits, profile, phone, number or None, told, card.check_failed)


def _is_open(row: SimRow, effect: Effect) -> bool:
    """Whether the row may leave to be filled in what `_settle` knows; new stock, of which files are full, does not."""
    if effect is Effect.NEW:
        return row.assigned is not None or row.profile[2] == "active"
    return effect is Effect.CHANGED


def _together(keys: Sequence[str]) -> tuple[str, str]:
    """Keys as one text, and what stands between them, for string_to_array.

    As a list each would be quoted, which takes ten times as long. No cell of a file holds a control character.
    """
    return "\x1f".join(keys), "\x1f"


def _values(row: SimRow) -> tuple[Text, ...]:
    """A row of the table sim_profile, in the order of `_PROFILE`, the key first."""
    customer_id, line_id = row.assigned or (None, None)
    return (
        row.iccid,
        None if customer_id is None else str(customer_id),
        None if line_id is None else str(line_id),
        *row.profile,
    )


def _secret(column: str, parse: Callable[[Secret], Any], cell: str) -> Secret:
    """The secret a cell holds, in its one form. Raises `BadCell`."""
    parsed = parse(Secret(cell))
    if isinstance(parsed, Malformed):
        raise BadCell(column, parsed.reason)
    return parsed.text() if isinstance(parsed, ActivationCode) else parsed.secret


def import_sims(database: Database, order: Order, verifier: Verifier, custody: Custody) -> Report:
    """Bring a file of SIM profiles in, opened with `COLUMNS`. Raises `UnusableFile`."""

    def importer(connection: Connection, brand: BrandRules, as_of: datetime) -> SimImport:
        return SimImport(connection, brand.id, as_of, brand.zone, verifier, custody)

    return bring_in(database, order, "sims", importer)
