"""Agents sign in with a password and a TOTP code; nobody signs themselves up (A10)."""

import time
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.views import AccountInactiveView, LoginView, LogoutView, ReauthenticateView
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.safestring import mark_safe
from django.views.generic import RedirectView

from werda.desk.tries import CODES, CODES_A_DAY, PASSWORDS, SignInTries, remember_device

_FRESH: Final = 300.0


class DeskAdapter(DefaultAccountAdapter):
    """Accounts are made by `werda agent create`, never on the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: that somebody is signed in is seen at the desk."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try; raises what the form shows when there were too many, whether or not there is such a login."""
        self._tries = SignInTries(request, str(credentials.get("username", "")), PASSWORDS)
        if not self._tries.are_within():
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The agent whose password it is. A right one does not count."""
        agent = super().authenticate(request, **credentials)
        if agent:
            self._tries.succeeded()
        return agent

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The password: allauth would offer the second step at an address that the desk does not have."""
        return [{"id": "reauthenticate", "url": reverse("account_reauthenticate")}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of the password: a newcomer sets up the second step right after it."""
        request = context.request
        known = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
        return not known or time.time() - max(known) > _FRESH


class SecondStepForm(AuthenticateForm):
    """The code of the authenticator app, or a recovery code."""

    def clean_code(self) -> str:
        """Count the try before the code is compared; each code opens once."""
        tries = SignInTries(context.request, self.user.get_username(), CODES, CODES_A_DAY)
        if not tries.are_within():
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        tries.succeeded()
        return code


class SecondStepView(AuthenticateView):
    """The second step; whoever passes it is known on this device from then on."""

    def form_valid(self, form: Any) -> HttpResponse:
        """In, with the device's cookie."""
        login = self.stage.login.user.get_username()
        response: HttpResponse = super().form_valid(form)
        remember_device(response, self.request, login)
        return response


class EnrolView(ActivateTOTPView):
    """Setting up the second step. The picture is drawn into the page: its key must not be an address of its own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever has one is led on; only the operator takes it away."""
        if request.user.is_authenticated and is_mfa_enabled(request.user):
            return redirect("desk:board")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """In, with the device's cookie."""
        response: HttpResponse = super().form_valid(form)
        remember_device(response, self.request, self.request.user.get_username())
        return response

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
    path("second-step", SecondStepView.as_view(**_template("second_step")), name="mfa_authenticate"),
    path("second-step/set-up", EnrolView.as_view(**_template("set_up")), name="mfa_activate_totp"),
    path("recovery-codes", ViewRecoveryCodesView.as_view(**_template("recovery")), name="mfa_view_recovery_codes"),
    path("done", RedirectView.as_view(url=reverse_lazy("desk:board")), name="mfa_index"),
]
