"""Hand over to the operator what waited long enough for its customer's word (A6).

Nothing is handed over of which a customer with an e-mail address was not told: it waits for their mail, an hour more
from then on, however long the relay is away; a mail that was given up holds nothing up. What the customer locked
meanwhile, or whose contract ended, is cancelled instead, and they are told. Cancelling and releasing lock the order's
row: one of them comes first, and the other finds that it did.
"""

from datetime import datetime

from werda.core.order import OrderKind
from werda.usecases.lock_operation import is_locked
from werda.usecases.order_from_operator import say_ordered
from werda.usecases.order_later import OPERATIONS
from werda.usecases.sim_change import Connection


def release_one(connection: Connection, now: datetime) -> bool:
    """Release, or cancel, the order that is due for longest; False when none is. In autocommit."""
    with connection.transaction():
        row = connection.execute(
            "select o.id, o.public_id, o.brand_id, o.customer_id, o.kind, o.detail, c.ended_at is not null"
            " from operator_order o join customer c on c.id = o.customer_id"
            " where o.state = 'waiting' and o.release_at <= %(now)s"
            " and (c.email = '' or c.ended_at is not null or not exists (select from notice n where n.order_id = o.id"
            "  and (n.told_at is null or n.told_at > %(now)s - least(o.release_at - o.ordered_at, interval '1 hour'))"
            "  and not exists (select from mail m where m.notice_id = n.id and m.failed_at is not null)))"
            " order by o.release_at, o.id limit 1 for update of o skip locked",
            {"now": now},
        ).fetchone()
        if row is None:
            return False
        order_id, public_id, brand_id, customer_id, kind, detail, ended = row
        if ended or is_locked(connection, customer_id, OPERATIONS[OrderKind(kind)]):
            connection.execute("select cancel_waiting(%s, 'worker', %s)", (order_id, now))
            return True
        connection.execute("update operator_order set state = 'ordered', cancel_hash = null where id = %s", (order_id,))
        say_ordered(
            connection, OrderKind(kind), public_id, brand_id=brand_id, customer_id=customer_id, detail=detail, now=now
        )
        return True
