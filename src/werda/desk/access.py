"""What a page of the desk needs: an agent who signed in with both steps and, for a call, the grant (A4, A10).

The grant's secret lives in a cookie of the call's own path and nowhere in the database, where only its hash lies.
"""

from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from werda.core.secret import Secret
from werda.store.models.agent import Agent
from werda.store.queries.grant import Grant, grant_of

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_PREFIX: Final = "__Secure-" if settings.SESSION_COOKIE_SECURE else ""
GRANT_COOKIE: Final = f"{_PREFIX}werda_grant"


def agent_of(request: HttpRequest) -> Agent:
    """Who is signed in; the middleware lets nobody else come this far."""
    assert isinstance(request.user, Agent)
    return request.user


def for_agents(page: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> Page[P]:
    """The page needs an agent with a second step; who has none yet sets one up first. Nothing of it is cached."""

    @never_cache
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not is_mfa_enabled(agent_of(request)):
            return redirect("mfa_activate_totp")
        return page(request, *args, **kwargs)

    return checked


def with_grant(page: Callable[[HttpRequest, Grant], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The page shows or does something in a call, so it needs the agent's living grant of that call."""

    @for_agents
    def checked(request: HttpRequest, call_id: int) -> HttpResponseBase:
        grant = living_grant(request, call_id)
        if grant is None:
            messages.add_message(request, messages.WARNING, _("The grant of this call has ended."), extra_tags="legacy")
            return redirect("desk:board")
        return page(request, grant)

    return checked


def grant_secret(request: HttpRequest) -> Secret:
    """The grant's secret that the browser holds for this call; empty when it holds none."""
    return Secret(request.COOKIES.get(GRANT_COOKIE, ""))


def living_grant(request: HttpRequest, call_id: int) -> Grant | None:
    """The grant whose secret the browser holds for this call, while it lives."""
    secret = grant_secret(request)
    return grant_of(secret, agent_id=agent_of(request).pk, call_id=call_id) if secret else None


def keep_grant(response: HttpResponse, call_id: int, secret: Secret) -> None:
    """Leave the grant's secret with the browser, for the pages of this call only."""
    response.set_cookie(
        GRANT_COOKIE,
        secret.reveal(),
        path=_path(call_id),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def forget_grant(response: HttpResponse, call_id: int) -> None:
    """Take it away again."""
    response.delete_cookie(GRANT_COOKIE, path=_path(call_id), samesite="Strict")


def _path(call_id: int) -> str:
    path: Any = reverse("desk:call", args=[call_id])
    return str(path)
