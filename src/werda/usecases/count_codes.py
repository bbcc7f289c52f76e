"""Count anew how many customers hold each code, from the sealed codes themselves (B3).

For a database that was made before the counts were kept, or restored in parts. Whoever changes a code waits meanwhile;
callers do not notice.
"""

from collections import Counter
from dataclasses import dataclass

from werda.core.method import Method
from werda.keys.custody import Custody, Kind
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.usecases.check_code import Connection


@dataclass(frozen=True, slots=True)
class Counted:
    """How many codes there are, and of how many values the count had been wrong."""

    codes: int
    wrong: int


def count_codes(connection: Connection, verifier: Verifier, custody: Custody, brand_id: int) -> Counted:
    """Put the true counts of a brand in the place of the old ones."""
    with connection.transaction():
        code_holders.hold_still(connection)
        true = holders_by_value(connection, verifier, custody, brand_id)
        return Counted(true.total(), code_holders.replace_counts(connection, brand_id, true))


def holders_by_value(
    connection: Connection, verifier: Verifier, custody: Custody, brand_id: int
) -> Counter[tuple[int, bytes]]:
    """How many customers hold each value, by key id and `Verifier.popularity`, read within a transaction."""
    counts: Counter[tuple[int, bytes]] = Counter()
    with connection.cursor(name="sealed_codes") as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            "select s.customer_id, s.ciphertext, k.key_id from customer c"
            " join sealed_secret s on s.customer_id = c.id and s.sim_id = 0 and s.kind = %s"
            " join credential k on k.customer_id = c.id and k.person_id = 0 and k.method = %s and k.sim_id = 0"
            " where c.brand_id = %s",
            (Kind.CUSTOMER_CODE, Method.CUSTOMER_CODE, brand_id),
        )
        for customer, ciphertext, key_id in cursor:
            if key_id in verifier.key_ids:
                code = custody.open(Kind.CUSTOMER_CODE, customer, 0, ciphertext)
                counts[key_id, verifier.popularity(brand_id, code, key_id)] += 1
    return counts
