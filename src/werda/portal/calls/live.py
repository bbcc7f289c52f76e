"""Live events for the customer who is signed in: something about their calls changed (`look.live`).

A stream keeps no connection to the database; what is shown is read anew, under the session, each time it rings.
"""

from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from werda.look.live import changes, stream
from werda.portal.access import SIGNED_IN, Visit, page

CHANNEL: Final = "werda_portal"


@page
def _whose(visit: Visit) -> HttpResponseBase:
    return HttpResponse(str(visit.signed_in.customer_id))


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the session; who is not signed in is sent to sign in."""
    answer = await sync_to_async(_whose)(request)
    if answer.status_code != 200:
        return answer
    assert isinstance(answer, HttpResponse)
    return stream(changes(CHANNEL, int, [int(answer.content)]))


live.declared = SIGNED_IN  # type: ignore[attr-defined]  # read by ClosedUnlessDeclared
