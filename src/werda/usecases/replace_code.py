"""A code that somebody else may know is replaced at once by a random one (B8); the old one counts no longer.

For a customer who reports it, a flagged authentication, or a letter that came back opened. The customer is told (C8),
and finds the new code in the portal, or in a letter where there is an address and no e-mail. Nothing else ever forces a
change: codes do not expire.
"""

from datetime import datetime

from werda.core.audit import EventKind
from werda.core.customer_code import CustomerCode
from werda.core.notice import NoticeKind
from werda.core.weak_code import weakness
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format, own_data
from werda.usecases.check_code import Connection, Hindrance
from werda.usecases.choose_code import Chosen, NotChosen
from werda.usecases.put_code import Change, hold, put_code
from werda.usecases.queue_code_letters import queue_code_letters


def replace_code(
    connection: Connection, verifier: Verifier, custody: Custody, customer_id: int, *, actor: str, now: datetime
) -> Chosen | NotChosen:
    """Replace a customer's code, all or nothing; refused only when the customer is gone."""
    with connection.transaction():
        holder = hold(connection, custody, customer_id)
        if holder is None:
            return NotChosen(Hindrance.NO_CUSTOMER)
        wanted = code_format(connection, holder.brand_id, now)
        own = own_data(connection, [customer_id])[customer_id]
        change = Change(EventKind.CREDENTIAL_REPLACED, NoticeKind.CODE_REPLACED, actor, now)
        while True:
            code = CustomerCode.suggest(wanted)
            if code.secret == holder.present or weakness(code, own) is not None:
                continue
            if put_code(connection, verifier, custody, holder, code, wanted, change):
                break
        queue_code_letters(connection, [customer_id], everybody=False, now=now)
    return Chosen(first=holder.present is None)
