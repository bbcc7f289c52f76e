"""What follows when the operator could not carry out an order about an option (S13).

The booking says so itself, because orders are erased after their time (A9) and bookings stay: one that failed never
was, and one that could not be cancelled goes on as it was booked.
"""

import uuid

from werda.core.order import OrderKind
from werda.usecases.sim_change import Connection


def undo_option_order(connection: Connection, kind: OrderKind, order: uuid.UUID) -> None:
    """Undo what was written when it was ordered; orders of other kinds are not concerned."""
    if kind is OrderKind.BOOK_OPTION:
        connection.execute('update option_booking set ends_on = starts_on - 1 where "order" = %s', (order,))
    elif kind is OrderKind.CANCEL_OPTION:
        connection.execute(
            "update option_booking set cancelled_at = null, withdrawn_at = null, ends_on = case when"
            " (terms ->> 'days')::int > 0 then starts_on + (terms ->> 'days')::int - 1 end where cancel_order = %s",
            (order,),
        )
