"""Queue code letters for the next print run: for customers who cannot be told by e-mail, or for all with an address.

Who has neither e-mail nor address, as some prepaid customers have, finds the code in the portal.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import psycopg

from werda.core.letter import LetterKind


def queue_code_letters(
    connection: psycopg.Connection[Any], customers: Collection[int], *, everybody: bool, now: datetime
) -> int:
    """Queue a letter for each of the customers who needs one and has none waiting; gives how many were queued."""
    done = connection.execute(
        "insert into letter (brand_id, customer_id, kind, created_at)"
        " select c.brand_id, c.id, %s, %s from customer c"
        " where c.id = any (%s) and c.ended_at is null"
        " and (c.email = '' or %s) and c.street <> '' and c.postcode <> '' and c.city <> ''"
        " order by c.id on conflict do nothing",
        (LetterKind.CODE.value, now, list(customers), everybody),
    )
    return done.rowcount
