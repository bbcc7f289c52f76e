"""What a call's proofs are worth stands twice: `core.step_up` decides, a trigger counts. Neither may drift (A3)."""

import itertools
from dataclasses import replace
from datetime import timedelta

from psycopg.rows import dict_row

from tests.core.test_step_up import (
    CALL_CODE,
    CODE,
    LETTER_CODE,
    NOW,
    OLD_WAY,
    PUK,
    PUK_OF_A_LINE,
    STRONG_CALL_CODE,
    proved,
)
from tests.database import TestDatabase

LATE = replace(STRONG_CALL_CODE, at=NOW + timedelta(minutes=61))
SOMEBODY_ELSE = replace(CODE, customer_id=8)
PROOFS = (CODE, PUK, PUK_OF_A_LINE, OLD_WAY, CALL_CODE, STRONG_CALL_CODE, LETTER_CODE, SOMEBODY_ELSE, LATE)


def test_sql_and_core_agree_on_every_three_proofs(database: TestDatabase) -> None:
    """A3: as verify and verify_once write them, one after the other, into one call."""
    with database.connect() as owner, owner.transaction(), owner.cursor(row_factory=dict_row) as cursor:
        for n, proofs in enumerate(itertools.product(PROOFS, repeat=3)):
            cursor.execute(
                "insert into call (brand_id, ref, state, dialled, calling_number, asserted, trunk, tries, level,"
                " method, legacy, channel, attempt_id, arrived_at)"
                " values (1, %s, 'dialogue', '', '', false, '', 0, 0, 0, false, 1, 0, %s)",
                (f"call-{n}", NOW),
            )
            for attempt, proof in enumerate(proofs, 1):
                cursor.execute(
                    "update call set level = 1, method = %s, strong = %s, legacy = %s, customer_id = %s,"
                    " person_id = %s, line_id = %s, verified_at = %s, attempt_id = %s where ref = %s",
                    (
                        *(proof.method, proof.strong, proof.method == 3, proof.customer_id, proof.person_id),
                        *(proof.line_id, proof.at, attempt, f"call-{n}"),
                    ),
                )
            row = cursor.execute("select * from call where ref = %s", (f"call-{n}",)).fetchone()
            assert row is not None
            call = proved(*proofs)
            seen = (row["level"], row["line_id"], row["legacy"], row["proved_before"])
            assert seen == (call.level, call.line_id, call.legacy, call.before), proofs
