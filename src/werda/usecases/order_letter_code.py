"""Order a letter code: a code by post to the address of record, for whom the hotline is locked or who has nothing (E4).

The code is made now, sealed until it is printed, and counts for 21 days from then. An address that changed in the last
30 days does not qualify, and one of unknown age neither: who could change the address would get the code. The customer
is told by another channel that a code is on its way.
"""

from dataclasses import dataclass
from datetime import datetime

from werda.core.audit import EventKind
from werda.core.call import Channel
from werda.core.letter import LetterKind
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.one_time_code import LetterReason, NoLetterCode, address_qualifies
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.policies import policy_in_force
from werda.usecases.put_one_time_code import Connection, Given, put_one_time_code
from werda.usecases.sim_change import record
from werda.usecases.tell_customer import tell_customer


@dataclass(frozen=True, slots=True)
class LetterCodeOrdered:
    """It waits for the next print run. `waiting`: one did already, and nothing changed."""

    waiting: bool = False


def order_letter_code(
    connection: Connection, verifier: Verifier, custody: Custody, customer_id: int, *, reason: LetterReason, actor: str,
    now: datetime,
) -> LetterCodeOrdered | NoLetterCode:  # fmt: skip
    """Order one for the account holder, in a transaction of its own or within the one at hand."""
    with connection.transaction():
        customer = connection.execute(
            "select brand_id, street <> '' and postcode <> '' and city <> '', address_since from customer"
            " where id = %s and ended_at is null for no key update",
            (customer_id,),
        ).fetchone()
        if customer is None:
            return NoLetterCode.NO_CUSTOMER
        brand_id, has_address, since = customer
        policy = policy_in_force(connection, brand_id, now)
        if policy is None or not any(policy.accepts(Method.LETTER_CODE, channel, now) for channel in Channel):
            return NoLetterCode.NOT_ACCEPTED
        if not has_address:
            return NoLetterCode.NO_ADDRESS
        if not address_qualifies(since, now):
            return NoLetterCode.ADDRESS_CHANGED
        queued = connection.execute(
            "insert into letter (brand_id, customer_id, kind, created_at) values (%s, %s, %s, %s)"
            " on conflict do nothing returning id",
            (brand_id, customer_id, LetterKind.LETTER_CODE.value, now),
        ).fetchone()
        if queued is None:
            return LetterCodeOrdered(waiting=True)
        code = policy.one_time.random(Method.LETTER_CODE)
        given = Given(brand_id, customer_id, 0, Method.LETTER_CODE, True, f"letter-{queued[0]}", None)
        put_one_time_code(connection, verifier, given, code, now, custody)
        record(
            connection, EventKind.LETTER_CODE_ORDERED, brand_id=brand_id, customer_id=customer_id, actor=actor, now=now,
            detail={"request": given.request, "reason": reason.value},
        )  # fmt: skip
        tell_customer(connection, NoticeKind.LETTER_CODE_ORDERED, brand_id=brand_id, customer_id=customer_id, now=now)
    return LetterCodeOrdered()
