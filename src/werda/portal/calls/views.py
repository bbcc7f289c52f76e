"""The call status, the answer to "is it you?", and the call code (B6, A3, D5)."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from werda.core.call import Channel
from werda.core.method import Method
from werda.core.topic import topic_of
from werda.look.rings import verifier
from werda.look.shown_number import shown_number
from werda.portal.access import Visit, page
from werda.portal.calls.standing import standing
from werda.portal.calls.words import TOPICS
from werda.portal.secrets.views import groups
from werda.store.queries.policies import policy_in_force
from werda.usecases.answer_confirmation import Answered, SaidYes, answer_confirmation
from werda.usecases.ask_gate import Gate, GateUnavailable
from werda.usecases.give_call_code import CallCode, give_call_code
from werda.usecases.lock_display import proves_strongly
from werda.usecases.report_misuse import report_call_in_our_name

AGAIN: Final = 15
"""Without a script the page is loaded again after so many seconds."""


@page
def status(visit: Visit) -> HttpResponseBase:
    """Whether we speak with them now; the page of its own."""
    response = visit.render("calls/status.html", {"shown": {"standing": standing(visit)}})
    response.headers["Refresh"] = f"{AGAIN}; url={reverse('calls:status')}"
    return response


@page
def now(visit: Visit) -> HttpResponseBase:
    """The same as a part of a page, for the script."""
    return visit.render("calls/now.html", {"standing": standing(visit)})


@page
def answer(visit: Visit, confirmation_id: int) -> HttpResponseBase:
    """Yes or no. A yes goes to the gate, which alone counts proofs, once it is written down here."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    said = answer_confirmation(
        visit.connection,
        verifier(),
        visit.signed_in,
        confirmation_id,
        yes=visit.request.POST.get("answer") == "yes",
        now=visit.now,
    )
    if said is Answered.NOT_ASKED:
        return visit.render("calls/answered.html", {"said": "late"}, 404)
    if said is Answered.HOTLINE_CLOSED:
        return visit.render("calls/answered.html", {"said": "closed"}, 403)
    if not isinstance(said, SaidYes):
        return visit.render("calls/answered.html", {"said": "no"})
    visit.connection.commit()  # the gate reads the answer
    gate = Gate(settings.WERDA_GATE_SOCKET, settings.WERDA_GATE_KEY_FILE)
    try:
        counted = gate.confirm(said.confirmation_id, said.code)
    except GateUnavailable:
        counted = False
    return visit.render("calls/answered.html", {"said": "yes" if counted else "failed"}, 200 if counted else 503)


@page
def report(visit: Visit) -> HttpResponseBase:
    """Somebody calls and says it is the hotline, and it is not (D5)."""
    if visit.request.method != "POST":
        return redirect("calls:status")
    number = report_call_in_our_name(visit.connection, visit.signed_in, now=visit.now)
    return visit.render("calls/reported.html", {"number": number})


@page
def call(visit: Visit) -> HttpResponseBase:
    """A code for the call they are about to make; it is shown this once."""
    session = visit.signed_in
    policy = policy_in_force(visit.connection, session.brand_id, visit.now)
    accepted = policy is not None and any(
        policy.accepts(Method.CALL_CODE, channel, visit.now) is not None for channel in Channel
    )
    context: dict[str, Any] = {
        "accepted": accepted,
        "strong": proves_strongly(visit.connection, session, now=visit.now),
        "open": policy is None or policy.open_at(visit.now),
        "numbers": _hotlines(visit),
        "topics": [(topic.value, word) for topic, word in TOPICS.items()],
    }
    if visit.request.method == "POST" and accepted:
        topic = topic_of(visit.request.POST.get("topic", ""))
        given = give_call_code(visit.connection, verifier(), session.app_session, now=visit.now, topic=topic)
        if isinstance(given, CallCode):
            context["topic"] = TOPICS[topic] if topic else ""
            context |= {"groups": groups(given.code), "expires_at": given.expires_at, "strong": given.strong}
        else:
            context["refused"] = _("There is no code while the hotline is locked for you.")
    return visit.render("calls/call.html", context)


def _hotlines(visit: Visit) -> list[tuple[str, str]]:
    rows = visit.connection.execute(
        "select number from dialled_number where brand_id = %s order by number", (visit.signed_in.brand_id,)
    )
    return [(number, shown_number(number)) for (number,) in rows]
