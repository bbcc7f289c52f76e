"""End a customer's contract: lines, SIMs and what let them pass at the hotline (A9).

From this moment on the hotline no longer knows customer number and lines, and no credential counts. The contract is
what they were for; the phone numbers will soon be somebody else's, and a code that is never used again is watched by
nobody. Somebody who left asks in writing, from the address that is known. The secrets themselves are destroyed
once the policy's time is over (`destroy_due`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from werda.core.audit import EventKind
from werda.core.method import Method
from werda.core.sim import SimStatus
from werda.core.sim_life import OVER
from werda.usecases.sim_change import Connection, NotFound, record


@dataclass(frozen=True, slots=True)
class Ended:
    """The contract ended at `at`; `before`: it had ended already, and nothing was done. Counts say what ended now."""

    at: datetime
    lines: int = 0
    sims: int = 0
    before: bool = False


def _day(connection: Connection, brand_id: int, now: datetime) -> date:
    """The day by the brand's clocks, on which options are used for the last time."""
    row = connection.execute("select timezone from brand where id = %s", (brand_id,)).fetchone()
    return now.astimezone(ZoneInfo(row[0] if row else "Europe/Berlin")).date()


def end_contract(connection: Connection, *, customer_id: int, actor: str, now: datetime) -> Ended | NotFound:
    """End it in one transaction. No verification for the customer is committed afterwards."""
    with connection.transaction():
        customer = connection.execute(
            "select brand_id, ended_at from customer where id = %s for update", (customer_id,)
        ).fetchone()
        if customer is None:
            return NotFound("customer")
        brand_id, ended_at = customer
        if ended_at is not None:
            return Ended(ended_at, before=True)
        connection.execute("select 1 from line where customer_id = %s order by id for update", (customer_id,))
        connection.execute("select 1 from sim_profile where customer_id = %s order by id for update", (customer_id,))
        connection.execute("select lock_budgets(%s)", ([customer_id],))
        lines = connection.execute(
            "update line set ended_at = %(now)s, as_of = greatest(as_of, %(now)s)"
            " where customer_id = %(customer)s and ended_at is null",
            {"now": now, "customer": customer_id},
        ).rowcount
        sims = connection.execute(
            "update sim_profile set status = %(ended)s, ended_at = %(now)s, as_of = greatest(as_of, %(now)s)"
            " where customer_id = %(customer)s and status <> all(%(over)s)",
            {
                "now": now,
                "customer": customer_id,
                "ended": SimStatus.ENDED.name.lower(),
                "over": [status.name.lower() for status in OVER],
            },
        ).rowcount
        connection.execute(
            "delete from credential where customer_id = %s and method = %s and sim_id <> 0", (customer_id, Method.PUK)
        )
        connection.execute(
            # What was to begin later never begins: it ends before its start, like what was withdrawn.
            "update option_booking set ends_on = case when starts_on <= %(day)s then %(day)s else starts_on - 1 end,"
            " as_of = %(now)s where customer_id = %(customer)s and (ends_on is null or ends_on > %(day)s)",
            {"day": _day(connection, brand_id, now), "now": now, "customer": customer_id},
        )
        connection.execute(
            "update representative set ended_at = %(now)s, sealed = null, sealed_key_id = null"
            " where customer_id = %(customer)s and ended_at is null",
            {"now": now, "customer": customer_id},
        )
        connection.execute("delete from one_time_code where customer_id = %s", (customer_id,))
        connection.execute("delete from letter where customer_id = %s and printed_at is null", (customer_id,))
        connection.execute("update credential set until = least(until, %s) where customer_id = %s", (now, customer_id))
        connection.execute(
            "update customer set ended_at = %(now)s, as_of = greatest(as_of, %(now)s) where id = %(customer)s",
            {"now": now, "customer": customer_id},
        )
        record(
            connection, EventKind.CONTRACT_ENDED, brand_id=brand_id, customer_id=customer_id, actor=actor, now=now,
            detail={"lines": lines, "sims": sims},
        )  # fmt: skip
        return Ended(now, lines, sims)
