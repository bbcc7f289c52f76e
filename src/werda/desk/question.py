""" "Is it you?" in the desk's words (A3). Whether there is anybody who could answer stays unsaid (A4)."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from werda.desk.words import Text
from werda.store.queries.grant import Grant
from werda.usecases.ask_customer import Asking, Question, Reply

ASKED: Final[Mapping[Asking, tuple[Text, str]]] = {
    Asking.ASKED: (_("The customer is asked in portal and app. They have two minutes."), "verified"),
    Asking.WAITING: (_("The customer was asked a moment ago."), "verified"),
    Asking.TOO_MANY: (_("The customer was asked often enough. Verify in another way."), "refused"),
    Asking.NOT_YOURS: (_("The grant of this call has ended."), "refused"),
}

_REPLIES: Final[Mapping[Reply, tuple[str, str, Text]]] = {
    Reply.WAITING: ("none", "clock", _("Asked; no answer yet")),
    Reply.YES: ("verified", "check", _("The customer said: yes, that is me")),
    Reply.NO: ("refused", "alert", _("The customer said: no, that is not me. Show and change nothing.")),
    Reply.NO_ANSWER: ("none", "clock", _("No answer")),
}


def question_panel(question: Question | None) -> dict[str, Any] | None:
    """The last question in the call, made ready for the template."""
    if question is None:
        return None
    state, icon, word = _REPLIES[question.reply]
    waiting = question.reply is Reply.WAITING
    return {"state": state, "icon": icon, "word": word, "waiting": waiting, "expires_at": question.expires_at}


def mark_of(grant: Grant, question: Question | None) -> str:
    """Differs whenever a call's page must: after another proof, a question, and its answer."""
    verified = int(grant.verified_at.timestamp() * 1000) if grant.verified_at else 0
    return f"{grant.level}.{grant.method}.{verified}.{question.reply if question else 'none'}"
