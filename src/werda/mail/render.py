"""A mail as plain text and as HTML of one column, for light and dark, from the same words."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.core.option import Charge
from werda.mail.words import Frame, Speech, frame_of, words_of

_BUTTON: Final = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_GERMAN: Final = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_ENGLISH: Final = "January February March April May June July August September October November December"
_DAYS: Final = ("from", "until", "withdrawal")

_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{subject}</title>
<style>
body {{ margin: 0; padding: 24px 16px; background: #f4f4f1; color: #16181c;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }}
.sheet {{ max-width: 560px; margin: 0 auto; padding: 24px; background: #ffffff; border-top: 4px solid {accent};
  border-radius: 4px; }}
.brand {{ font-weight: 700; font-size: 18px; margin: 0 0 24px; }}
h1 {{ font-size: 22px; line-height: 1.3; margin: 0 0 16px; }}
p {{ margin: 0 0 16px; }}
.button {{ display: inline-block; padding: 12px 20px; border-radius: 4px; background: #16181c; color: #ffffff;
  font-weight: 600; text-decoration: none; }}
.never {{ color: #55595f; font-size: 14px; border-top: 1px solid #dcdcd6; padding-top: 16px; margin-bottom: 0; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #121417; color: #eceef0; }}
  .sheet {{ background: #1b1e22; }}
  .button {{ background: #eceef0; color: #16181c; }}
  .never {{ color: #a9afb6; border-color: #32373d; }}
}}
</style>
</head>
<body>
<div class="sheet">
<p class="brand">{brand}</p>
<h1>{subject}</h1>
{body}
<p class="never">{never}</p>
</div>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """The brand, as a mail needs it. `portal` is the address of its portal, such as ``https://mein.nordfunk.example``."""

    name: str
    form: str
    zone: ZoneInfo
    portal: str
    accent: str = "#16181c"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom it greets, and in which language."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class MailText:
    """What is sent."""

    subject: str
    text: str
    html: str


def render(
    sender: Sender, recipient: Recipient, kind: MailKind, *, at: datetime, notice: NoticeKind | None = None,
    data: Mapping[str, str] | None = None,
) -> MailText:  # fmt: skip
    """Fill in the words. `at` is when it happened. Raises `KeyError` for a placeholder that nothing fills.

    `data` is as it was posted: days and the moment `release` in ISO 8601, a `price` with a point, its `currency`
    (ISO 4217) and its `charge`.
    """
    speech = Speech.of(recipient.language, sender.form)
    words, frame = words_of(speech, kind, notice), frame_of(speech)
    filled = {
        **_as_people_say(data or {}, speech, frame, sender.zone),
        "name": recipient.name,
        "brand": sender.name,
        "portal": sender.portal,
        "when": _moment(at.astimezone(sender.zone), speech),
    }
    subject = words.subject.substitute(filled)
    paragraphs = [frame.greeting, *words.paragraphs, frame.closing]
    said = [paragraph.substitute(filled) for paragraph in paragraphs]
    never = frame.never.substitute(filled)
    return MailText(
        subject,
        "\n\n".join([_BUTTON.sub(r"\1: \2", paragraph) for paragraph in said] + [never]) + "\n",
        _PAGE.format(
            language="en" if speech is Speech.ENGLISH else "de",
            subject=html.escape(subject),
            accent=sender.accent,
            brand=html.escape(sender.name),
            body="\n".join(map(_paragraph, said)),
            never=html.escape(never),
        ),
    )


def _paragraph(text: str) -> str:
    button = _BUTTON.fullmatch(text)
    if button is None:
        return f"<p>{html.escape(text)}</p>"
    return f'<p><a class="button" href="{html.escape(button[2])}">{html.escape(button[1])}</a></p>'


def _as_people_say(data: Mapping[str, str], speech: Speech, frame: Frame, zone: ZoneInfo) -> dict[str, str]:
    said = dict(data)
    said |= {day: _day(date.fromisoformat(data[day]), speech) for day in _DAYS if data.get(day)}
    if "release" in data:
        said["release"] = _moment(datetime.fromisoformat(data["release"]).astimezone(zone), speech)
    if "price" in data:
        amount = _amount(Decimal(data["price"]), data["currency"], speech)
        said["price"] = frame.prices[Charge(data["charge"])].substitute(price=amount)
    return said


def _amount(amount: Decimal, currency: str, speech: Speech) -> str:
    number = f"{amount:.2f}" if speech is Speech.ENGLISH else f"{amount:.2f}".replace(".", ",")
    return f"{number}\N{NO-BREAK SPACE}{'€' if currency == 'EUR' else currency}"


def _day(day: date, speech: Speech) -> str:
    if speech is Speech.ENGLISH:
        return f"{day.day} {_ENGLISH.split()[day.month - 1]} {day.year}"
    return f"{day.day}. {_GERMAN.split()[day.month - 1]} {day.year}"


def _moment(at: datetime, speech: Speech) -> str:
    return f"{_day(at, speech)}, {at:%H:%M}" + ("" if speech is Speech.ENGLISH else " Uhr")
