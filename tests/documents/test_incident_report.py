"""The report of an incident, as people read it in German and in English (A7)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.documents import reading
from werda.core.incident import Incident, Recipient
from werda.documents.incident_report import MOST_LINES, Line, Report, content, incident_report

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def report(language: str, lines: int = 1) -> Report:
    incident = Incident(
        *(7, "nordfunk", "Angriff über eine Leitung", NOW - timedelta(hours=20), NOW, NOW, "operator:jana", None),
        told={Recipient.BNETZA: NOW - timedelta(hours=3), Recipient.CUSTOMER: NOW},
        attempts=1,
        customers=1,
    )
    attempt = Line(
        *(NOW, "attempt", "4294967297", "K0000001", "sip-81", "verified customer_code keypad carrier-2", ""),
        marked=True,
        hash=HASH,
    )
    entry = Line(NOW, "entry", "1", "", "", "told bnetza: per Formular", "operator:jana", marked=False, hash="")
    return Report(incident, [*[attempt] * lines, entry], ZoneInfo("Europe/Berlin"), language, NOW)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", ("Vorfall 7", "fristgerecht gemeldet", "legitimiert: Kundenkennzahl, Tastatur", "läuft",
                "Bundesnetzagentur benachrichtigt: per Formular", "2026-11-26 10:00:00 CET")),
        ("en", ("Incident 7", "told in time", "verified: customer code, keypad", "running",
                "Bundesnetzagentur told: per Formular", "2026-11-26 10:00:00 CET")),
    ],
)  # fmt: skip
def test_it_tells_clocks_and_timeline_by_the_clocks_of_the_brand(language: str, told: tuple[str, ...]) -> None:
    """A7"""
    text = reading.running_text(incident_report(report(language)))
    for each in told:
        assert each in text
    assert HASH in text.replace(" ", "")


def test_a_very_long_timeline_is_cut_and_says_so() -> None:
    cut = content(report("de", MOST_LINES + 1))
    assert "JSON" in str(cut["note"])
    lines = cut["lines"]
    assert isinstance(lines, list)
    assert len(lines) == MOST_LINES
