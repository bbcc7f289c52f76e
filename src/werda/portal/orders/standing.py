"""Which orders wait for the customer's word, and until when they can be stopped (A6)."""

from typing import Any

from werda.core.order import OrderKind
from werda.look.shown_number import shown_number
from werda.portal.access import Visit
from werda.portal.orders.words import KINDS


def waiting(visit: Visit) -> list[dict[str, Any]]:
    """The orders of the session's customer that wait, the next one to leave first. A representative sees none (E2)."""
    if visit.signed_in.person_id != 0:
        return []
    rows = visit.connection.execute(
        "select o.public_id, o.kind, o.ordered_at, o.release_at, coalesce(o.detail ->> 'msisdn', l.msisdn)"
        " from operator_order o left join sim_profile p on p.iccid = o.detail ->> 'iccid'"
        " left join line l on l.id = p.line_id where o.state = 'waiting' order by o.release_at, o.id"
    ).fetchall()
    return [
        {
            "id": public_id,
            "kind": kind,
            "what": KINDS[OrderKind(kind)],
            "ordered_at": ordered_at,
            "release_at": release_at,
            "msisdn": shown_number(msisdn) if msisdn else "",
        }
        for public_id, kind, ordered_at, release_at, msisdn in rows
    ]
