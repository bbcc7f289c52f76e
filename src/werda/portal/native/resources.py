"""What an app can ask: the same reads and use cases as the pages. Secrets come in answers and bodies only (B9)."""

from typing import Any, Final

from django.conf import settings
from django.db import connection as django_connection
from django.http import Http404

from werda.api.problems import NOT_FOUND, Problem
from werda.core.native_app import Scope
from werda.core.secret import Secret
from werda.core.short_number import shorten
from werda.core.topic import Topic, topic_of
from werda.look.rings import custody, verifier
from werda.portal.calls.standing import standing
from werda.portal.history.story import cursor_of
from werda.portal.history.views import page_of
from werda.portal.native.access import (
    CODE_REFUSED,
    FRESH_PROOF,
    HIDDEN,
    HOTLINE_CLOSED,
    MALFORMED,
    NO_CALL_CODES,
    NOT_YET,
    TOO_MANY,
    UNAVAILABLE,
    AppVisit,
    Operation,
    body,
    resource,
)
from werda.portal.native.shapes import (
    NUMBER,
    TEXT,
    TEXT_OR_NONE,
    TIME,
    TIME_OR_NONE,
    YES_OR_NO,
    many,
    one_of,
    thing,
    thing_or_none,
)
from werda.portal.secrets import standing as secrets_standing
from werda.portal.secrets.code_views import CHECKS
from werda.store.queries.history import Attempt, Event
from werda.usecases.answer_confirmation import Answered, SaidYes, answer_confirmation
from werda.usecases.ask_gate import Gate, GateUnavailable
from werda.usecases.choose_code import NotChosen, choose_code
from werda.usecases.give_call_code import CallCode, NoCallCode, give_call_code
from werda.usecases.lock_display import lock_display
from werda.usecases.lock_hotline import lock_hotline
from werda.usecases.reveal_secret import NotShown, ShownCode, ShownSim, reveal_code, reveal_sim

_LOCKS: Final = {"hotline_closed_at": TIME_OR_NONE, "hotline_locked": YES_OR_NO, "display_locked": YES_OR_NO}
_ROW: Final = {
    "type": "object",
    "required": ["at", "kind"],
    "properties": {
        "at": TIME,
        "kind": TEXT,
        **dict.fromkeys(("id", "channel", "method", "outcome", "level"), NUMBER),
        "number": TEXT_OR_NONE,
    },
    "additionalProperties": False,
    "description": "An event has `at` and `kind`; an attempt, of the kind `attempt`, all of them",
}
_SIM: Final = thing(id=NUMBER, kind=TEXT, role=TEXT, status=TEXT, ends_in=TEXT)
_LINE: Final = thing(number=TEXT, kind=TEXT, tariff=TEXT, sims=many(_SIM))
_NOT_SHOWN: Final = {NotShown.HIDDEN: HIDDEN, NotShown.NOT_YET: NOT_YET, NotShown.NOTHING: NOT_FOUND}


@resource(
    Operation(
        "GET", "Whether the hotline speaks with the customer at this moment; ask again, never show an old answer",
        Scope.STATUS,
        {
            "with_you": thing_or_none(agent=TEXT, words=TEXT),
            "calling_you": thing_or_none(agent=TEXT, words=TEXT),
            "from_your_line": YES_OR_NO,
            "waiting": YES_OR_NO,
            "question": thing_or_none(id=NUMBER, agent=TEXT, words=TEXT, expires_at=TIME),
        },
    )
)  # fmt: skip
def call_status(visit: AppVisit) -> dict[str, Any]:
    """D5."""
    now = standing(visit)
    spoken, calling, asked = now.with_you, now.calling_out, now.question
    return {
        "with_you": spoken and {"agent": spoken.agent, "words": spoken.words},
        "calling_you": calling and {"agent": calling.agent, "words": calling.words},
        "from_your_line": now.from_your_line,
        "waiting": now.waiting,
        "question": asked
        and {"id": asked.id, "agent": asked.agent, "words": asked.words, "expires_at": asked.expires_at},
    }


@resource(
    Operation(
        "GET", "Every attempt and operation, newest first; `before` is the `more` of the last answer", Scope.STATUS,
        {"rows": many(_ROW), "more": TEXT_OR_NONE}, query=("before",),
    )
)  # fmt: skip
def history(visit: AppVisit) -> dict[str, Any]:
    """D4."""
    page = page_of(visit, None)
    return {"rows": [_row(row) for row in page.rows], "more": cursor_of(page.more) if page.more else None}


@resource(
    Operation(
        "POST", "The customer code", Scope.SECRETS, {"code": TEXT}, fresh=True,
        problems=(FRESH_PROOF, HIDDEN, NOT_YET, NOT_FOUND),
    )
)  # fmt: skip
def show_code(visit: AppVisit) -> dict[str, Any]:
    """S8; each time leaves an event."""
    shown = reveal_code(visit.connection, custody(), visit.signed_in, visit.place, now=visit.now)
    if not isinstance(shown, ShownCode):
        raise _not_shown(shown)
    return {"code": shown.code.reveal()}


@resource(Operation("GET", "Lines and their SIMs, without secrets", Scope.STATUS, {"lines": many(_LINE)}))
def sims(visit: AppVisit) -> dict[str, Any]:
    """S11, S12."""
    names = ("id", "kind", "role", "status", "ends_in")
    lines = secrets_standing.lines(visit.connection)
    return {
        "lines": [
            {
                "number": line["msisdn"],
                "kind": line["kind"],
                "tariff": line["tariff"],
                "sims": [{name: sim[name] for name in names} for sim in line["sims"]],
            }
            for line in lines
        ]
    }


@resource(
    Operation(
        "POST", "Delivery PIN and PUK of a SIM, and the activation code of an eSIM that waits", Scope.SECRETS,
        {"pin": TEXT_OR_NONE, "puk": TEXT_OR_NONE, "activation_code": TEXT_OR_NONE}, fresh=True,
        problems=(FRESH_PROOF, HIDDEN, NOT_YET, NOT_FOUND),
    )
)  # fmt: skip
def show_sim(visit: AppVisit, sim_id: int) -> dict[str, Any]:
    """S11; each time leaves an event."""
    found = [sim for line in secrets_standing.lines(visit.connection) for sim in line["sims"] if sim["id"] == sim_id]
    if not found:
        raise Http404
    shown = reveal_sim(visit.connection, custody(), visit.signed_in, visit.place, sim_id, now=visit.now)
    if not isinstance(shown, ShownSim):
        raise _not_shown(shown)
    known = shown.secrets
    waits = found[0]["status"] != "active"
    return {
        "pin": _said(known.pin),
        "puk": _said(known.puk),
        "activation_code": _said(known.activation_code) if waits else None,
    }


@resource(
    Operation(
        "POST", "Choose a new customer code; it counts at once", Scope.SECRETS, {"changed": YES_OR_NO}, fresh=True,
        body={"code": TEXT}, problems=(MALFORMED, FRESH_PROOF, CODE_REFUSED),
    )
)  # fmt: skip
def change_code(visit: AppVisit) -> dict[str, Any]:
    """B8; the same code twice changes it once."""
    [offered] = body(visit, "code")
    session = visit.signed_in
    if not CHECKS.within(django_connection, str(session.customer_id)):
        raise Problem(TOO_MANY, "Wait a minute.")
    chosen = choose_code(
        visit.connection, verifier(), custody(), session.customer_id, Secret(offered.reveal()[:32]),
        actor=session.actor, now=visit.now,
    )  # fmt: skip
    if isinstance(chosen, NotChosen):
        raise Problem(CODE_REFUSED, "Offer another one.", reason=chosen.reason.value)
    return {"changed": True}


@resource(
    Operation("GET", "What keeps the hotline from taking code and PUK, and the app from showing", Scope.STATUS, _LOCKS)
)
def locks(visit: AppVisit) -> dict[str, Any]:
    """E5."""
    hotline = secrets_standing.hotline(visit)
    return {
        "hotline_closed_at": hotline.closed_at,
        "hotline_locked": hotline.locked,
        "display_locked": visit.signed_in.hides_secrets,
    }


@resource(
    Operation("POST", "Close the hotline; it is opened on the portal's page", Scope.STATUS, {"closed": YES_OR_NO})
)
def close_hotline(visit: AppVisit) -> dict[str, Any]:
    """One factor locks (E5)."""
    lock_hotline(visit.connection, visit.signed_in, now=visit.now)
    return {"closed": True}


@resource(
    Operation(
        "POST", "Lock the display of secrets; it is unlocked on the portal's page", Scope.STATUS, {"locked": YES_OR_NO}
    )
)
def hide(visit: AppVisit) -> dict[str, Any]:
    """One factor locks (E5)."""
    lock_display(visit.connection, visit.signed_in, now=visit.now)
    return {"locked": True}


@resource(
    Operation(
        "POST", "A code for the next call, for ten minutes; a new one ends the last one", Scope.STATUS,
        {"code": TEXT, "expires_at": TIME, "strong": YES_OR_NO}, problems=(MALFORMED, NO_CALL_CODES, HOTLINE_CLOSED),
        body={"topic": one_of(*(topic.value for topic in Topic))}, may_be_empty=True,
    )
)  # fmt: skip
def call_code(visit: AppVisit) -> dict[str, Any]:
    """B6; the desk opens on the topic."""
    topic = None
    if visit.request.body:
        [named] = body(visit, "topic")
        topic = topic_of(named.reveal())
        if topic is None:
            raise Problem(MALFORMED, "The topic is none of those in the document; leave the body out for none.")
    given = give_call_code(visit.connection, verifier(), visit.signed_in.app_session, now=visit.now, topic=topic)
    if given is NoCallCode.HOTLINE_CLOSED:
        raise Problem(HOTLINE_CLOSED, "The customer opens it on the portal's page.")
    if not isinstance(given, CallCode):
        raise Problem(NO_CALL_CODES, "Have customer code or PUK at hand.")
    return {"code": given.code.reveal(), "expires_at": given.expires_at, "strong": given.strong}


@resource(
    Operation(
        "POST", 'Answer "is it you?", once', Scope.STATUS, {"answered": one_of("yes", "no")},
        body={"answer": one_of("yes", "no")}, problems=(MALFORMED, NOT_FOUND, HOTLINE_CLOSED),
    )
)  # fmt: skip
def confirmation(visit: AppVisit, confirmation_id: int) -> dict[str, Any]:
    """A yes goes to the gate, which alone counts proofs, once it is written down here (A3)."""
    [answer] = body(visit, "answer")
    if answer.reveal() not in {"yes", "no"}:
        raise Problem(MALFORMED, "Answer yes or no.")
    yes = answer.reveal() == "yes"
    said = answer_confirmation(visit.connection, verifier(), visit.signed_in, confirmation_id, yes=yes, now=visit.now)
    if said is Answered.NOT_ASKED:
        raise Http404
    if said is Answered.HOTLINE_CLOSED:
        raise Problem(HOTLINE_CLOSED, "The customer opens it on the portal's page.")
    if isinstance(said, SaidYes):
        visit.connection.commit()  # the gate reads the answer
        try:
            counted = Gate(settings.WERDA_GATE_SOCKET, settings.WERDA_GATE_KEY_FILE).confirm(
                said.confirmation_id, said.code
            )
        except GateUnavailable:
            counted = False
        if not counted:
            raise Problem(UNAVAILABLE, "The answer did not count; the agent can ask again.")
    return {"answered": "yes" if yes else "no"}


def _row(row: Attempt | Event) -> dict[str, Any]:
    if isinstance(row, Event):
        return {"at": row.place.at, "kind": row.kind.value}
    return {
        "at": row.place.at,
        "kind": "attempt",
        "id": row.place.id,
        "channel": row.channel.value,
        "method": row.method.value,
        "outcome": row.outcome.value,
        "level": int(row.level),
        "number": shorten(row.calling_number),
    }


def _not_shown(reason: NotShown) -> Problem:
    return Problem(_NOT_SHOWN[reason], "Nothing was shown.")


def _said(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None
