"""Hand mails to a relay by SMTP, over one connection for as long as there is work.

A mail keeps its Message-ID at every try, so that one that was in flight when a process died is recognised as the same.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from werda.core.secret import Secret
from werda.mail.render import MailText

_SECONDS: Final = 20


class Encryption(StrEnum):
    """How the way to the relay is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mails are handed to, and who they are from. `login` is user and password, where the relay asks for them."""

    host: str
    port: int
    sender: str
    encryption: Encryption = Encryption.NONE
    login: tuple[str, Secret] | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """The relay took it."""


@dataclass(frozen=True, slots=True)
class Later:
    """It did not get through for now; `problem` quotes no content."""

    problem: str


@dataclass(frozen=True, slots=True)
class Never:
    """This recipient is refused for good."""

    problem: str


def message_of(text: MailText, relay: Relay, *, brand: str, to: str, message_id: str, at: datetime) -> EmailMessage:
    """The message as it travels: plain text first, HTML as the alternative."""
    message = EmailMessage()
    user, _, domain = relay.sender.rpartition("@")
    message["From"] = Address(brand, user, domain)
    message["To"] = to
    message["Subject"] = text.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note comes back
    message.set_content(text.text)
    message.add_alternative(text.html, subtype="html")
    return message


class Post:
    """The connection to the relay; opened when the first mail goes, and anew when it broke."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._smtp: smtplib.SMTP | None = None

    def hand_over(self, message: EmailMessage) -> Handed | Later | Never:
        """Hand one mail to the relay."""
        try:
            return self._hand_over(message)
        except smtplib.SMTPRecipientsRefused as refused:
            ((code, _),) = refused.recipients.values()
            return Never(f"refused with {code}") if code >= 500 else Later(f"deferred with {code}")
        except smtplib.SMTPResponseException as refused:
            self.close()
            return Later(f"the relay said {refused.smtp_code}")
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return Later(f"no way to the relay: {type(problem).__name__}")

    def close(self) -> None:
        """Let go of the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            _quietly(smtp.close)

    def _hand_over(self, message: EmailMessage) -> Handed:
        for fresh in (False, True):
            smtp = self._smtp or self._connect()
            self._smtp = smtp
            try:
                smtp.send_message(message)
            except smtplib.SMTPServerDisconnected:  # a relay ends idle connections: once more, on a new one
                self.close()
                if fresh:
                    raise
            else:
                return Handed()
        raise AssertionError("the second try returns or raises")

    def _connect(self) -> smtplib.SMTP:
        relay = self.relay
        if relay.encryption is Encryption.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, timeout=_SECONDS, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, timeout=_SECONDS)
        if relay.encryption is Encryption.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
        if relay.login is not None:
            smtp.login(relay.login[0], relay.login[1].reveal())
        return smtp


def _quietly(close: Callable[[], object]) -> None:
    try:
        close()
    except OSError:
        return
