"""Notifications on this device: the script asks the browser, these pages keep what it gave (C8, RFC 8291)."""

import base64
from typing import Final

from django.conf import settings
from django.db import connection as django_connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.look.rings import custody
from werda.portal.access import Visit, page, too_many
from werda.push.service import Pushing
from werda.push.subscription import Subscription
from werda.usecases.limit_tries import Limit
from werda.usecases.subscribe_push import subscribe_push, unsubscribe_push

TESTS: Final = Limit("portal: test push", 5, 600)
"""By one customer."""


def push_key(visit: Visit) -> str:
    """The key that a browser locks for, as it wants it; empty where no pushes are sent."""
    if settings.WERDA_PUSHING is None or visit.signed_in.person_id != 0:
        return ""
    row = visit.connection.execute("select push_public_key()").fetchone()
    return base64.urlsafe_b64encode(row[0]).decode().rstrip("=") if row and row[0] else ""


@page
def subscribe(visit: Visit) -> HttpResponseBase:
    """Take what the browser gave; 422 when it is none of a service that may be asked."""
    pushing: Pushing | None = settings.WERDA_PUSHING
    told = visit.request.POST
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if pushing is None or visit.signed_in.person_id != 0:
        return HttpResponse(status=404)
    wanted = Subscription.read(told.get("endpoint", ""), told.get("p256dh", ""), told.get("auth", ""), pushing.hosts)
    if isinstance(wanted, Malformed):
        return HttpResponse(status=422)
    subscribe_push(visit.connection, custody(), wanted, now=visit.now)
    return HttpResponse(status=204)


@page
def unsubscribe(visit: Visit) -> HttpResponseBase:
    """No more on this device."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    unsubscribe_push(visit.connection, Secret(visit.request.POST.get("endpoint", "")))
    return HttpResponse(status=204)


@page
def test(visit: Visit) -> HttpResponseBase:
    """One to all their devices, so that they see what it looks like."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not TESTS.within(django_connection, str(visit.signed_in.customer_id)):
        return too_many(visit.request)
    visit.connection.execute("select push_to_me(%s)", (visit.now,))
    return HttpResponse(status=204)
