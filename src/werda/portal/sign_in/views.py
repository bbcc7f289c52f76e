"""Sign in with name and password, and a second step where there is one; prove it again; sign out.

Every way ends in `welcome`, which opens the session: a new secret each time, so that none can be planted beforehand.
"""

from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from werda.core.portal import SignedInBy
from werda.core.secret import Secret
from werda.look.rings import custody
from werda.portal.access import Visit, next_page, open_page, page, too_many
from werda.portal.sign_in.device import device_of
from werda.portal.sign_in.forms import Code, NameAndPassword, PasswordAgain, PasswordAndCodeAgain
from werda.portal.sign_in.provider import Provider
from werda.portal.sign_in.tries import CODES, CODES_A_DAY, PASSWORDS, PASSWORDS_A_DAY, SignInTries
from werda.usecases.check_login import KnownLogin, check_login, check_password_again, check_totp
from werda.usecases.end_sessions import end_session
from werda.usecases.half_sign_in import Step, begin_step, end_step, find_step
from werda.usecases.open_session import SignedIn, open_session
from werda.usecases.renew_session import renew_session

TOTP_STEP: Final = "totp"


def provider_of(visit: Visit) -> Provider | None:
    """Whom this brand's customers may sign in with, beside us (`operator_views`)."""
    provider: Provider | None = settings.WERDA_SETTINGS.provider
    return provider if provider is not None and provider.brand == visit.shop.slug else None


def welcome(visit: Visit, signed_in: SignedIn, wanted: str | None = None) -> HttpResponseBase:
    """Open the session and go where they wanted to: `wanted`, or what the request names.

    The one this browser had before ends, be it somebody else's: nobody would see it any more, and it would live on.
    """
    if (former := visit.return_to_session()) is not None:
        end_session(visit.connection, former, former.id, now=visit.now)
    device = device_of(visit.request.headers.get("User-Agent", ""))
    visit.keep_session(open_session(visit.connection, signed_in, place=visit.place, device=device, now=visit.now))
    return redirect(wanted or next_page(visit.request))


@open_page
def sign_in(visit: Visit) -> HttpResponseBase:
    """Name and password."""
    if visit.request.method != "POST":
        if visit.session is not None:
            return redirect(next_page(visit.request))
        return _form(visit, NameAndPassword())
    form = NameAndPassword(visit.request.POST)
    if not form.is_valid():
        return _form(visit, form, status=422)
    tries = SignInTries(visit, form.cleaned_data["name"], PASSWORDS, PASSWORDS_A_DAY)
    if not tries.are_within():
        return too_many(visit.request)
    found = check_login(
        visit.connection, visit.shop.id, form.cleaned_data["name"], Secret(form.cleaned_data["password"])
    )
    if not isinstance(found, KnownLogin):
        form.add_error(None, _("Name or password is not right."))
        return _form(visit, form, status=422)
    tries.succeeded()
    if not found.has_totp:
        return welcome(visit, SignedIn(found.login_id, SignedInBy.PASSWORD))
    visit.keep_step(begin_step(visit.connection, visit.shop.id, TOTP_STEP, now=visit.now, login_id=found.login_id))
    return redirect(f"{reverse('sign_in:second_step')}?{urlencode({'next': next_page(visit.request)})}")


@open_page
def second_step(visit: Visit) -> HttpResponseBase:
    """The code of the authenticator app."""
    visit.leave_session()
    step = find_step(visit.connection, visit.shop.id, TOTP_STEP)
    if step is None or step.login_id is None:
        return redirect("sign_in:sign_in")
    if visit.request.method != "POST":
        return visit.render("sign_in/second_step.html", {"form": Code(), "next": next_page(visit.request)})
    form = Code(visit.request.POST)
    tries = SignInTries(visit, str(step.login_id), CODES, CODES_A_DAY)
    if not tries.are_within():
        return too_many(visit.request)
    right = form.is_valid() and check_totp(
        visit.connection, custody(), step.login_id, Secret(form.cleaned_data["code"]), now=visit.now
    )
    if not right:
        form.add_error(None, _("This code is not right. Each code counts once and for half a minute."))
        context = {"form": form, "next": next_page(visit.request)}
        return visit.render("sign_in/second_step.html", context, status=422)
    tries.succeeded()
    by_operator = step.state.get("method") == SignedInBy.OPERATOR
    since = visit.connection.execute("select totp_since from customer_login where id = %s", (step.login_id,)).fetchone()
    end_step(visit.connection, step)
    if by_operator and _renewed(visit, step):
        return redirect(next_page(visit.request))
    if by_operator:  # not a password of ours: what the provider asked for is not known, so it is not strong (A3)
        return welcome(visit, SignedIn(step.login_id, SignedInBy.OPERATOR))
    return welcome(visit, SignedIn(step.login_id, SignedInBy.TOTP, since[0] if since else None))


def _renewed(visit: Visit, step: Step) -> bool:
    """Whether the session in this browser proved itself once more, with the account and now the code (S11)."""
    session = visit.return_to_session()
    if session is None or step.state.get("again") != session.id or session.login_id != step.login_id:
        return False
    renew_session(visit.connection, session, now=visit.now)
    return True


@page
def again(visit: Visit) -> HttpResponseBase:
    """Prove once more who they are, before something that matters (S11)."""
    ways = ways_again(visit)
    kind = PasswordAndCodeAgain if ways["totp"] else PasswordAgain
    if visit.request.method != "POST" or not ways["password"]:
        return visit.render("sign_in/again.html", {"form": kind(), **_towards(visit), **ways})
    form = kind(visit.request.POST)
    tries = SignInTries(visit, f"again {visit.signed_in.login_id}", PASSWORDS, PASSWORDS_A_DAY)
    if not tries.are_within():
        return too_many(visit.request)
    if not (form.is_valid() and _proved(visit, form.cleaned_data)):
        form.add_error(None, _("That is not right."))
        return visit.render("sign_in/again.html", {"form": form, **_towards(visit), **ways}, status=422)
    tries.succeeded()
    renew_session(visit.connection, visit.signed_in, now=visit.now)
    return redirect(next_page(visit.request))


def ways_again(visit: Visit) -> dict[str, bool]:
    """How this login can prove itself again."""
    row = visit.connection.execute(
        "select password <> '', totp is not null, exists (select from passkey p where p.login_id = l.id)"
        " from customer_login l where id = %s",
        (visit.signed_in.login_id,),
    ).fetchone()
    assert row is not None, "a session has its login"
    return {"password": row[0], "totp": row[1], "passkey": row[2], "operator": provider_of(visit) is not None}


def _proved(visit: Visit, typed: dict[str, Any]) -> bool:
    session = visit.signed_in
    right = check_password_again(visit.connection, session.login_id, Secret(typed["password"]))
    if not right or "code" not in typed:
        return right
    return check_totp(visit.connection, custody(), session.login_id, Secret(typed["code"]), now=visit.now)


@page
def sign_out(visit: Visit) -> HttpResponseBase:
    """This session ends."""
    if visit.request.method == "POST":
        end_session(visit.connection, visit.signed_in, visit.signed_in.id, now=visit.now)
        visit.forget_session()
        return redirect("sign_in:sign_in")
    return redirect("start:home")


def _form(visit: Visit, form: NameAndPassword, status: int = 200) -> HttpResponseBase:
    context = {"form": form, "operator": provider_of(visit) is not None, **_towards(visit)}
    return visit.render("sign_in/sign_in.html", context, status=status)


def _towards(visit: Visit) -> dict[str, str]:
    """Where they wanted to go, for a form and for a link."""
    wanted = next_page(visit.request)
    return {"next": wanted, "back": urlencode({"next": wanted})}
