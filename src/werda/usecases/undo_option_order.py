"""What follows when the operator could not carry out an order about an option (S13).

The booking says so itself, because orders are erased after their time (A9) and bookings stay: one that failed never
was, and one that could not be cancelled goes on as it was booked. The customer is told: they had a receipt before.
"""

import uuid
from datetime import datetime

from werda.core.mail import MailKind
from werda.core.order import OrderKind
from werda.usecases.post_mail import post_mail
from werda.usecases.sim_change import Connection


def undo_option_order(connection: Connection, kind: OrderKind, order: uuid.UUID, *, now: datetime) -> None:
    """Undo what was written when it was ordered; orders of other kinds are not concerned."""
    if kind is OrderKind.BOOK_OPTION:
        undone = connection.execute(
            'update option_booking set ends_on = starts_on - 1, as_of = %s where "order" = %s'
            " returning customer_id, brand_id, terms",
            (now, order),
        ).fetchone()
        _tell(connection, MailKind.OPTION_NOT_BOOKED, undone, now)
    elif kind is OrderKind.CANCEL_OPTION:
        undone = connection.execute(
            "update option_booking set cancelled_at = null, withdrawn_at = null, ends_on = case when"
            " (terms ->> 'days')::int > 0 then starts_on + (terms ->> 'days')::int - 1 end, as_of = %s"
            " where cancel_order = %s returning customer_id, brand_id, terms",
            (now, order),
        ).fetchone()
        _tell(connection, MailKind.OPTION_NOT_CANCELLED, undone, now)


def _tell(
    connection: Connection, kind: MailKind, undone: tuple[int, int, dict[str, str]] | None, now: datetime
) -> None:
    if undone is None:
        return
    customer_id, brand_id, terms = undone
    row = connection.execute("select email, language from customer where id = %s", (customer_id,)).fetchone()
    if row is not None and row[0]:
        data = {"option": terms["en" if row[1].startswith("en") else "de"]}
        post_mail(connection, kind, row[0], brand_id=brand_id, customer_id=customer_id, data=data, now=now)
