"""Who may see a page of the portal: `open_page` anybody, `page` who is signed in, `fresh_page` who has just proved it.

Every view says so by one of these, and one that says nothing is shown to nobody (`ClosedUnlessDeclared`). A page works
in one transaction as the role `werda_portal`, in which the database holds no customer but the session's: an id that
belongs to somebody else is not found (A4). What a page holds is never stored by a browser or on the way (B9).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.db import connection as django_connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from werda.core.portal import BROWSER_LIFETIME, Place, Session
from werda.core.secret import Secret
from werda.look.address import address_of
from werda.look.rings import database
from werda.store.queries.tariff import Shop
from werda.usecases.half_sign_in import take_step
from werda.usecases.limit_tries import Limit
from werda.usecases.open_session import find_session, take_session

P = ParamSpec("P")
Connection = psycopg.Connection[Any]

_PREFIX: Final = "__Host-" if settings.CSRF_COOKIE_SECURE else ""
SESSION_COOKIE: Final = _PREFIX + "werda_portal"
STEP_COOKIE: Final = _PREFIX + "werda_portal_step"
APP_COOKIE: Final = _PREFIX + "werda_app"
"""Left with who started the installed app, so that each place has its own start date (S8). It proves nothing."""

_A_YEAR: Final = 365 * 86_400

POSTS: Final = Limit("portal: post", 120, 60)
"""From one address: a household, or a whole company behind one."""

OPEN, SIGNED_IN, FRESH, APP = "open", "signed in", "fresh", "app"
"""What a view declares of itself, as its attribute `declared`; `app`: for apps, and no page (`native.access`)."""


@dataclass
class Visit:
    """One request, within one transaction. `session` is None on an open page that nobody is signed in on."""

    request: HttpRequest
    connection: Connection
    shop: Shop
    now: datetime
    session: Session | None
    _kept: tuple[Secret, bool] | None = None
    _step: Secret | None = None
    _forgets: bool = False
    _left: Session | None = None

    @property
    def signed_in(self) -> Session:
        """The session, on a page that nobody sees without one."""
        assert self.session is not None, "this page is open; ask for `session`"
        return self.session

    @property
    def place(self) -> Place:
        """Where it is shown: the installed app, or a browser."""
        in_app = APP_COOKIE in self.request.COOKIES or _starts_the_app(self.request)
        return Place.APP if in_app else Place.PORTAL

    def render(self, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """A page, with what every page needs."""
        shown = {"shop": self.shop, "session": self.session, "place": self.place.value, **(context or {})}
        return render(self.request, template, shown, status=status)

    def keep_session(self, secret: Secret) -> None:
        """Leave the session's secret with the browser; it comes along when somebody follows a link from elsewhere."""
        self._kept = secret, True

    def leave_session(self) -> None:
        """Go on as who is half-way through signing in: the session in this browser may be somebody else's."""
        take_session(self.connection, Secret(""))
        self._left, self.session = self.session, None

    def return_to_session(self) -> Session | None:
        """Be of the session in this browser again, if it has one."""
        if self._left is not None:
            take_session(self.connection, Secret(self.request.COOKIES[SESSION_COOKIE][:100]))
            self._left, self.session = None, self._left
        return self.session

    def keep_step(self, secret: Secret) -> None:
        """Leave a step's secret with the browser."""
        self._step = secret

    def forget_session(self) -> None:
        """Take the session's secret from the browser."""
        self._forgets = True

    def leave_cookies(self, response: HttpResponseBase) -> None:
        """Set what was to be kept."""
        if self._kept is not None:
            _set(response, SESSION_COOKIE, self._kept[0], int(BROWSER_LIFETIME.total_seconds()))
            response.delete_cookie(STEP_COOKIE, samesite="Lax")
        if self._step is not None:
            _set(response, STEP_COOKIE, self._step, None)
        if self._forgets:
            response.delete_cookie(SESSION_COOKIE, samesite="Lax")


@dataclass(frozen=True, slots=True)
class Block:
    """What an area says on the first page: a template, and what it is filled with, as ``shown``."""

    template: str
    context: dict[str, Any]


View = Callable[Concatenate[Visit, P], HttpResponseBase]


def open_page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for everybody."""
    return _declared(view, OPEN)


def page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for who is signed in; everybody else signs in first, and comes back."""
    return _declared(view, SIGNED_IN)


def fresh_page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for who has proved within the last minutes who they are (S11); others do so first, and come back."""
    return _declared(view, FRESH)


def _declared(view: View[P], declared: str) -> Callable[..., HttpResponseBase]:
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        shop: Shop | None = request.shop  # type: ignore[attr-defined]  # set by the middleware
        if shop is None:
            return render(request, "portal/closed.html", status=503)
        if request.method == "POST" and not POSTS.within(django_connection, address_of(request)):
            return too_many(request)
        now = timezone.now()
        with database() as transaction:
            visit = Visit(request, transaction, shop, now, _session(request, transaction, shop, now))
            response = _turned_away(visit, declared) or view(visit, *args, **kwargs)
        visit.leave_cookies(response)
        if _starts_the_app(request):
            response.set_cookie(
                APP_COOKIE, "1", max_age=_A_YEAR, secure=settings.CSRF_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
        response.headers["Cache-Control"] = "no-store, private"
        return response

    answered.declared = declared  # type: ignore[attr-defined]  # read by ClosedUnlessDeclared
    return answered


def open_file(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A file that differs between brands and is the same for everybody: colours, logo, manifest, service worker.

    No session is looked at and no cookie left, so browsers may keep it; they ask each time whether it is still so.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response.headers["Cache-Control"] = "no-cache"
        return response

    answered.declared = OPEN  # type: ignore[attr-defined]  # read by ClosedUnlessDeclared
    return answered


def _starts_the_app(request: HttpRequest) -> bool:
    """Whether this is the address that the installed app begins with (its manifest's `start_url`)."""
    return request.GET.get("place") == Place.APP.value


def _session(request: HttpRequest, transaction: Connection, shop: Shop, now: datetime) -> Session | None:
    if step := request.COOKIES.get(STEP_COOKIE):
        take_step(transaction, Secret(step[:100]))
    secret = request.COOKIES.get(SESSION_COOKIE)
    if not secret:
        return None
    take_session(transaction, Secret(secret[:100]))
    session = find_session(transaction, now)
    if session is None or session.brand_id != shop.id:  # a session of another brand is none here
        take_session(transaction, Secret(""))
        return None
    return session


def _turned_away(visit: Visit, declared: str) -> HttpResponse | None:
    if declared == OPEN:
        return None
    if visit.session is None:
        return to_sign_in(visit.request)
    if declared == FRESH and not visit.session.is_fresh(visit.now):
        return to_sign_in(visit.request, again=True)
    return None


def to_sign_in(request: HttpRequest, *, again: bool = False) -> HttpResponse:
    """Sign in, or prove it again, and come back to this page; what was posted is asked for again."""
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else _referring(request)
    return redirect(f"{reverse('sign_in:again' if again else 'sign_in:sign_in')}?{urlencode({'next': back})}")


def next_page(request: HttpRequest) -> str:
    """Where somebody wanted to go: an address of this host, never another one's."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted.startswith("/") else reverse("start:home")


def form_key(sent: str) -> str:
    """The key of a form, under which a second tap is the same; one that is none is of a form that was never shown."""
    try:
        return str(UUID(sent))
    except ValueError:
        return str(uuid4())


def _referring(request: HttpRequest) -> str:
    """The page a form stands on, which is on this host or nowhere."""
    here = f"{request.scheme}://{request.get_host()}"
    referring = request.headers.get("Referer", "")
    return referring.removeprefix(here) if referring.startswith(f"{here}/") else reverse("start:home")


def too_many(request: HttpRequest) -> HttpResponse:
    """Say so, in words."""
    answer = render(request, "portal/too_many.html", {"shop": request.shop}, status=429)  # type: ignore[attr-defined]
    answer.headers["Retry-After"] = "60"
    return answer


class ClosedUnlessDeclared:
    """A view that does not say who may see it is shown to nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: object, _args: object, _kwargs: object) -> HttpResponse | None:
        """Refuse what declares nothing."""
        return None if getattr(view, "declared", None) in {OPEN, SIGNED_IN, FRESH, APP} else HttpResponse(status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without our mark on it: most often a page that was open for too long, or cookies switched off."""
    return render(request, "portal/stale.html", {"shop": getattr(request, "shop", None)}, status=403)


def _set(response: HttpResponseBase, name: str, secret: Secret, seconds: int | None) -> None:
    response.set_cookie(
        name, secret.reveal(), max_age=seconds, secure=settings.CSRF_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
