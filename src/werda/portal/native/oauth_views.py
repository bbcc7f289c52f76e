"""Signing an app in: the customer allows it on one page, the app fetches its tokens (OAuth 2.1, PKCE by S256 only)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase

from werda.core.native_app import ACCESS_LIFETIME, Client, Scope, is_challenge, read_scopes, written
from werda.core.secret import Secret
from werda.portal.access import Visit, fresh_page, open_file
from werda.portal.native.access import AppVisit, issuer, machine
from werda.usecases.connect_app import Tokens, give_code, renew_tokens, revoke, take_code

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"


class _ToTheApp(HttpResponseRedirect):
    """Apps have schemes of their own; where this leads was compared letter by letter with what the operator wrote."""

    def __init__(self, uri: str) -> None:
        self.allowed_schemes = [urlsplit(uri).scheme]  # of this one answer
        super().__init__(uri)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An app asks to be let in. `error` is told to the app; where there is one, the rest may be missing."""

    client: Client
    redirect_uri: str
    state: str | None
    challenge: str = ""
    scopes: frozenset[Scope] = frozenset()
    error: str | None = None


@fresh_page
def authorize(visit: Visit) -> HttpResponseBase:
    """Ask the customer whether this app may. Who comes here has just proved who they are, whatever `prompt` says."""
    asked = _asked(visit)
    if asked is None:
        return visit.render("native/unknown.html", status=400)
    if asked.error is not None:
        return _back(visit.request, asked, error=asked.error)
    if visit.request.method != "POST":
        response = visit.render(
            "native/consent.html",
            {
                "client": asked.client,
                "secrets": Scope.SECRETS in asked.scopes,
                "options": Scope.OPTIONS in asked.scopes,
            },
        )
        response._csp_update = {"form-action": [_origin(asked.redirect_uri)]}  # type: ignore[attr-defined]
        return response
    if visit.request.POST.get("go") != "allow":
        return _back(visit.request, asked, error="access_denied")
    code = give_code(
        visit.connection, visit.signed_in, asked.client, asked.redirect_uri, asked.challenge, asked.scopes,
        now=visit.now,
    )  # fmt: skip
    return _back(visit.request, asked, code=code.reveal())


@machine
def token(visit: AppVisit) -> HttpResponse:
    """Tokens for a code, or for the newest refresh token."""
    sent = _form(visit)
    if isinstance(sent, HttpResponse):
        return sent
    form, client = sent
    grant = form.get("grant_type")
    if grant == CODE and {"code", "redirect_uri", "code_verifier"} <= set(form):
        tokens = take_code(
            visit.connection, visit.shop.id, client, form["redirect_uri"], Secret(form["code"][:200]),
            Secret(form["code_verifier"][:200]), now=visit.now,
        )  # fmt: skip
    elif grant == REFRESH and "refresh_token" in form:
        tokens = renew_tokens(
            visit.connection, visit.shop.id, client, Secret(form["refresh_token"][:200]), now=visit.now
        )
    else:
        return _error("invalid_request" if grant in {CODE, REFRESH, None} else "unsupported_grant_type")
    return _told(tokens) if tokens else _error("invalid_grant")


@machine
def end(visit: AppVisit) -> HttpResponse:
    """Sign the app out; a token that is over, or never was, is answered alike (RFC 7009)."""
    sent = _form(visit)
    if isinstance(sent, HttpResponse):
        return sent
    form, client = sent
    if "token" not in form:
        return _error("invalid_request")
    revoke(visit.connection, visit.shop.id, client, Secret(form["token"][:200]), now=visit.now)
    return HttpResponse()


@open_file
def metadata(request: HttpRequest) -> HttpResponse:
    """What an app needs to know (RFC 8414)."""
    here = issuer(request)
    return JsonResponse(
        {
            "issuer": here,
            "authorization_endpoint": f"{here}/oauth/authorize",
            "token_endpoint": f"{here}/oauth/token",
            "revocation_endpoint": f"{here}/oauth/revoke",
            "scopes_supported": [scope.value for scope in Scope],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [CODE, REFRESH],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


def _asked(visit: Visit) -> _Asked | None:
    """None when it is not certain whose answer it would be: then nobody is sent anywhere."""
    query = visit.request.GET
    once = {name: values[0] for name, values in query.lists() if len(values) == 1}
    client = _client(visit, once.get("client_id", ""))
    redirect_uri = once.get("redirect_uri", "")
    if client is None or not client.may_return_to(redirect_uri):
        return None
    state = once.get("state")
    scopes = read_scopes(once.get("scope", ""))
    error = None
    if len(once) != len(query):
        error = "invalid_request"
    elif once.get("response_type") != "code":
        error = "unsupported_response_type"
    elif once.get("code_challenge_method") != "S256" or not is_challenge(once.get("code_challenge", "")):
        error = "invalid_request"
    elif scopes is None:
        error = "invalid_scope"
    return _Asked(client, redirect_uri, state, once.get("code_challenge", ""), scopes or frozenset(), error)


def _back(request: HttpRequest, asked: _Asked, **answer: str) -> HttpResponse:
    if asked.state is not None:
        answer["state"] = asked.state
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return _ToTheApp(f"{asked.redirect_uri}{joint}{urlencode({**answer, 'iss': issuer(request)})}")


def _origin(uri: str) -> str:
    """The place that the page's form may lead on to, as a Content-Security-Policy names it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _form(visit: AppVisit) -> tuple[dict[str, str], Client] | HttpResponse:
    """The form and the app that sent it; nothing of it is ever in an address."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    sent = visit.request.POST
    if visit.request.GET or any(len(values) != 1 for _, values in sent.lists()):
        return _error("invalid_request")
    client = _client(visit, sent.get("client_id", ""))
    return ({name: str(value) for name, value in sent.items()}, client) if client else _error("invalid_client", 401)


def _told(tokens: Tokens) -> HttpResponse:
    return JsonResponse(
        {
            "access_token": tokens.access.reveal(),
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "refresh_token": tokens.refresh.reveal(),
            "scope": written(tokens.scopes),
        }
    )


def _error(name: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"error": name}, status=status)


def _client(visit: Visit, client_id: str) -> Client | None:
    """The app of this name, if it is this brand's."""
    clients: Mapping[str, Client] = settings.WERDA_SETTINGS.app_clients
    client = clients.get(client_id)
    return client if client is not None and client.is_of(visit.shop.slug) else None
