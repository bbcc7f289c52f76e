"""Live events for the customer who is signed in: something about their calls changed (`look.live`).

A stream keeps no connection to the database; what is shown is read anew, under the session, each time it rings. Each
process holds a few streams of a customer at most, so that nobody fills it with pages that only wait.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from werda.look.live import changes, stream
from werda.portal.access import SIGNED_IN, Visit, page

CHANNEL: Final = "werda_portal"

MOST: Final = 12
"""Open pages of one customer, on all their devices, in one process."""

_open: Final[Counter[int]] = Counter()


@page
def _whose(visit: Visit) -> HttpResponseBase:
    return HttpResponse(str(visit.signed_in.customer_id))


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the session; who is not signed in is sent to sign in."""
    answer = await sync_to_async(_whose)(request)
    if answer.status_code != 200:
        return answer
    assert isinstance(answer, HttpResponse)
    customer = int(answer.content)
    if _open[customer] >= MOST:  # the page goes on asking by itself, and says until then what it does not know
        return HttpResponse(status=429, headers={"Retry-After": "30"})
    return stream(_counted(customer))


async def _counted(customer: int) -> AsyncIterator[str]:
    _open[customer] += 1
    try:
        async for event in changes(CHANNEL, int, [customer]):
            yield event
    finally:
        _open[customer] -= 1
        if not _open[customer]:
            del _open[customer]


live.declared = SIGNED_IN  # type: ignore[attr-defined]  # read by ClosedUnlessDeclared
