"""Who may ask what by JSON: an app with an access token of enough scope, in a session that is fresh where it must be.

Cookies are neither read nor left here, so that no other site can use them, and no form needs a token of ours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final

from django.db import connection as django_connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from werda.api.problems import METHOD, NOT_FOUND, PREFIX, Kind, Problem
from werda.core.native_app import Scope
from werda.core.portal import FRESH, Place
from werda.core.secret import Secret
from werda.look.address import address_of
from werda.look.rings import database
from werda.portal.access import APP, POSTS, P, Visit
from werda.usecases.connect_app import find_app_session

MALFORMED: Final = Kind("malformed", 400, "The request does not have the form that the API asks for")
NO_TOKEN: Final = Kind("no-token", 401, "The access token is missing, unknown or over")
SCOPE: Final = Kind("insufficient-scope", 403, "The access token does not allow this")
FRESH_PROOF: Final = Kind("fresh-proof-needed", 403, "The customer proves once more who they are before this is shown")
HIDDEN: Final = Kind("display-locked", 403, "The customer locked the display of secrets")
NOT_YET: Final = Kind("not-shown-yet", 403, "The code is not shown in the app yet")
HOTLINE_CLOSED: Final = Kind("hotline-closed", 409, "The customer keeps the hotline closed")
NO_CALL_CODES: Final = Kind("no-call-codes", 409, "The hotline takes no call codes from this customer")
NOT_ALLOWED: Final = Kind("not-allowed", 403, "The policy does not let this session do it")
NOT_BOOKABLE: Final = Kind("not-bookable", 409, "The option cannot be booked for this line now")
NOT_CANCELLED: Final = Kind("not-cancelled", 409, "The booking cannot be ended so now")
KEY_REUSED: Final = Kind("idempotency-key-reused", 422, "The idempotency key was used for another booking")
CODE_REFUSED: Final = Kind("code-refused", 422, "This code cannot be chosen")
TOO_MANY: Final = Kind("too-many", 429, "Too many requests lately")
UNAVAILABLE: Final = Kind("unavailable", 503, "It could not be done now; nobody is let in")

EVERYWHERE: Final = (NO_TOKEN, SCOPE, METHOD, TOO_MANY, UNAVAILABLE)


class AppVisit(Visit):
    """One request of an app. What it is shown, it is shown in the app (S8)."""

    place = Place.APP


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked: what the OpenAPI document says of it, and what it needs. `body`: fields, all of them text.

    `key`: it takes an `Idempotency-Key`; `may_be_empty`: the body may be left out.
    """

    method: str
    summary: str
    scope: Scope
    answer: Mapping[str, Any]
    fresh: bool = False
    key: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    may_be_empty: bool = False
    query: Sequence[str] = ()
    problems: Sequence[Kind] = ()


Resource = Callable[Concatenate[AppVisit, P], dict[str, Any]]


def machine(view: Callable[[AppVisit], HttpResponse]) -> Callable[..., HttpResponse]:
    """An address for apps that nobody is signed in at."""

    def answered(request: HttpRequest) -> HttpResponse:
        return _answer(request, view)

    return _declared(answered)


def resource(operation: Operation) -> Callable[[Resource[P]], Callable[..., HttpResponse]]:
    """An address for an app that has an access token; what the view gives is the answer."""

    def of(view: Resource[P]) -> Callable[..., HttpResponse]:
        def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            def work(visit: AppVisit) -> HttpResponse:
                if request.method != operation.method:
                    raise Problem(METHOD, f"Use {operation.method}.", allow=operation.method)
                _let_in(visit, operation)
                return JsonResponse(view(visit, *args, **kwargs))

            return _answer(request, work)

        answered.operation = operation  # type: ignore[attr-defined]  # read by the OpenAPI document
        return _declared(answered)

    return of


def body(visit: Visit, *names: str) -> list[Secret]:
    """The fields of a JSON body, which has these and no others. Any of them may be secret."""
    try:
        sent = json.loads(visit.request.body) if len(visit.request.body) <= 2_000 else None
    except ValueError:
        sent = None
    if (
        not isinstance(sent, dict)
        or set(sent) != set(names)
        or not all(isinstance(text, str) for text in sent.values())
    ):
        raise Problem(MALFORMED, f"Send a JSON object with {', '.join(names)}, as text, and nothing else.")
    return [Secret(sent[name]) for name in names]


def issuer(request: HttpRequest) -> str:
    """How this portal is named to apps: its own address."""
    return f"{request.scheme}://{request.get_host()}"


def _let_in(visit: AppVisit, operation: Operation) -> None:
    kind, _, token = visit.request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Problem(NO_TOKEN, "Send an access token as a bearer token.")
    found = find_app_session(visit.connection, Secret(token[:200]), visit.now)
    if found is None or found[0].brand_id != visit.shop.id:
        raise Problem(
            NO_TOKEN, "Get a new access token with the refresh token, or sign in again.", error="invalid_token"
        )
    visit.session, scopes = found
    if operation.scope not in scopes:
        raise Problem(SCOPE, f"This needs the scope {operation.scope}.", scope=operation.scope.value)
    if operation.fresh and not visit.signed_in.is_fresh(visit.now):
        raise Problem(
            FRESH_PROOF,
            f"Send the customer to authorize with prompt=login; for {int(FRESH.total_seconds() // 60)} minutes from"
            " then on it is shown.",
            authorize=f"{issuer(visit.request)}/oauth/authorize",
            prompt="login",
        )


def _answer(request: HttpRequest, work: Callable[[AppVisit], HttpResponse]) -> HttpResponse:
    try:
        shop = request.shop  # type: ignore[attr-defined]  # set by the middleware
        if shop is None:
            raise Problem(UNAVAILABLE, "There is no brand here yet.")
        if request.method == "POST" and not POSTS.within(django_connection, address_of(request)):
            raise Problem(TOO_MANY, "Wait a minute.")
        with database() as transaction:
            response = work(AppVisit(request, transaction, shop, timezone.now(), None))
    except Problem as problem:
        response = _problem(problem)
    except Http404:
        response = _problem(Problem(NOT_FOUND, "There is no such thing, or it is not this customer's."))
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(problem: Problem) -> HttpResponse:
    kind = problem.kind
    shown = {"type": PREFIX + kind.name, "title": kind.title, "status": kind.status, "detail": problem.detail}
    response = JsonResponse(shown | problem.members, status=kind.status, content_type="application/problem+json")
    if kind is NO_TOKEN:  # RFC 6750: who sent no token is told no error
        error = ' error="invalid_token"' if "error" in problem.members else ""
        response.headers["WWW-Authenticate"] = f"Bearer{error}"
    if kind is SCOPE:
        response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{problem.members["scope"]}"'
    if kind is METHOD:
        response.headers["Allow"] = problem.members["allow"]
    if kind in {TOO_MANY, UNAVAILABLE}:
        response.headers["Retry-After"] = "60" if kind is TOO_MANY else "1"
    return response


def _declared(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    view.declared = APP  # type: ignore[attr-defined]  # read by ClosedUnlessDeclared
    return csrf_exempt(view)
