"""What a push says: whose it is, and in a sentence what happened. More stands in the portal, where a tap leads.

A screen that is locked shows it to whoever looks: no name, no number, no code is in it (B9).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.mail.words import Speech, words_of
from werda.push.service import Message

QUESTION: Final = "question"
""" "Is it you?": an agent waits for the answer."""
TEST: Final = "test"

LIVES: Final[Mapping[str, timedelta]] = {QUESTION: timedelta(minutes=2), TEST: timedelta(minutes=10)}
"""For how long a push is worth anything; a notice for a day."""
A_DAY: Final = timedelta(days=1)

_SAID: Final[Mapping[str, Mapping[Speech, str]]] = {
    QUESTION: {
        Speech.DU: "Bist du das am Telefon? Jemand an der Hotline sagt, dass er du ist.",
        Speech.SIE: "Sind Sie das am Telefon? Jemand an der Hotline sagt, dass er Sie ist.",
        Speech.ENGLISH: "Is that you on the phone? Somebody at the hotline says that they are you.",
    },
    TEST: {
        Speech.DU: "So sieht eine Benachrichtigung aus. Kennzahlen stehen nie darin.",
        Speech.SIE: "So sieht eine Benachrichtigung aus. Kennzahlen stehen nie darin.",
        Speech.ENGLISH: "This is what a notification looks like. No code is ever in one.",
    },
}
_PATHS: Final[Mapping[str, str]] = {QUESTION: "/", TEST: "/account"}


def message_of(speech: Speech, brand: str, kind: str) -> Message:
    """The push of a kind: one of those here, or a `NoticeKind`, which says what its mail has as subject."""
    if kind in _SAID:
        body = _SAID[kind][speech]
    else:
        body = words_of(speech, MailKind.NOTICE, NoticeKind(kind)).subject.substitute(brand=brand)
    return Message(
        title=brand,
        body=body,
        path=_PATHS.get(kind, "/history"),
        topic=kind.replace("_", "-"),
        urgent=kind == QUESTION,
        lives=LIVES.get(kind, A_DAY),
    )
