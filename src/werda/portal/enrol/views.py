"""Prove who one is without being signed in, then choose a password. Whatever is wrong reads the same (C7)."""

import re
import secrets
from typing import Any, Final

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from werda.core.method import Method
from werda.core.one_time_code import OneTimeLimits
from werda.core.portal import SignedInBy
from werda.core.secret import Secret
from werda.look.rings import custody, verifier
from werda.portal.access import Visit, open_page, too_many
from werda.portal.account.forms import NewPassword
from werda.portal.enrol.forms import LetterForm, LinkForm, SmsForm, WhoForm
from werda.portal.sign_in.tries import SignInTries
from werda.portal.sign_in.views import TOTP_STEP, welcome
from werda.store.queries.policies import policy_in_force
from werda.usecases.ask_gate import Gate, GateUnavailable
from werda.usecases.enrol import enrol_by_letter, enrol_by_sms, open_link, send_link
from werda.usecases.enrol_login import first_password, password_flaws
from werda.usecases.half_sign_in import begin_step, end_step, find_step
from werda.usecases.limit_tries import Limit
from werda.usecases.open_session import SignedIn

SMS, PASSWORD = "enrol_sms", "enrol_password"
LINKS: Final = Limit("portal: link", 5, 3600)
"""Links that are asked for with one name."""
LETTERS: Final = Limit("portal: letter code", 5, 3600)
"""Letter codes that are tried for one customer number, beside the limits of the gate (C2)."""
_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,32}")


@open_page
def begin(visit: Visit) -> HttpResponseBase:
    """Ask for a link, or go on with a letter code."""
    if visit.request.method != "POST":
        return visit.render("enrol/begin.html", {"form": WhoForm()})
    form = WhoForm(visit.request.POST)
    if not form.is_valid():
        return visit.render("enrol/begin.html", {"form": form}, 422)
    if not SignInTries(visit, form.cleaned_data["name"], LINKS).are_within():
        return too_many(visit.request)
    send_link(visit.connection, custody(), visit.shop.id, form.cleaned_data["name"], now=visit.now)
    return visit.render("enrol/link_sent.html")


@open_page
def letter(visit: Visit) -> HttpResponseBase:
    """A code from a letter: the gate says whether it is right, and counts it."""
    if visit.request.method != "POST":
        return visit.render("enrol/letter.html", {"form": LetterForm()})
    form = LetterForm(visit.request.POST)
    if not form.is_valid():
        return visit.render("enrol/letter.html", {"form": form}, 422)
    number = form.cleaned_data["number"].strip()
    if not SignInTries(visit, number, LETTERS).are_within():
        return too_many(visit.request)
    try:
        login = _by_letter(visit, number, Secret("".join(form.cleaned_data["code"].split())))
    except GateUnavailable:
        form.add_error(None, _("That cannot be checked at the moment. Nothing is lost: try again in a moment."))
        return visit.render("enrol/letter.html", {"form": form}, 503)
    if login is None:
        form.add_error(None, _("Customer number or code is not right, or the code counts no longer."))
        return visit.render("enrol/letter.html", {"form": form}, 422)
    return _choose_password(visit, login, SignedInBy.LETTER_CODE)


def _by_letter(visit: Visit, number: str, code: Secret) -> int | None:
    """A code of another length is none, and goes nowhere: no customer code and no PUK is tried here (C1)."""
    policy = policy_in_force(visit.connection, visit.shop.id, visit.now)
    wanted = (policy.one_time if policy else OneTimeLimits()).digits(Method.LETTER_CODE)
    digits = code.reveal()
    if not (digits.isascii() and digits.isdigit() and len(digits) == wanted and _NUMBER.fullmatch(number)):
        return None
    gate = Gate(settings.WERDA_GATE_SOCKET, settings.WERDA_GATE_KEY_FILE)
    token = gate.letter_code(visit.shop.slug, number, code, f"portal-{secrets.token_hex(12)}")
    return enrol_by_letter(visit.connection, verifier(), token, now=visit.now) if token else None


@open_page
def link(visit: Visit) -> HttpResponseBase:
    """The link from the mail: an SMS goes out."""
    if visit.request.method != "POST":
        return visit.render("enrol/link.html", {"form": LinkForm()})
    form = LinkForm(visit.request.POST)
    token = Secret(form.cleaned_data["token"].strip().rpartition("#")[2]) if form.is_valid() else None
    sent = (
        open_link(visit.connection, verifier(), custody(), visit.shop.id, token, now=visit.now) if token else None
    )  # fmt: skip
    if sent is None:
        form.add_error(None, _("This link counts no longer, or was used. Ask for another one."))
        return visit.render("enrol/link.html", {"form": form}, 422)
    state = {"enrolment": sent.enrolment_id, "customer": sent.customer_id, "ends_in": sent.ends_in}
    visit.keep_step(begin_step(visit.connection, visit.shop.id, SMS, now=visit.now, state=state))
    return redirect("enrol:sms")


@open_page
def sms(visit: Visit) -> HttpResponseBase:
    """The code from the SMS."""
    step = find_step(visit.connection, visit.shop.id, SMS)
    if step is None:
        return redirect("enrol:begin")
    context: dict[str, Any] = {"form": SmsForm(), "ends_in": step.state["ends_in"]}
    if visit.request.method != "POST":
        return visit.render("enrol/sms.html", context)
    form = context["form"] = SmsForm(visit.request.POST)
    login = None
    if form.is_valid():
        code = Secret(form.cleaned_data["code"])
        login = enrol_by_sms(
            visit.connection, verifier(), step.state["enrolment"], step.state["customer"], code, now=visit.now
        )
    if login is None:
        form.add_error(None, _("This code is not right, or counts no longer. There are five tries."))
        return visit.render("enrol/sms.html", context, 422)
    end_step(visit.connection, step)
    return _choose_password(visit, login, SignedInBy.MAIL_AND_SMS)


def _choose_password(visit: Visit, login: int, by: SignedInBy) -> HttpResponseBase:
    state = {"by": by.value}
    visit.keep_step(begin_step(visit.connection, visit.shop.id, PASSWORD, now=visit.now, login_id=login, state=state))
    return redirect("enrol:password")


@open_page
def password(visit: Visit) -> HttpResponseBase:
    """Choose a password; who has an authenticator app is asked for its code, too."""
    visit.leave_session()
    step = find_step(visit.connection, visit.shop.id, PASSWORD)
    if step is None or step.login_id is None:
        return redirect("enrol:begin")
    if visit.request.method != "POST":
        return visit.render("enrol/password.html", {"form": NewPassword()})
    form = NewPassword(visit.request.POST)
    for flaw in password_flaws(Secret(form.cleaned_data["password"])) if form.is_valid() else []:
        form.add_error("password", flaw)
    if form.errors:
        return visit.render("enrol/password.html", {"form": form}, 422)
    has_totp = first_password(
        visit.connection, step.login_id, Secret(form.cleaned_data["password"]), now=visit.now
    )  # fmt: skip
    end_step(visit.connection, step)
    if has_totp:
        visit.keep_step(begin_step(visit.connection, visit.shop.id, TOTP_STEP, now=visit.now, login_id=step.login_id))
        return redirect(reverse("sign_in:second_step"))
    return welcome(visit, SignedIn(step.login_id, SignedInBy(step.state["by"])))
