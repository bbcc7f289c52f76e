"""Order a new contract: from the order flow's draft or from an existing shop, through this one function (S5).

The operator's order is written without any secret. The chosen code is checked once more with what the order says of the
customer (B2), because that may have changed since it was chosen, and lies sealed beside the order until the operator
answers. The same key again is the same order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from werda.core.customer_code import CustomerCode
from werda.core.order import OrderKind
from werda.core.product_order import ProductOrder
from werda.core.secret import Secret
from werda.core.weak_code import OwnData
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format
from werda.usecases.check_code import Objection, check_code
from werda.usecases.order_from_operator import Ordered, order_from_operator

CODE_WAITS: Final = timedelta(days=90)
"""How long a chosen code waits for the operator, longer than porting a number takes. Then a random one is given."""


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """Nothing was ordered: this speaks against the code."""

    reason: Objection


def own_data_of(order: ProductOrder) -> OwnData:
    """What others can know of the customer to be."""
    numbers = (order.number.msisdn,) if order.number.msisdn else ()
    return OwnData(order.party.birth_date, numbers)


def place_product_order(
    connection: psycopg.Connection[Any],
    verifier: Verifier,
    custody: Custody,
    brand_id: int,
    order: ProductOrder,
    code: Secret | None,
    *,
    key: str,
    now: datetime,
) -> Ordered | CodeRefused:
    """Order in the transaction at hand. `key` makes a repeat the same order; without a code the brand gives one."""
    if (known := ordered_before(connection, brand_id, key)) is not None:
        return known
    if code is not None:
        objection = check_code(connection, verifier, brand_id, code, own_data_of(order), now=now)
        if objection is not None:
            return CodeRefused(objection)
    ordered = order_from_operator(
        connection,
        OrderKind.PRODUCT,
        brand_id=brand_id,
        customer_id=None,
        detail=order.detail(code_chosen=code is not None),
        now=now,
        idempotency_key=key,
    )
    if code is not None and not ordered.repeated:
        read = CustomerCode.parse(code, code_format(connection, brand_id, now))
        assert isinstance(read, CustomerCode), "check_code has read it"
        connection.execute(
            "insert into ordered_code (order_id, key_id, ciphertext, expires_at) values (%s, %s, %s, %s)",
            (
                *(ordered.order_id, custody.key_id),
                *(custody.seal(Kind.ORDERED_CODE, ordered.order_id, 0, read.secret), now + CODE_WAITS),
            ),
        )
    return ordered


def ordered_before(connection: psycopg.Connection[Any], brand_id: int, key: str) -> Ordered | None:
    """The order that stands under this key, if there is one."""
    row: tuple[int, UUID] | None = connection.execute(
        "select id, public_id from operator_order where brand_id = %s and idempotency_key = %s", (brand_id, key)
    ).fetchone()
    return Ordered(row[0], row[1], repeated=True) if row else None
