"""A customer chooses a code, the first one or another, at any time (S5, S7, B8).

Whoever asks has made sure that it is the customer: at the order, or freshly signed in to the portal. Nobody is asked
for the old code (E5). The present code again is refused as `UNCHANGED`: after a suspected disclosure it would be no
change at all. A form that is sent twice hears that the second time, and nothing happens twice.
"""

from dataclasses import dataclass
from datetime import datetime

from werda.core.audit import EventKind
from werda.core.customer_code import CustomerCode
from werda.core.notice import NoticeKind
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format, own_data
from werda.usecases.check_code import Connection, Hindrance, Objection, read
from werda.usecases.put_code import Change, hold, put_code


@dataclass(frozen=True, slots=True)
class Chosen:
    """The code counts from now on. `first`: the customer had none before."""

    first: bool


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Nothing was changed, for this reason."""

    reason: Objection


def choose_code(
    connection: Connection,
    verifier: Verifier,
    custody: Custody,
    customer_id: int,
    offered: Secret,
    *,
    actor: str,
    now: datetime,
) -> Chosen | NotChosen:
    """Give a customer the code they typed, all or nothing; `actor` is who did it, such as ``customer`` or ``agent:7``.

    Works within the caller's transaction, if there is one; whoever does more in it does that before.
    """
    with connection.transaction():
        holder = hold(connection, custody, customer_id)
        if holder is None:
            return NotChosen(Hindrance.NO_CUSTOMER)
        wanted = code_format(connection, holder.brand_id, now)
        code = read(offered, wanted, own_data(connection, [customer_id])[customer_id])
        if not isinstance(code, CustomerCode):
            return NotChosen(code)
        if holder.present == code.secret:
            return NotChosen(Hindrance.UNCHANGED)
        first = holder.present is None
        notice = NoticeKind.CODE_CHOSEN if first else NoticeKind.CODE_CHANGED
        change = Change(EventKind.CREDENTIAL_CHOSEN, notice, actor, now)
        if not put_code(connection, verifier, custody, holder, code, wanted, change):
            return NotChosen(Hindrance.HELD_BY_MANY)
    return Chosen(first)
