"""Agents sign in with a password and a TOTP code; nobody signs themselves up (A10)."""

import time
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.views import AccountInactiveView, LoginView, LogoutView, ReauthenticateView
from allauth.core import context
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpRequest
from django.urls import path, reverse_lazy
from django.utils.safestring import mark_safe
from django.views.generic import RedirectView

_FRESH: Final = 300.0


class DeskAdapter(DefaultAccountAdapter):
    """Accounts are made by `werda agent create`, never on the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: that somebody is signed in is seen at the desk."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of the password: a newcomer sets up the second step right after it."""
        request = context.request
        known = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
        return not known or time.time() - max(known) > _FRESH


class EnrolView(ActivateTOTPView):
    """Setting up the second step. The picture is drawn into the page: its key must not be an address of its own."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With `qr`, the picture without its XML declaration."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        svg = context["totp_svg"]
        context["qr"] = mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - made by qrcode, of our own text
        return context


def _template(name: str) -> dict[str, str]:
    return {"template_name": f"desk/sign_in/{name}.html"}


# These names are allauth's. What is not here (sign-up, reset by mail, e-mail addresses) does not exist.
urlpatterns = [
    path("", LoginView.as_view(**_template("password")), name="account_login"),
    path("out", LogoutView.as_view(**_template("out")), name="account_logout"),
    path("inactive", AccountInactiveView.as_view(**_template("inactive")), name="account_inactive"),
    path("again", ReauthenticateView.as_view(**_template("again")), name="account_reauthenticate"),
    path("second-step", AuthenticateView.as_view(**_template("second_step")), name="mfa_authenticate"),
    path("second-step/set-up", EnrolView.as_view(**_template("set_up")), name="mfa_activate_totp"),
    path("recovery-codes", ViewRecoveryCodesView.as_view(**_template("recovery")), name="mfa_view_recovery_codes"),
    path("done", RedirectView.as_view(url=reverse_lazy("desk:board")), name="mfa_index"),
]
