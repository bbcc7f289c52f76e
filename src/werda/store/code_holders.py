"""How many customers hold each code: the calls of sql/65_code_holders.sql, which alone write the counts (B3).

Whatever sets or removes a customer code calls `tally` or `take_places`, once in its transaction and last of what waits
for rows. A value is named by its `Verifier.popularity`: under the primary key for a new holder, under the key of the
credential for one who leaves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def tally(connection: Connection, brand_id: int, key_id: int, differences: Mapping[bytes, int]) -> None:
    """Count so many holders more, or fewer, of each value, room or not: what an operator's file says is so.

    `key_id` is the primary key of the verifier ring. One statement for a whole chunk; several may run at the same time.
    """
    changed = {mac: difference for mac, difference in differences.items() if difference}
    if changed:
        connection.execute(
            "select tally_codes(%s, %s, %b::bytea[], %s)", (brand_id, key_id, [*changed], [*changed.values()])
        )


def take_places(
    connection: Connection,
    brand_id: int,
    *,
    primary: int,
    key_ids: Sequence[int],
    wanted: Mapping[bytes, int],
    cap: int,
    leaving: bytes | None = None,
) -> dict[bytes, int]:
    """Count so many new holders of each value as there is room for under `cap`; gives how many of each got a place.

    A value is named by its `Verifier.popularities`, `primary` and `key_ids` are the verifier's. If the first value got
    a place, one holder fewer is counted of the value `leaving`.
    """
    row = connection.execute(
        "select take_code_places(%s, %s, %s, %b::bytea[], %s, %s, %s)",
        (brand_id, primary, list(key_ids), [*wanted], [*wanted.values()], cap, leaving),
    ).fetchone()
    assert row is not None
    return dict(zip(wanted, row[0], strict=True))


def holders(connection: Connection, brand_id: int, macs: Sequence[bytes]) -> int:
    """How many hold one value now; `macs` are its popularities under every key."""
    row = connection.execute(
        "select coalesce(sum(holders), 0) from code_holders where brand_id = %s and mac = any (%b::bytea[])",
        (brand_id, list(macs)),
    ).fetchone()
    assert row is not None
    return int(row[0])


def customers_of(connection: Connection, brand_id: int, now: datetime) -> int:
    """How many customers share the codes of a brand, counted no longer than ten minutes ago."""
    row = connection.execute("select customers_of(%s, %s)", (brand_id, now)).fetchone()
    assert row is not None
    return int(row[0])


def hold_still(connection: Connection) -> None:
    """Keep everybody who would change a count waiting until this transaction ends."""
    connection.execute("select hold_code_holders()")


def replace_counts(connection: Connection, brand_id: int, counts: Mapping[tuple[int, bytes], int]) -> int:
    """Put these counts, by key id and value, in the place of a brand's; gives how many were wrong."""
    row = connection.execute(
        "select recount_codes(%s, %b::bytea[], %s, %s)",
        (brand_id, [mac for _, mac in counts], [key_id for key_id, _ in counts], [*counts.values()]),
    ).fetchone()
    assert row is not None
    return int(row[0])
