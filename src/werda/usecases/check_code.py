"""Say what speaks against a code that somebody types, before they choose it (S5): nothing is kept, no place is taken.

The same checks decide in `choose_code`; between the two the last place under the cap may go to somebody else (B3).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from werda.core.code_popularity import cap
from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.core.weak_code import OwnData, Weakness, weakness
from werda.keys.verifier import MAC_SIZE, Verifier
from werda.store import code_holders
from werda.store.queries.code import code_format

Connection = psycopg.Connection[Any]


class Hindrance(StrEnum):
    """Why a code that is not weak cannot be chosen. The set is closed: pages have words for each."""

    MALFORMED = "malformed"
    """Not as many digits as the brand's codes have."""
    HELD_BY_MANY = "held_by_many"
    """As many customers of the brand hold it as may (B3)."""
    UNCHANGED = "unchanged"
    """It is the customer's present code."""
    NO_CUSTOMER = "no_customer"
    """The customer is gone."""


Objection = Weakness | Hindrance


def check_code(
    connection: Connection, verifier: Verifier, brand_id: int, offered: Secret, own: OwnData, *, now: datetime
) -> Objection | None:
    """What speaks against a code for somebody with this data, who need not be a customer yet; None for nothing."""
    wanted = code_format(connection, brand_id, now)
    code = read(offered, wanted, own)
    if not isinstance(code, CustomerCode):
        return code
    return None if has_room(connection, verifier, brand_id, code, wanted, now=now) else Hindrance.HELD_BY_MANY


def read(offered: Secret, wanted: CodeFormat, own: OwnData) -> CustomerCode | Objection:
    """The code as typed, if it has the brand's format and is not weak (B2)."""
    code = CustomerCode.parse(offered, wanted)
    if isinstance(code, Malformed):
        return Hindrance.MALFORMED
    return weakness(code, own) or code


def has_room(
    connection: Connection, verifier: Verifier, brand_id: int, code: CustomerCode, wanted: CodeFormat, *, now: datetime
) -> bool:
    """Whether one more customer may hold the code (B3), as of this moment."""
    values = verifier.popularities(brand_id, code.secret)
    macs = [values[start : start + MAC_SIZE] for start in range(0, len(values), MAC_SIZE)]
    held = code_holders.holders(connection, brand_id, macs)
    return held < cap(code_holders.customers_of(connection, brand_id, now), wanted)
