"""What protects a customer, by JSON: stop what was ordered, report what was not them, end other devices (A6, A7, E5).

One factor is enough for each: it only stops something.
"""

from typing import Any, Final
from uuid import UUID

from django.http import Http404

from werda.api.problems import NOT_FOUND
from werda.core.native_app import Scope
from werda.portal.native.access import AppVisit, Operation, resource
from werda.portal.native.shapes import ID, NUMBER, TEXT, TIME, YES_OR_NO, many, thing
from werda.portal.orders.standing import waiting
from werda.usecases.cancel_order import cancel_own
from werda.usecases.end_sessions import end_other_sessions
from werda.usecases.report_misuse import NothingToReport, report_call_in_our_name, report_misuse

_ORDER: Final = thing(id=ID, what=TEXT, number=TEXT, ordered_at=TIME, passed_on_at=TIME)


@resource(
    Operation("GET", "Orders that wait for the customer's word, and until when", Scope.STATUS, {"orders": many(_ORDER)})
)
def orders(visit: AppVisit) -> dict[str, Any]:
    """A6."""
    return {
        "orders": [
            {
                "id": each["id"],
                "what": each["kind"],
                "number": each["msisdn"],
                "ordered_at": each["ordered_at"],
                "passed_on_at": each["release_at"],
            }
            for each in waiting(visit)
        ]
    }


@resource(Operation("POST", "Stop an order while it waits", Scope.STATUS, {"stopped": TEXT}, problems=(NOT_FOUND,)))
def stop_order(visit: AppVisit, public_id: UUID) -> dict[str, Any]:
    """One that waits no longer is not found."""
    kind = cancel_own(visit.connection, visit.signed_in, public_id, now=visit.now)
    if kind is None:
        raise Http404
    return {"stopped": kind.value}


@resource(
    Operation("POST", "An attempt of the history was somebody else: locks the hotline, opens a case", Scope.STATUS,
              {"case": NUMBER, "hotline_locked": YES_OR_NO}, problems=(NOT_FOUND,))
)  # fmt: skip
def report_attempt(visit: AppVisit, attempt_id: int) -> dict[str, Any]:
    """A7; a second time it is the same case."""
    reported = report_misuse(visit.connection, visit.signed_in, attempt_id=attempt_id, now=visit.now)
    if isinstance(reported, NothingToReport):
        raise Http404
    return {"case": reported.number, "hotline_locked": reported.locked}


@resource(Operation("POST", "Somebody calls in our name and is not the hotline", Scope.STATUS, {"case": NUMBER}))
def report_call(visit: AppVisit) -> dict[str, Any]:
    """D5."""
    return {"case": report_call_in_our_name(visit.connection, visit.signed_in, now=visit.now)}


@resource(Operation("POST", "Sign out everywhere else", Scope.STATUS, {"ended": NUMBER}))
def end_others(visit: AppVisit) -> dict[str, Any]:
    """Other devices, and other apps."""
    return {"ended": end_other_sessions(visit.connection, visit.signed_in, now=visit.now)}
