"""The pages: the board of living calls, and one call with what its grant opens."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from werda.core.alarm import AlarmState
from werda.core.call import Channel
from werda.core.call_word import call_words
from werda.core.method import Method
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.desk.access import agent_of, for_agents, forget_grant, grant_secret, keep_grant, living_grant, with_grant
from werda.desk.forms import IncidentForm, LegacyForm, NoteForm, VerifyForm
from werda.desk.panels import Row, customer_panel, note_panel, speaker_panel
from werda.desk.question import ASKED, mark_of, question_panel
from werda.desk.result import Result
from werda.desk.standing import Standing, operations
from werda.store.queries.board import alarms, brand_names, live_calls, policies_of
from werda.store.queries.customer import customer_for
from werda.store.queries.grant import Grant
from werda.store.queries.representatives import speaker_of
from werda.usecases.ask_customer import ask_customer, last_question
from werda.usecases.ask_gate import Gate, GateUnavailable, LegacyProof, NotRedeemed
from werda.usecases.lift_lockout import Lifting, lift_lockout_by_grant
from werda.usecases.report_call import Reporting, report_call
from werda.usecases.wrap_up import NoteHoldsSecret, NotYours, wrap_up

UNPROCESSABLE = 422


@require_GET
@for_agents
def board(request: HttpRequest) -> HttpResponse:
    """All living calls of the agent's brands, and which of these brands are open."""
    now = timezone.now()
    hours = [
        {"name": name, "open": _open_at(policies_of(brand_id), now)}
        for brand_id, name in brand_names(agent_of(request).brands)
    ]
    return render(request, "desk/board.html", {**_board(request), "hours": hours})


@require_GET
@for_agents
def calls(request: HttpRequest) -> HttpResponse:
    """The list of the board alone, for live updates."""
    return render(request, "desk/calls.html", _board(request))


@require_POST
@for_agents
def open_call(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Redeem the call under the agent's login; once, and only by whom the switch reported as answering."""
    try:
        redeemed = _gate().redeem(call_id, agent_of(request).pk)
    except GateUnavailable:
        return _back(request, str(Result.UNCHECKED.word))
    if isinstance(redeemed, NotRedeemed):
        return _back(
            request,
            _("This call is not yours to open: it was not answered by you, or somebody opened it already."),
        )
    response = redirect("desk:call", call_id)
    keep_grant(response, call_id, redeemed.grant)
    return response


@require_GET
@with_grant
def call(request: HttpRequest, grant: Grant) -> HttpResponse:
    """The call, with customer data if the grant opens any."""
    return _call_page(request, grant)


@require_GET
@for_agents
def alive(request: HttpRequest, call_id: int) -> HttpResponse:
    """204 while the grant lives, with the mark of what it shows now; 205 (reset what is shown) once it has ended.

    live.js hides the customer then, and takes the page anew where its mark is another one: verified further, or a no.
    """
    grant = living_grant(request, call_id)
    if grant is None:
        return HttpResponse(status=205)
    question = last_question(grant.secret, agent_id=grant.agent_id)
    return HttpResponse(status=204, headers={"Werda-Mark": mark_of(grant, question)})


@require_POST
@with_grant
def verify(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Check what the caller told the agent, whole; the digits go to the gate and nowhere else."""
    form = VerifyForm(request.POST)
    if not form.is_valid():
        return _call_page(request, grant, verify_form=form)
    return _checked(request, grant, form.cleaned_data["number"], form.cleaned_data["digits"])


@require_POST
@with_grant
def verify_legacy(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Check the old way. Whether it still counts is the gate's to say."""
    form = LegacyForm(request.POST)
    if not form.is_valid():
        return _call_page(request, grant, legacy_form=form)
    proof = LegacyProof(form.cleaned_data["birth_date"], form.cleaned_data["postcode"])
    return _checked(request, grant, form.cleaned_data["customer_number"], proof)


@require_POST
@with_grant
def unlock(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Open hotline authentication again, when the caller's letter code was verified in this call (C2)."""
    word, state = _UNLOCKED[lift_lockout_by_grant(grant.secret, agent_id=grant.agent_id)]
    messages.add_message(request, messages.INFO, word, extra_tags=state)
    return redirect("desk:call", grant.call_id)


_UNLOCKED = {
    Lifting.LIFTED: (gettext_lazy("Hotline access is unlocked. The customer will be told."), "verified"),
    Lifting.NOT_LOCKED: (gettext_lazy("Hotline access was not locked."), "verified"),
    Lifting.NOT_ALLOWED: (gettext_lazy("Only a letter code that was verified in this call unlocks."), "refused"),
}


@require_POST
@with_grant
def ask(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Ask the customer in portal or app: is it you? (A3)."""
    word, state = ASKED[ask_customer(grant.secret, agent_id=grant.agent_id)]
    messages.add_message(request, messages.INFO, str(word), extra_tags=state)
    return redirect("desk:call", grant.call_id)


@require_POST
@for_agents
def report(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Report the call as an incident (A7); also just after the caller hung up, when the grant has ended already."""
    form = IncidentForm(request.POST)
    reporting = Reporting.BAD_REASON
    if form.is_valid():
        reporting = report_call(
            grant_secret(request), agent_id=agent_of(request).pk, call_id=call_id, reason=form.cleaned_data["reason"]
        )
    if reporting is Reporting.NOT_YOURS:
        return _back(request, _("The grant of this call has ended."))
    word, state = _REPORTED[reporting]
    messages.add_message(request, messages.INFO, word, extra_tags=state)
    return redirect("desk:call", call_id) if living_grant(request, call_id) else redirect("desk:board")


_REPORTED = {
    Reporting.REPORTED: (gettext_lazy("The call is reported as an incident."), "verified"),
    # The text is not sent back: it may hold what must not be on a screen (B9).
    Reporting.BAD_REASON: (
        gettext_lazy("The call was not reported: the reason needs text without a number of four digits or more."),
        "refused",
    ),
}


@require_POST
@for_agents
def wrap_up_call(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Keep the note and end the call; also just after the caller hung up, when the grant has ended already."""
    form = NoteForm(request.POST)
    problem = ""
    if form.is_valid():
        try:
            wrap_up(
                grant_secret(request),
                agent_id=agent_of(request).pk,
                call_id=call_id,
                topic=form.cleaned_data["topic"],
                text=form.cleaned_data["text"],
                now=timezone.now(),
            )
        except NotYours:
            return _back(request, _("The grant of this call has ended."))
        except NoteHoldsSecret:
            # The text is not sent back: it may hold what must not be on a screen (B9).
            problem = _("The note looks like it holds a code or a PUK. Leave out digits of that length.")
            form = NoteForm(initial={"topic": form.cleaned_data["topic"]})
        else:
            messages.add_message(request, messages.SUCCESS, _("The call is wrapped up."), extra_tags="verified")
            response = redirect("desk:board")
            forget_grant(response, call_id)
            return response
    grant = living_grant(request, call_id)
    if grant is None:
        return _back(request, problem or _("The grant of this call has ended."))
    return _call_page(request, grant, note_form=form, note_problem=problem)


def _board(request: HttpRequest) -> dict[str, Any]:
    """What changes on the board while it is open: the calls, and which brands are being sprayed (C6)."""
    seen = [{"brand": name, "attack": state is AlarmState.ATTACK} for name, state in alarms(agent_of(request).brands)]
    return {"calls": _rows(request), "alarms": seen}


def _rows(request: HttpRequest, call_id: int | None = None) -> list[Row]:
    agent = agent_of(request)
    return [Row(living, agent.pk) for living in live_calls(agent.brands, call_id)]


def _open_at(policies: list[Policy], now: datetime) -> bool:
    policy = Policy.in_force(policies, now)
    return policy is None or policy.open_at(now)


def _back(request: HttpRequest, problem: str) -> HttpResponse:
    messages.add_message(request, messages.WARNING, problem, extra_tags="refused")
    return redirect("desk:board")


def _gate() -> Gate:
    return Gate(settings.WERDA_GATE_SOCKET, settings.WERDA_GATE_KEY_FILE)


def _checked(request: HttpRequest, grant: Grant, number: str, proof: Secret | LegacyProof) -> HttpResponse:
    """Ask the gate, and show what it said on the call's page, once."""
    try:
        entry = _gate().agent_entry(grant.secret, grant.agent_id, number=number, proof=proof)
    except GateUnavailable:
        result = Result.UNCHECKED
    else:
        if isinstance(entry, NotRedeemed):
            return _back(request, _("The grant of this call has ended."))
        result = Result.of(entry, verified=grant.level > 0)
    # The number stays for the second try; the digits do not.
    request.session["result"] = [grant.call_id, result.value, number if result is Result.RETRY else ""]
    return redirect("desk:call", grant.call_id)


def _result_of(request: HttpRequest, grant: Grant) -> tuple[Result | None, str]:
    """What the gate said a moment ago in this call, and the number to try again with."""
    match request.session.pop("result", None):
        case [grant.call_id, str(value), str(number)]:
            return Result(value), number
        case _:
            return None, ""


def _call_page(request: HttpRequest, grant: Grant, **forms: Any) -> HttpResponse:
    now = timezone.now()
    rows = _rows(request, grant.call_id)
    if not rows:  # the call ended between the middleware and here
        return _back(request, _("The grant of this call has ended."))
    standing = Standing.stored(
        level=grant.level,
        method=grant.method,
        channel=grant.channel,
        legacy=grant.legacy,
        verified_at=grant.verified_at,
        proved=grant.proved,
    )
    policy = Policy.in_force(policies_of(grant.brand_id), now)
    customer = customer_for(grant)
    speaker = speaker_of(grant) if customer else None
    question = last_question(grant.secret, agent_id=grant.agent_id)
    result, number = (None, "") if forms else _result_of(request, grant)
    context = {
        "call": rows[0],
        "standing": standing,
        "expires_at": grant.expires_at,
        "customer": customer_panel(customer) if customer else None,
        "notes": note_panel(customer) if customer else [],
        "words": call_words(rows[0].call.word) if rows[0].call.word is not None else "",
        "question": question_panel(question),
        "mark": mark_of(grant, question),
        "may_ask": policy is not None and policy.accepts(Method.APP_CONFIRMATION, Channel.PORTAL, now) is not None,
        "operations": operations(policy, standing.level, speaker.scope if speaker else None),
        "speaker": speaker_panel(speaker) if speaker else None,
        "result": result,
        "verify_form": VerifyForm(initial={"number": number}),
        "note_form": NoteForm(initial={"topic": rows[0].call.topic}),
        "incident_form": IncidentForm(),
        **_old_way(policy, now),
        **forms,
    }
    return render(request, "desk/call.html", context, status=UNPROCESSABLE if forms else 200)


def _old_way(policy: Policy | None, now: datetime) -> dict[str, Any]:
    """The form of the old way while the policy in force accepts it from agents, with its end (A1)."""
    if policy is None or policy.accepts(Method.LEGACY, Channel.AGENT, now) is None:
        return {}
    return {"legacy_form": LegacyForm(), "legacy_until": policy.methods[Method.LEGACY].until}
