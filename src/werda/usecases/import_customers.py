"""Bring in customers, their lines and their customer codes from a file (design decision 10).

One row is one line of a customer; the customer's own columns repeat. Customer and line are rows of which the newer file
wins; a code that was changed in Werda later than the file's as-of time stays. What an operator's file says is so: a
code that many hold is taken, and counted (B3). A person whose number, birth date and postcode are told gets the
credential of the old way, until the end that the brand's policies state (A1).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.customer_code import CodeFormat
from werda.core.legacy_identity import end_of, normalise
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.store.roles import Database
from werda.usecases.importing.cells import Text
from werda.usecases.importing.customer_file import COLUMNS, CustomerRows, first_of_each, read_customers
from werda.usecases.importing.newer_wins import APPLIED, Connection, Effect, NewerWins, Taken
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.run import BrandRules, Order, Report, bring_in
from werda.usecases.importing.safe import Safe, Sealed, Stored
from werda.usecases.importing.table_file import Rows
from werda.usecases.tell_customer import tell_customer

__all__ = ["COLUMNS", "import_customers"]

_CUSTOMER: Final = {
    "kind": "person",
    "payment": "postpaid",
    "salutation": "",
    "given_name": "",
    "family_name": "",
    "company": "",
    "birth_date": None,
    "street": "",
    "postcode": "",
    "city": "",
    "email": "",
    "language": "de",
}
_ADDRESS: Final = ("street", "postcode", "city")
"""Where a letter code would go; since when it is so must be known (E4)."""

_LINE: Final = {"customer_id": None, "kind": "mobile", "tariff": "", "shared": False}
_OTHERWISE: Final = (
    "says otherwise than what is known as of the same time; give the file a later --as-of if it is newer"
)


@dataclass(slots=True)
class CustomerImport:
    """Takes chunks of a customers' file for one brand. `policies` are the brand's; `now` decides which is in force."""

    connection: Connection
    brand_id: int
    as_of: datetime
    now: datetime
    policies: Sequence[Policy]
    verifier: Verifier
    custody: Custody
    _code_format: CodeFormat = field(init=False)
    _values: dict[str, bytes] = field(init=False, default_factory=dict)  # popularity by digits; codes are few
    _holders: Counter[bytes] = field(init=False)  # more, or fewer, of each value by the chunk at hand (B3)
    _legacy_until: datetime | None = field(init=False)
    _customers: NewerWins = field(init=False)
    _lines: NewerWins = field(init=False)

    def __post_init__(self) -> None:
        policy = Policy.in_force(self.policies, self.now)
        self._code_format = policy.code_format if policy else CodeFormat()
        until = end_of(self.policies)
        self._legacy_until = until if until is not None and self.now < until else None
        self._customers = NewerWins(
            self.connection, "customer", "customer_number", _CUSTOMER, dated=("address_since", _ADDRESS)
        )
        self._lines = NewerWins(self.connection, "line", "msisdn", _LINE, gives_ids=False)

    def take(self, rows: Rows) -> Outcome:
        """Bring a chunk of rows in."""
        outcome = Outcome()
        self._holders = Counter()
        told = read_customers(rows, self._code_format, outcome)
        customers = self._take_customers(told, outcome)
        if Effect.CONTRADICTS in customers.effects.values():
            told = told.kept([customers.effect(number) is not Effect.CONTRADICTS for number in told.customer_number])
        told = self._still_customers(told, customers, outcome)
        self._take_lines(told, customers, outcome)
        self._take_secrets(told, customers, outcome)
        code_holders.tally(self.connection, self.brand_id, self.verifier.primary_id, self._holders)
        return outcome

    def _take_customers(self, rows: CustomerRows, outcome: Outcome) -> Taken:
        once = rows.kept(first_of_each(rows.customer_number))
        taken = self._customers.take(self.brand_id, self.as_of, once.customers)
        _note(outcome, once.line, once.customer_number, taken)
        for line, number in zip(rows.line, rows.customer_number, strict=True) if taken.effects else ():
            if taken.effect(number) is Effect.CONTRADICTS:
                outcome.reject(line, "customer_number", _OTHERWISE)
        return taken

    def _still_customers(self, rows: CustomerRows, customers: Taken, outcome: Outcome) -> CustomerRows:
        """The rows of those whose contract has not ended: the others get no line and no code back (A9)."""
        if not customers.effects:
            return rows
        found = self.connection.execute(
            "select customer_number from customer where id = any(%s) and ended_at is not null",
            ([customers.ids[number] for number in customers.effects],),
        )
        ended = {number for (number,) in found}
        if not ended:
            return rows
        for line, number in zip(rows.line, rows.customer_number, strict=True):
            if number in ended and customers.effect(number) is not Effect.OLDER:
                outcome.reject(line, "customer_number", "is of a contract that has ended; a new one needs a new number")
        return rows.kept([number not in ended for number in rows.customer_number])

    def _take_lines(self, rows: CustomerRows, customers: Taken, outcome: Outcome) -> None:
        once = rows.kept(first_of_each(rows.msisdn))
        msisdn, *rest = once.phones
        owners = [str(customers.ids[number]) for number in once.customer_number]
        taken = self._lines.take(self.brand_id, self.as_of, [msisdn, owners, *rest])
        _note(outcome, once.line, msisdn, taken)
        for number, effect in taken.effects.items():
            if effect is Effect.CONTRADICTS:
                outcome.reject(once.line[msisdn.index(number)], "msisdn", _OTHERWISE)

    def _take_secrets(self, rows: CustomerRows, customers: Taken, outcome: Outcome) -> None:
        """Codes, and the credential of the old way; both belong to the customer."""
        known = [customers.ids[number] for number in customers.effects]
        safe = Safe(self.connection, self.verifier, self.custody, self.as_of)
        sealed = safe.sealed([(customer_id, 0) for customer_id in known], Kind.CUSTOMER_CODE)
        credentials = safe.credentials(known)
        codes: dict[Text, Secret] = {}
        for line, number, code in zip(rows.line, rows.customer_number, rows.code, strict=True):
            if code is None:
                continue
            if (first := codes.setdefault(number, code)) is not code:
                if first != code:
                    outcome.reject(line, "customer_code", "differs from that of an earlier row of this customer")
                continue
            customer_id = customers.ids[number]
            if number in customers.effects:
                stored = credentials.get((customer_id, Method.CUSTOMER_CODE))
                self._renew_code(safe, line, code, customer_id, sealed.get((customer_id, 0)), stored, outcome)
            else:
                self._put_code(safe, customer_id, code)
        if self._legacy_until is not None or credentials:
            self._take_old_ways(safe, rows, customers, credentials, outcome)
        safe.write()

    def _take_old_ways(
        self, safe: Safe, rows: CustomerRows, customers: Taken, credentials: Mapping[tuple[int, Method], Stored],
        outcome: Outcome,
    ) -> None:  # fmt: skip
        """A row's birth date and postcode make the credential of the old way anew; one that tells neither does not."""
        once = rows.kept(first_of_each(rows.customer_number))
        people = zip(once.line, once.customer_number, once.kind, once.birth_date, once.postcode, strict=True)
        for line, number, kind, born, postcode in people:
            if customers.effect(number) in APPLIED and (born is not None or postcode is not None):
                identity = self._identity(number, kind, born, postcode)
                stored = credentials.get((customers.ids[number], Method.LEGACY))
                self._take_old_way(safe, line, identity, customers.ids[number], stored, outcome)

    def _renew_code(
        self,
        safe: Safe,
        line: int,
        code: Secret,
        customer_id: int,
        sealed: Sealed | None,
        stored: Stored | None,
        outcome: Outcome,
    ) -> None:
        place = (customer_id, 0, Kind.CUSTOMER_CODE)
        if sealed is not None and sealed.as_of > self.as_of:
            return
        if sealed is not None and stored is not None and safe.matches(stored, Method.CUSTOMER_CODE, customer_id, code):
            if sealed.as_of < self.as_of:
                safe.confirm(place)
            return
        if sealed is not None and sealed.as_of == self.as_of:
            outcome.reject(line, "customer_code", _OTHERWISE)
            return
        if sealed is not None or stored is not None:
            safe.remove(place)
            safe.end(Method.CUSTOMER_CODE, customer_id, 0)
            self._record_replaced_code(customer_id)
        if sealed is not None and stored is not None and stored.key_id in self.verifier.key_ids:
            held = self.custody.open(Kind.CUSTOMER_CODE, customer_id, 0, sealed.ciphertext)
            self._holders[self.verifier.popularity(self.brand_id, held, stored.key_id)] -= 1
        self._put_code(safe, customer_id, code)
        outcome.changed.add(line)

    def _put_code(self, safe: Safe, customer_id: int, code: Secret) -> None:
        safe.seal(Kind.CUSTOMER_CODE, customer_id, 0, code)
        safe.accept(Method.CUSTOMER_CODE, customer_id, 0, code)
        digits = code.reveal()
        value = self._values.get(digits)
        if value is None:
            value = self._values[digits] = self.verifier.popularity(self.brand_id, code)
        self._holders[value] += 1

    def _identity(self, number: Text, kind: Text, born: Text, postcode: Text) -> Secret | None:
        """What the old way compares; None for whom it is not, and once it has ended (A1)."""
        if self._legacy_until is None or kind not in {None, "person"} or not (number and born and postcode):
            return None
        return normalise(number, date.fromisoformat(born), postcode)

    def _take_old_way(
        self, safe: Safe, line: int, identity: Secret | None, customer_id: int, stored: Stored | None, outcome: Outcome
    ) -> None:  # fmt: skip
        if stored is not None:
            same_end = stored.until == self._legacy_until
            if identity is not None and same_end and safe.matches(stored, Method.LEGACY, customer_id, identity):
                return
            safe.end(Method.LEGACY, customer_id, 0)
            outcome.changed.add(line)
        if identity is not None:
            safe.accept(Method.LEGACY, customer_id, 0, identity, self._legacy_until)
            outcome.changed.add(line)

    def _record_replaced_code(self, customer_id: int) -> None:
        self.connection.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail) values (%s, %s, %s, %s, 'import', %s)",
            (
                *(self.now, EventKind.CREDENTIAL_IMPORTED.value, self.brand_id, customer_id),
                Jsonb({"method": Method.CUSTOMER_CODE.slug}),
            ),
        )
        tell_customer(
            self.connection, NoticeKind.CODE_CHANGED, brand_id=self.brand_id, customer_id=customer_id, now=self.now
        )


def _note(outcome: Outcome, lines: Sequence[int], keys: Sequence[Text], taken: Taken) -> None:
    """The lines that made a row new or changed it."""
    if taken.effects:
        outcome.changed.update(
            line for line, key in zip(lines, keys, strict=True) if taken.effect(key) in {Effect.NEW, Effect.CHANGED}
        )
    else:
        outcome.changed.update(lines)


def import_customers(database: Database, order: Order, verifier: Verifier, custody: Custody) -> Report:
    """Bring a file of customers in, opened with `COLUMNS`. Raises `UnusableFile`."""

    def importer(connection: Connection, brand: BrandRules, as_of: datetime) -> CustomerImport:
        return CustomerImport(connection, brand.id, as_of, order.now, brand.policies, verifier, custody)

    return bring_in(database, order, "customers", importer)
