"""What a page of the order flow needs: the brand, a language, a draft by its cookie, and patience with floods.

Nobody is signed in here, so limits go by address, and for checks of a code by draft too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from werda.core.secret import Secret
from werda.core.tariff import TariffCatalogue
from werda.look.access import allow_unauthenticated_access
from werda.look.address import address_of
from werda.look.rings import database
from werda.store.queries.tariff import Shop, tariffs_of
from werda.usecases.fill_in_order import LIFETIME, Draft, begin_draft, find_draft
from werda.usecases.limit_tries import Limit

P = ParamSpec("P")

COOKIE: Final = ("__Host-" if settings.CSRF_COOKIE_SECURE else "") + "werda_order"
POSTS: Final = Limit("signup: post", 60, 60)
"""From one address. Filling in the whole order by hand takes about ten."""
CHECKS: Final = Limit("signup: check", 40, 60)
"""Live checks of a code, from one address."""
CHECKS_OF_DRAFT: Final = Limit("signup: check of draft", 40, 60)
"""And with one draft."""


@dataclass
class Visit:
    """One request of somebody who orders, within one transaction."""

    request: HttpRequest
    connection: psycopg.Connection[Any]
    shop: Shop
    catalogue: TariffCatalogue
    now: datetime
    draft: Draft | None
    _token: Secret | None = field(default=None, repr=False)

    def begin(self) -> Draft:
        """The draft; a fresh one when there is none that can still be filled in."""
        if self.draft is None or self.draft.ordered is not None:
            self.draft, self._token = begin_draft(self.connection, self.shop.id, now=self.now)
        return self.draft

    def leave_cookie(self, response: HttpResponseBase) -> None:
        """Give a fresh draft's token to the browser; it comes along when somebody follows a link from elsewhere."""
        if self._token is not None:
            response.set_cookie(
                COOKIE,
                self._token.reveal(),
                max_age=LIFETIME,
                secure=settings.CSRF_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )


Page = Callable[Concatenate[Visit, P], HttpResponseBase]


def page(view: Page[P]) -> Callable[..., HttpResponseBase]:
    """An open page with everything it needs. Writes are limited and take the draft for themselves while they last."""

    @allow_unauthenticated_access
    @never_cache
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        writes = request.method == "POST"
        if writes and not POSTS.within(connection, address_of(request)):
            return too_many(request)
        shop: Shop | None = request.shop  # type: ignore[attr-defined]  # set by the middleware
        now = timezone.now()
        with database() as transaction:
            catalogue = tariffs_of(transaction, shop.id, now) if shop else None
            if shop is None or catalogue is None:
                return render(request, "signup/closed.html", {"shop": shop}, status=503)
            token = Secret(request.COOKIES.get(COOKIE, ""))
            draft = find_draft(transaction, shop.id, token, now=now, lock=writes) if token else None
            visit = Visit(request, transaction, shop, catalogue, now, draft)
            response = view(visit, *args, **kwargs)
        visit.leave_cookie(response)
        return response

    return answered


def check_is_within(visit: Visit) -> bool:
    """Whether one more code may be checked."""
    return (
        visit.draft is not None
        and CHECKS_OF_DRAFT.within(connection, str(visit.draft.id))
        and CHECKS.within(connection, address_of(visit.request))
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """Say so, in words."""
    answer = render(request, "signup/too_many.html", {"shop": request.shop}, status=429)  # type: ignore[attr-defined]
    answer.headers["Retry-After"] = "60"
    return answer


def to(step: str) -> HttpResponse:
    """On to a step."""
    return redirect(f"signup:{step}")
