"""Suggest a code: random, the default, and offered first (B1). It is one that would be taken, too (B2, B3)."""

from datetime import datetime
from typing import Any

import psycopg

from werda.core.customer_code import CustomerCode
from werda.core.weak_code import OwnData, weakness
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format
from werda.usecases.check_code import has_room


def suggest_code(
    connection: psycopg.Connection[Any], verifier: Verifier, brand_id: int, own: OwnData, *, now: datetime
) -> CustomerCode:
    """A random code for somebody with this data, who need not be a customer yet.

    Every code that is not refused is equally likely. There is always one: the refused are few, and under a cap of three
    times the share two thirds of all codes always have room.
    """
    wanted = code_format(connection, brand_id, now)
    while True:
        code = CustomerCode.suggest(wanted)
        if weakness(code, own) is None and has_room(connection, verifier, brand_id, code, wanted, now=now):
            return code
