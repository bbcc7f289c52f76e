"""A customers' file as its columns are read: one row for each line; the customer's columns repeat on each."""

from collections.abc import Sequence
from functools import partial
from itertools import compress
from typing import Any, Final, NamedTuple, Self

from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.usecases.importing import cells
from werda.usecases.importing.cells import Reading, Text
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.table_file import Columns, Rows

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


class CustomerRows(NamedTuple):
    """Rows that can be used, column by column: those of the tables customer and line, and the code."""

    line: Sequence[int]
    customer_number: Sequence[Text]
    kind: Sequence[Text]
    payment: Sequence[Text]
    salutation: Sequence[Text]
    given_name: Sequence[Text]
    family_name: Sequence[Text]
    company: Sequence[Text]
    birth_date: Sequence[Text]
    street: Sequence[Text]
    postcode: Sequence[Text]
    city: Sequence[Text]
    email: Sequence[Text]
    language: Sequence[Text]
    msisdn: Sequence[Text]
    line_kind: Sequence[Text]
    tariff: Sequence[Text]
    shared: Sequence[Text]
    code: Sequence[Secret | None]

    def kept(self, keep: Sequence[bool]) -> Self:
        """The rows that are to be kept."""
        return self if all(keep) else type(self)(*(list(compress(column, keep)) for column in self))  # type: ignore[arg-type]  # NamedTuples have no types by place

    @property
    def customers(self) -> Sequence[Sequence[Text]]:
        """The columns of the table customer, the key first."""
        return self[1:14]

    @property
    def phones(self) -> Sequence[Sequence[Text]]:
        """The columns of the table line, the key first, without its customer."""
        return self[14:18]


def read_customers(rows: Rows, code_format: CodeFormat, outcome: Outcome) -> CustomerRows:
    """Read the columns of a file. Rows that are bad, or contradict an earlier one, are told to `outcome`."""
    reading = Reading(rows, COLUMNS.wanted)
    columns: list[Sequence[Any]] = [
        reading.column("customer_number", cells.key_of("customer"), cells.IS_NUMBER),
        reading.column("kind", cells.word_of(_KINDS)),
        reading.column("payment", cells.word_of(_PAYMENTS)),
        *map(reading.text, ("salutation", "given_name", "family_name", "company")),
        reading.column("birth_date", cells.birth_date),
        *map(reading.text, ("street", "postcode", "city")),
        reading.column("email", cells.email, cells.IS_MAIL),
        reading.column("language", cells.language),
        reading.column("msisdn", cells.msisdn, cells.IS_E164),
        reading.column("line_kind", cells.word_of(_LINES)),
        reading.text("tariff"),
        reading.column("shared", cells.word_of(_TRUTHS)),
    ]
    code = cells.parsed_by(partial(_code, code_format))
    codes = reading.column("customer_code", code, cells.plain(f"(?:[0-9]{{{code_format.digits}}})?"))
    secrets = [Secret(text) if text else None for text in codes]
    lines, good = reading.good([*columns, secrets], outcome)
    return _consistent(CustomerRows(lines, *good), outcome)


def _code(code_format: CodeFormat, text: str) -> Malformed | str:
    parsed = CustomerCode.parse(Secret(text), code_format)
    return parsed if isinstance(parsed, Malformed) else parsed.secret.reveal()


def _consistent(rows: CustomerRows, outcome: Outcome) -> CustomerRows:
    """The rows that do not say otherwise of a customer or a phone line than an earlier row of the chunk."""
    if all(first_of_each(rows.customer_number)) and all(first_of_each([*filter(None, rows.msisdn)])):
        return rows
    customers: dict[Text, tuple[int, tuple[Text, ...]]] = {}
    phones: dict[Text, tuple[int, tuple[Text, ...]]] = {}
    keep = []
    told = zip(rows.line, zip(*rows.customers, strict=True), zip(*rows.phones, strict=True), strict=True)
    for line, customer, phone in told:
        first, said = customers.setdefault(customer[0], (line, customer))
        owned = (customer[0], *phone)
        other, of = phones.setdefault(phone[0], (line, owned)) if phone[0] and said == customer else (line, owned)
        keep.append(said == customer and of == owned)
        if said != customer:
            outcome.reject(line, "customer_number", f"says otherwise of this customer than line {first}")
        elif of != owned:
            outcome.reject(line, "msisdn", f"says otherwise of this phone line than line {other}")
    return rows.kept(keep)


def first_of_each(keys: Sequence[Text]) -> list[bool]:
    """Which rows are the first with their key; a row without one is none."""
    seen = set(keys)
    if len(seen) == len(keys) and None not in seen:
        return [True] * len(keys)
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    return [key is not None and first[key] == index for index, key in enumerate(keys)]
