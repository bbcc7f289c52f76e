"""Bring in customers, their lines and their customer codes from a file (design decision 10).

One row is one line of a customer; the customer's own columns repeat. Customer and line are rows of which the newer file
wins; a code that was changed in Werda later than the file's as-of time stays. A person whose number, birth date and
postcode are told gets the credential of the old way, until the end that the brand's policies state (A1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.legacy_identity import end_of, normalise
from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store.roles import Database
from werda.usecases.importing import cells
from werda.usecases.importing.cells import BadCell
from werda.usecases.importing.newer_wins import APPLIED, Connection, Effect, Kept, NewerWins, Text
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.run import BrandRules, Order, Report, bring_in
from werda.usecases.importing.safe import Safe, Sealed, Stored
from werda.usecases.importing.table_file import Columns, Line

COLUMNS: Final = Columns(
    wanted=(
        *("customer_number", "kind", "payment", "salutation", "given_name", "family_name", "company", "birth_date"),
        *("street", "postcode", "city", "email", "language"),
        *("msisdn", "line_kind", "tariff", "shared", "customer_code"),
    ),
    required=("customer_number",),
)

_KINDS: Final = {word: word for word in ("person", "company")}
_PAYMENTS: Final = {word: word for word in ("postpaid", "prepaid")}
_LINES: Final = {word: word for word in ("mobile", "landline")}
_TRUTHS: Final = {
    "yes": "true",
    "true": "true",
    "1": "true",
    "ja": "true",
    "no": "false",
    "false": "false",
    "0": "false",
    "nein": "false",
}

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
_LINE: Final = {"customer_id": None, "kind": "mobile", "tariff": "", "shared": False}
_OTHERWISE: Final = (
    "says otherwise than what is known as of the same time; give the file a later --as-of if it is newer"
)


class CustomerRow(NamedTuple):
    """A row that can be used. `customer` and `phone` are values of the tables, the key first."""

    line: int
    number: str
    customer: tuple[Text, ...]
    phone: tuple[Text, ...] | None
    code: Secret | None


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
    _legacy_until: datetime | None = field(init=False)
    _customers: NewerWins = field(init=False)
    _lines: NewerWins = field(init=False)

    def __post_init__(self) -> None:
        policy = Policy.in_force(self.policies, self.now)
        self._code_format = policy.code_format if policy else CodeFormat()
        until = end_of(self.policies)
        self._legacy_until = until if until is not None and self.now < until else None
        self._customers = NewerWins(self.connection, "customer", "customer_number", _CUSTOMER)
        self._lines = NewerWins(self.connection, "line", "msisdn", _LINE)

    def take(self, lines: Sequence[Line]) -> Outcome:
        """Bring a chunk of rows in."""
        outcome = Outcome()
        rows = self._consistent(lines, outcome)
        customers = self._take_customers(rows, outcome)
        rows = [row for row in rows if customers[row.number].effect is not Effect.CONTRADICTS]
        self._take_lines(rows, customers, outcome)
        self._take_secrets(rows, customers, outcome)
        return outcome

    def _consistent(self, lines: Sequence[Line], outcome: Outcome) -> list[CustomerRow]:
        """The rows that can be used: well formed, and not saying otherwise than an earlier row of the chunk."""
        rows = []
        customers: dict[str, CustomerRow] = {}
        phones: dict[Text, CustomerRow] = {}
        for line in lines:
            try:
                row = self._read(line)
            except BadCell as bad:
                outcome.reject(line.number, bad.column, bad.reason)
                continue
            first = customers.setdefault(row.number, row)
            if first is not row and first.customer != row.customer:
                outcome.reject(row.line, "customer_number", f"says otherwise of this customer than line {first.line}")
                continue
            other = row if row.phone is None else phones.setdefault(row.phone[0], row)
            if other is not row and (other.phone, other.number) != (row.phone, row.number):
                outcome.reject(row.line, "msisdn", f"says otherwise of this phone line than line {other.line}")
                continue
            rows.append(row)
        return rows

    def _read(self, line: Line) -> CustomerRow:
        """Read the cells of a row. Raises `BadCell`."""
        (number, kind, payment, salutation, given, family, company, born, street, postcode, city, email, language,
         msisdn, line_kind, tariff, shared, code) = line.cells  # fmt: skip
        key = cells.number(number)
        customer = (
            key,
            cells.one_of("kind", kind, _KINDS),
            cells.one_of("payment", payment, _PAYMENTS),
            *(salutation, given, family, company),
            cells.birth_date(born),
            *(street, postcode, city),
            cells.email(email),
            cells.language(language),
        )
        phone = cells.msisdn(msisdn)
        what = cells.one_of("line_kind", line_kind, _LINES)
        many = cells.one_of("shared", shared, _TRUTHS)
        offered = None
        if code and len(code) == self._code_format.digits and code.isascii() and code.isdigit():
            offered = Secret(code)  # as the parser would give it, in a tenth of its time
        elif code:
            offered = cells.good("customer_code", CustomerCode.parse(Secret(code), self._code_format)).secret
        return CustomerRow(line.number, key, customer, None if phone is None else (phone, what, tariff, many), offered)

    def _take_customers(self, rows: Sequence[CustomerRow], outcome: Outcome) -> dict[str, Kept]:
        first = {row.number: row for row in reversed(rows)}
        kept = self._customers.take(self.brand_id, self.as_of, [row.customer for row in first.values()])
        outcome.changed |= {first[key].line for key, customer in kept.items() if customer.effect in _DONE}
        for row in rows:
            if kept[row.number].effect is Effect.CONTRADICTS:
                outcome.reject(row.line, "customer_number", _OTHERWISE)
        return kept

    def _take_lines(self, rows: Sequence[CustomerRow], customers: dict[str, Kept], outcome: Outcome) -> None:
        phones: dict[str, tuple[int, tuple[Text, ...]]] = {}
        for row in rows:
            if row.phone is not None:
                msisdn, *rest = row.phone
                assert msisdn is not None
                phones.setdefault(msisdn, (row.line, (msisdn, str(customers[row.number].id), *rest)))
        kept = self._lines.take(self.brand_id, self.as_of, [phone for _, phone in phones.values()])
        for msisdn, line in kept.items():
            if line.effect in _DONE:
                outcome.changed.add(phones[msisdn][0])
            elif line.effect is Effect.CONTRADICTS:
                outcome.reject(phones[msisdn][0], "msisdn", _OTHERWISE)

    def _take_secrets(self, rows: Sequence[CustomerRow], customers: dict[str, Kept], outcome: Outcome) -> None:
        """Codes, and the credential of the old way; both belong to the customer."""
        known = [kept.id for kept in customers.values() if kept.effect is not Effect.NEW]
        safe = Safe(self.connection, self.verifier, self.custody, self.as_of)
        sealed = safe.sealed([(customer_id, 0) for customer_id in known], [Kind.CUSTOMER_CODE])
        credentials = safe.credentials(known)
        codes: dict[int, Secret] = {}
        seen: set[int] = set()
        for row in rows:
            kept = customers[row.number]
            if row.code is not None:
                if (first := codes.setdefault(kept.id, row.code)) is row.code:
                    place = sealed.get((kept.id, 0, Kind.CUSTOMER_CODE)) if known else None
                    stored = credentials.get((kept.id, Method.CUSTOMER_CODE)) if known else None
                    self._take_code(safe, row, kept.id, place, stored, outcome)
                elif first != row.code:
                    outcome.reject(row.line, "customer_code", "differs from that of an earlier row of this customer")
            if kept.id not in seen and kept.effect in APPLIED:
                seen.add(kept.id)
                stored = credentials.get((kept.id, Method.LEGACY)) if known else None
                self._take_old_way(safe, row, kept.id, stored, outcome)
        safe.write()

    def _take_code(
        self,
        safe: Safe,
        row: CustomerRow,
        customer_id: int,
        sealed: Sealed | None,
        stored: Stored | None,
        outcome: Outcome,
    ) -> None:
        assert row.code is not None
        place = (customer_id, 0, Kind.CUSTOMER_CODE)
        if sealed is not None and sealed.as_of > self.as_of:
            return
        if (
            sealed is not None
            and stored is not None
            and safe.matches(stored, Method.CUSTOMER_CODE, customer_id, row.code)
        ):
            if sealed.as_of < self.as_of:
                safe.confirm(place)
            return
        if sealed is not None and sealed.as_of == self.as_of:
            outcome.reject(row.line, "customer_code", _OTHERWISE)
            return
        if sealed is not None or stored is not None:
            safe.remove(place)
            safe.end(Method.CUSTOMER_CODE, customer_id, 0)
            self._record_replaced_code(customer_id)
        safe.seal(Kind.CUSTOMER_CODE, customer_id, 0, row.code)
        safe.accept(Method.CUSTOMER_CODE, customer_id, 0, row.code)
        outcome.changed.add(row.line)

    def _take_old_way(
        self, safe: Safe, row: CustomerRow, customer_id: int, stored: Stored | None, outcome: Outcome
    ) -> None:
        """The row's birth date and postcode make the credential anew; a row that tells neither leaves it alone."""
        number, kind, born, postcode = row.customer[0], row.customer[1], row.customer[7], row.customer[9]
        if born is None and postcode is None:
            return
        identity = None
        if self._legacy_until is not None and kind in {None, "person"} and number and born and postcode:
            identity = normalise(number, date.fromisoformat(born), postcode)
        if stored is not None:
            same_end = stored.until == self._legacy_until
            if identity is not None and same_end and safe.matches(stored, Method.LEGACY, customer_id, identity):
                return
            safe.end(Method.LEGACY, customer_id, 0)
            outcome.changed.add(row.line)
        if identity is not None:
            safe.accept(Method.LEGACY, customer_id, 0, identity, self._legacy_until)
            outcome.changed.add(row.line)

    def _record_replaced_code(self, customer_id: int) -> None:
        self.connection.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail) values (%s, %s, %s, %s, 'import', %s)",
            (
                *(self.now, EventKind.CREDENTIAL_IMPORTED.value, self.brand_id, customer_id),
                Jsonb({"method": Method.CUSTOMER_CODE.slug}),
            ),
        )


_DONE: Final = frozenset({Effect.NEW, Effect.CHANGED})


def import_customers(database: Database, order: Order, verifier: Verifier, custody: Custody) -> Report:
    """Bring a file of customers in, opened with `COLUMNS`. Raises `UnusableFile`."""

    def importer(connection: Connection, brand: BrandRules, as_of: datetime) -> CustomerImport:
        return CustomerImport(connection, brand.id, as_of, order.now, brand.policies, verifier, custody)

    return bring_in(database, order, "customers", importer)
