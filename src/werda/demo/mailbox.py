"""The demo's mailbox: a mail server on this machine that keeps what Werda sends to customers, and sends nothing on."""

import email
import email.policy
import re
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.controller import Controller

_KEPT: Final = 200
_LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail, or an SMS, as the mailbox shows it. `parts` are texts and links in turn."""

    to: str
    sender: str
    subject: str
    date: str
    parts: tuple[tuple[str, bool], ...]


class Mailbox:
    """Takes mails on a port of this machine; the newest stand first."""

    def __init__(self, port: int) -> None:
        self._mails: deque[ReceivedMail] = deque(maxlen=_KEPT)
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def open(self) -> None:
        """Begin to listen, in a thread of its own."""
        self._controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """A mail came in."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        self._mails.appendleft(
            ReceivedMail(
                str(message["To"]), str(message["From"]), str(message["Subject"]), str(message["Date"]), _parts(text)
            )
        )
        return "250 OK"

    def take_sms(self, to: str, sender: str, text: str, at: str) -> None:
        """An SMS came in, by the demo's own gateway."""
        self._mails.appendleft(ReceivedMail(to, sender, "SMS", at, ((text[:500], False),)))

    def newest(self) -> list[ReceivedMail]:
        """What came in, the newest first."""
        return list(self._mails)


def _parts(text: str) -> tuple[tuple[str, bool], ...]:
    found: list[tuple[str, bool]] = []
    end = 0
    for link in _LINK.finditer(text):
        found += [(text[end : link.start()], False), (link[0], True)]
        end = link.end()
    return (*found, (text[end:], False))
