"""What mails say: all of it in three ways of speaking, by name and date, never a code, no link but the brand's own."""

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.mail.render import MailText, Recipient, Sender, render
from werda.mail.words import Speech

AT = datetime(2026, 5, 12, 12, 5, tzinfo=UTC)
DATA = {
    "link": "https://mein.nordfunk.example/sign-in/link#abc",
    "option": "Datenpass 10 GB",
    "price": "9.99",
    "currency": "EUR",
    "charge": "monthly",
    "from": "2026-06-01",
    "until": "2026-06-30",
    "withdrawal": "2026-05-26",
    "holder": "Maren Muster",
    "release": "2026-05-13T12:05:00+00:00",
}
KINDS = [(MailKind.NOTICE, notice) for notice in NoticeKind]
KINDS += [(kind, None) for kind in MailKind if kind is not MailKind.NOTICE]  # type: ignore[misc]
HOW = {Speech.DU: ("de", "du"), Speech.SIE: ("de", "sie"), Speech.ENGLISH: ("en", "du")}


def written(speech: Speech, kind: MailKind, notice: NoticeKind | None) -> MailText:
    language, form = HOW[speech]
    sender = Sender("Nordfunk", form, ZoneInfo("Europe/Berlin"), "https://mein.nordfunk.example")
    return render(sender, Recipient("Maren Muster", language), kind, at=AT, notice=notice, data=DATA)


@pytest.mark.parametrize(("speech", "kind"), list(product(Speech, KINDS)), ids=str)
def test_every_mail_can_be_written_and_holds_what_a_mail_must(
    speech: Speech, kind: tuple[MailKind, NoticeKind | None]
) -> None:  # C8
    mail = written(speech, *kind)
    assert "Maren Muster" in mail.text
    assert "Nordfunk" in mail.text
    assert ("12 May 2026, 14:05" if speech is Speech.ENGLISH else "12. Mai 2026, 14:05 Uhr") in mail.text
    assert 5 < len(mail.subject) < 70
    assert "$" not in mail.subject + mail.text + mail.html
    for link in re.findall(r"https?://[^\s\"<)]+", mail.text + mail.html):
        assert link.startswith("https://mein.nordfunk.example/"), link
    assert not re.search(r"<img|<script|<link|url\(|unsubscribe|abbestellen", mail.html, re.IGNORECASE)
    assert not re.search(r"\b\d{4}\b", re.sub(r"2026|14:05", "", mail.text))  # B9: nothing that looks like a code


def test_days_and_prices_stand_as_people_write_them() -> None:  # S13
    booked = {speech: written(speech, MailKind.OPTION_BOOKED, None).text for speech in Speech}
    assert "für 9,99\N{NO-BREAK SPACE}€ im Monat ab 1. Juni 2026." in booked[Speech.DU]
    assert "bis zum 26. Mai 2026 ohne Angabe von Gründen widerrufen" in booked[Speech.SIE]
    assert "for 9.99\N{NO-BREAK SPACE}€ a month from 1 June 2026." in booked[Speech.ENGLISH]


def test_links_lead_to_pages_that_there_are() -> None:
    portal = Path(__file__).parents[2] / "src/werda/portal"
    there = {found for file in portal.rglob("urls.py") for found in re.findall(r'path\("([^"]*)"', file.read_text())}
    texts = [written(speech, *kind).text for speech in Speech for kind in KINDS]
    written_links = {link for text in texts for link in re.findall(r"example/([^\s\"#<]*)", text)}
    assert len(written_links) > 4
    assert written_links - {"sign-in/link"} <= there  # that one is this test's own


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_du_and_sie_are_not_mixed(kind: tuple[MailKind, NoticeKind | None]) -> None:
    assert not re.search(r"\b(?:du|dich|dir|dein\w*)\b", written(Speech.SIE, *kind).text, re.IGNORECASE)
    text = written(Speech.DU, *kind).text.replace("Sie gilt", "")
    assert not re.search(r"\b(?:Sie|Ihr\w*|Ihnen)\b", text)


def test_a_name_cannot_bring_markup_or_another_link_into_a_mail() -> None:
    sender = Sender("Nordfunk", "du", ZoneInfo("Europe/Berlin"), "https://mein.nordfunk.example")
    mail = render(
        sender, Recipient("[Klick](https://boese.example) <b>", "de"), MailKind.DATA_READY, at=AT, data=DATA
    )  # fmt: skip
    assert "<b>" not in mail.html
    assert 'href="https://boese' not in mail.html
