"""The operator has carried an order out: the customer, their lines and SIMs come in, and the chosen code counts (S5).

All in the transaction that settles the order. Only a *new* customer is brought in: whoever orders in another's name
must not end up with a code, or with a card whose PUK counts, for that person's account. What somebody ordered who is a
customer already, the operator brings in by file or API, and answers for. A line or SIM that is somebody else's is
refused. A code that does not fit the number or customer number the operator gave (B2), or that many hold by now (B3),
is replaced by a random one, and a letter brings it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg

from werda.core.audit import EventKind
from werda.core.letter import LetterKind
from werda.core.notice import NoticeKind
from werda.core.number import normalise
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format, own_data
from werda.usecases.choose_code import Chosen, choose_code
from werda.usecases.import_customers import COLUMNS as CUSTOMER_COLUMNS
from werda.usecases.import_customers import CustomerImport
from werda.usecases.import_sims import COLUMNS as SIM_COLUMNS
from werda.usecases.import_sims import SimImport, cooling_of
from werda.usecases.importing.table_file import Columns, Rows
from werda.usecases.put_code import Change, hold, put_code
from werda.usecases.queue_code_letters import queue_code_letters
from werda.usecases.settle_order import Done, PlacedOrder, Refused
from werda.usecases.suggest_code import suggest_code

Connection = psycopg.Connection[Any]

LONGEST_NUMBER: Final = 32
_ACTOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class CompleteProductOrder:
    """What happens when the operator's answer to an order of a new contract arrives. Needs the role `werda_custody`."""

    verifier: Verifier
    custody: Custody

    def __call__(
        self, connection: Connection, order: PlacedOrder, result: Mapping[str, Any], now: datetime
    ) -> Done | Refused:
        """Bring in what `result` says: ``{"customer_number", "lines": [{"msisdn", "tariff"}], "sims": [{"iccid",
        "msisdn"}]}``; tariff and SIMs may be left out. A `Continuation`."""
        answer = _read(result)
        if isinstance(answer, Refused):
            return answer
        if (reason := _belongs_to_others(connection, order.brand_id, answer)) is not None:
            return Refused(reason)
        code = self._take_code(connection, order.id)
        known = _customer(connection, order.brand_id, answer.customer_number)
        if known is not None:
            return Done(known)
        if (reason := self._bring_in(connection, order, answer, now)) is not None:
            return Refused(reason)
        customer_id = _customer(connection, order.brand_id, answer.customer_number)
        assert customer_id is not None, "the import has just brought them in"
        _queue_papers(connection, order.brand_id, customer_id, now)
        self._give_code(connection, order.brand_id, customer_id, code, now)
        return Done(customer_id)

    def _bring_in(self, connection: Connection, order: PlacedOrder, answer: "_Answer", now: datetime) -> str | None:
        """Customer, lines and SIMs, by the same upserts as a file; gives what kept them out."""
        brand_id = order.brand_id
        about = _about(order.detail)
        policies = _policies(connection, brand_id)
        customers = CustomerImport(connection, brand_id, now, now, policies, self.verifier, self.custody)
        outcome = customers.take(_rows(CUSTOMER_COLUMNS, _lines(answer, about, order.detail)))
        if not outcome.rejects and answer.sims:
            cooling = cooling_of(policies, now)
            sims = SimImport(connection, brand_id, now, ZoneInfo("UTC"), cooling, self.verifier, self.custody)
            outcome = sims.take(_rows(SIM_COLUMNS, _sims(answer)))
        return "; ".join(f"{reject.column} {reject.reason}" for reject in outcome.rejects) or None

    def _take_code(self, connection: Connection, order_id: int) -> Secret | None:
        """The code that waited beside the order. It is gone from there, whatever becomes of it."""
        row = connection.execute(
            "delete from ordered_code where order_id = %s returning ciphertext", (order_id,)
        ).fetchone()
        return self.custody.open(Kind.ORDERED_CODE, order_id, 0, row[0]) if row else None

    def _give_code(
        self, connection: Connection, brand_id: int, customer_id: int, chosen: Secret | None, now: datetime
    ) -> None:
        """The chosen code, or a random one where there is none that may be given (B1)."""
        if chosen is not None:
            done = choose_code(connection, self.verifier, self.custody, customer_id, chosen, actor="customer", now=now)
            if isinstance(done, Chosen):
                return
        holder = hold(connection, self.custody, customer_id)
        assert holder is not None, "the customer was brought in by this transaction"
        change = Change(EventKind.CREDENTIAL_ASSIGNED, NoticeKind.CODE_ASSIGNED, _ACTOR, now)
        wanted = code_format(connection, brand_id, now)
        own = own_data(connection, [customer_id])[customer_id]
        while True:
            code = suggest_code(connection, self.verifier, brand_id, own, now=now)
            if put_code(connection, self.verifier, self.custody, holder, code, wanted, change):
                break
        queue_code_letters(connection, [customer_id], everybody=False, now=now)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the operator says: lines as E.164 with their tariff, SIMs with their line."""

    customer_number: str
    lines: tuple[tuple[str, str], ...]
    sims: tuple[tuple[str, str], ...]


def _read(result: Mapping[str, Any]) -> _Answer | Refused:
    number = result.get("customer_number")
    if not isinstance(number, str) or not number.isprintable() or not 0 < len(number.strip()) <= LONGEST_NUMBER:
        return Refused(f"customer_number must be a text of 1 to {LONGEST_NUMBER} characters")
    lines = _entries(result.get("lines"), "msisdn", "tariff")
    sims = _entries(result.get("sims", []), "iccid", "msisdn")
    if not lines:
        return Refused('lines must name at least one line, such as [{"msisdn": "+4917600000000"}]')
    if sims is None:
        return Refused('sims must be a list such as [{"iccid": "8949…", "msisdn": "+4917600000000"}]')
    numbers = [normalise(msisdn) for msisdn, _ in lines]
    carried = [normalise(msisdn) for _, msisdn in sims]
    if None in numbers or None in carried:
        return Refused("a msisdn is no phone number such as +4917600000000")
    if not set(carried) <= set(numbers):
        return Refused("a SIM names a line that is not among lines")
    return _Answer(
        number.strip(),
        tuple((msisdn or "", tariff) for msisdn, (_, tariff) in zip(numbers, lines, strict=True)),
        tuple((iccid, msisdn or "") for (iccid, _), msisdn in zip(sims, carried, strict=True)),
    )


def _entries(value: Any, required: str, other: str) -> list[tuple[str, str]] | None:
    """A list of objects as pairs of texts; None when it is none."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    pairs = [(entry.get(required), entry.get(other, "")) for entry in value]
    texts = all(isinstance(one, str) and isinstance(two, str) for one, two in pairs)
    return pairs if texts and all(one and (one + two).isprintable() for one, two in pairs) else None


def _belongs_to_others(connection: Connection, brand_id: int, answer: _Answer) -> str | None:
    """Why the answer cannot be: it would take somebody's line or SIM away, or names a SIM that is not in stock."""
    taken = connection.execute(
        "select l.msisdn from line l join customer c on c.id = l.customer_id"
        " where l.brand_id = %s and l.msisdn = any (%s) and c.customer_number <> %s",
        (brand_id, [msisdn for msisdn, _ in answer.lines], answer.customer_number),
    ).fetchall()
    if taken:
        return "a line is another customer's; end their contract first"
    iccids = {iccid for iccid, _ in answer.sims}
    stock = connection.execute(
        "select iccid from sim_profile where brand_id = %s and iccid = any (%s) and customer_id is null for update",
        (brand_id, list(iccids)),
    ).fetchall()
    if len(stock) < len(iccids):
        return "a SIM is not in stock; bring the vendor's file in first, or name another"
    return None


def _customer(connection: Connection, brand_id: int, number: str) -> int | None:
    row = connection.execute(
        "select id from customer where brand_id = %s and customer_number = %s", (brand_id, number)
    ).fetchone()
    return row[0] if row else None


def _policies(connection: Connection, brand_id: int) -> tuple[Policy, ...]:
    rows = connection.execute("select document from policy_version where brand_id = %s", (brand_id,)).fetchall()
    return tuple(policy for policy in (parse(document) for (document,) in rows) if isinstance(policy, Policy))


def _about(detail: Mapping[str, Any]) -> dict[str, str]:
    """The customer's columns, as the order told them."""
    party = detail["party"]
    names = ("kind", "given_name", "family_name", "company", "birth_date", "street", "postcode", "city", "email")
    told = {name: party[name] or "" for name in names}
    return {**told, "payment": detail["tariff"]["payment"], "language": detail["language"]}


def _lines(answer: _Answer, about: Mapping[str, str], detail: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    ordered = detail["tariff"]
    return [
        {
            **about,
            "customer_number": answer.customer_number,
            "msisdn": msisdn,
            "line_kind": ordered["line"],
            "tariff": tariff or ordered["name"],
        }
        for msisdn, tariff in answer.lines
    ]


def _sims(answer: _Answer) -> Sequence[Mapping[str, str]]:
    return [
        {"iccid": iccid, "msisdn": msisdn, "customer_number": answer.customer_number} for iccid, msisdn in answer.sims
    ]


def _rows(columns: Columns, told: Sequence[Mapping[str, str]]) -> Rows:
    """Rows of an import made of what is told; a column that nothing is said of is one the file does not have."""
    said = {name for row in told for name in row}
    cells = [[row.get(name, "") for row in told] if name in said else None for name in columns.wanted]
    return Rows(range(1, len(told) + 1), cells)


def _queue_papers(connection: Connection, brand_id: int, customer_id: int, now: datetime) -> None:
    """The contract, and a carrier for each card and eSIM profile (S6, S10, S12), for who has a postal address."""
    connection.execute(
        "insert into letter (brand_id, customer_id, kind, sim_id, created_at)"
        " select %(brand)s, c.id, %(contract)s, null::bigint, %(now)s from customer c"
        " where c.id = %(customer)s and c.street <> '' and c.postcode <> '' and c.city <> ''"
        " union all select %(brand)s, c.id, %(carrier)s, s.id, %(now)s from customer c"
        " join sim_profile s on s.customer_id = c.id"
        " where c.id = %(customer)s and c.street <> '' and c.postcode <> '' and c.city <> '' on conflict do nothing",
        {
            "brand": brand_id,
            "customer": customer_id,
            "contract": LetterKind.CONTRACT.value,
            "carrier": LetterKind.SIM_CARRIER.value,
            "now": now,
        },
    )
