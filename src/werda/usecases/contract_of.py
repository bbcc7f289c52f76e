"""What stands in somebody's contract papers: their order as it was carried out (S6).

Prices and terms are those of the order, not of today's catalogue: what was agreed does not change by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers
import psycopg

from werda.core.number import HOME
from werda.core.order import OrderKind, OrderState
from werda.core.secret import Secret
from werda.documents.contract import ContractLine, ContractPapers, Per, Price, Term
from werda.documents.cover import Cover
from werda.documents.money import Money


@dataclass(frozen=True, slots=True)
class Agreed:
    """An order that was carried out: what was ordered, the lines it brought, and since when it holds."""

    detail: Mapping[str, Any]
    lines: Sequence[tuple[str, str]]
    since: date


def agreed(connection: psycopg.Connection[Any], customers: Sequence[int], zone: str) -> dict[int, Agreed]:
    """The last order of each customer that was carried out; `zone` names the brand's clocks."""
    rows = connection.execute(
        "select distinct on (o.customer_id) o.customer_id, o.detail, (o.settled_at at time zone %s)::date,"
        " array(select l.msisdn || '|' || l.tariff from line l where l.customer_id = o.customer_id order by l.id)"
        " from operator_order o where o.customer_id = any(%s) and o.kind = %s and o.state = %s"
        " order by o.customer_id, o.settled_at desc, o.id desc",
        (zone, list(customers), OrderKind.PRODUCT.value, OrderState.DONE.value),
    ).fetchall()
    return {
        customer: Agreed(detail, [(number, name) for number, _, name in (line.partition("|") for line in lines)], day)
        for customer, detail, day, lines in rows
    }


def contract_of(cover: Cover, order: Agreed, code: Secret | None) -> ContractPapers | None:
    """The papers; None where the order brought no line. `code` is None where it is masked."""
    if not order.lines:
        return None
    tariff = order.detail["tariff"]
    return ContractPapers(
        cover=cover,
        customer_code=code,
        lines=tuple(ContractLine(readable(number), name, order.since) for number, name in order.lines),
        prices=(Price(tariff["name"], Money(Decimal(tariff["monthly"]), tariff["currency"]), Per.MONTH),),
        included=tuple(tariff.get("features", ())),
        term=Term(tariff.get("minimum_months", 0)),
        consumer=order.detail["party"]["kind"] == "person",
    )


def readable(msisdn: str) -> str:
    """A phone number as people at home write it, one from abroad with its country code; as it is where it is none."""
    try:
        number = phonenumbers.parse(msisdn)
    except phonenumbers.NumberParseException:
        return msisdn
    if str(number.country_code) != HOME:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    national = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return national if national.startswith("0") else f"0{national}"  # a number that is not given out has no form
