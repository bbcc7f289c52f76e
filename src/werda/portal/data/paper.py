"""The paper of one's own data: what the export holds, in words, with what happened as the history tells it (A8)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from werda.core.checkpoint import read_note
from werda.core.notice import NoticeKind
from werda.documents.own_data import OwnData, Section
from werda.look.shown_number import shown_number
from werda.portal.access import Visit
from werda.portal.calls.words import TOPICS
from werda.portal.data.words import CUSTOMER, LETTERS, MAILS, METHODS, ORDERS, PLACES, STATES, VALUES
from werda.portal.history.story import days
from werda.portal.history.words import EVENTS, NOTICES
from werda.store.queries.history import history

MOST: Final = 2_000
"""Entries of the history; a paper of more is read by nobody, and the other file has them all."""

Row = Mapping[str, Any]


def paper(visit: Visit, kept: Mapping[str, Any]) -> OwnData:
    """The paper of what is kept, by the brand's clocks and in the language of the page."""
    zone = ZoneInfo(visit.shop.timezone)
    made = _moment(visit.now.astimezone(zone))
    return OwnData(
        language="en" if (get_language() or "de").startswith("en") else "de",
        brand=visit.shop.name,
        title=_("What %(brand)s keeps about you") % {"brand": visit.shop.name},
        running=_("My data, %(made)s") % {"made": made},
        pages=_("Page {page} of {pages}"),
        intro=_("No code, no PIN, no PUK and no password is in it."),
        sections=_Sections(visit, kept, zone).all(),
        made_at=visit.now,
    )


class _Sections:
    """The parts. A part of which nothing is kept says so."""

    def __init__(self, visit: Visit, kept: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._visit, self._kept, self._zone = visit, kept, zone

    def all(self) -> list[Section]:
        return [
            self._person(),
            self._lines(),
            self._sims(),
            self._bookings(),
            self._orders(),
            self._told(),
            self._notes(),
            self._logins(),
            self._sessions(),
            self._history(),
            self._proof(),
        ]

    def _person(self) -> Section:
        customer = self._kept["customer"]
        facts = [(str(word), self._said(customer[name]) or "–") for name, word in CUSTOMER.items()]
        return Section(_("Who you are"), facts=facts)

    def _lines(self) -> Section:
        rows = [
            (shown_number(each["msisdn"]), self._said(each["kind"]), each["tariff"], self._said(each["ended_at"]))
            for each in self._kept["lines"]
        ]
        return self._table(_("Lines"), {_("Number"): 45, _("Kind"): 30, _("Tariff"): 0, _("Ended"): 35}, rows)

    def _sims(self) -> Section:
        numbers = {each["id"]: shown_number(each["msisdn"]) for each in self._kept["lines"]}
        rows = [
            (
                numbers.get(each["line_id"], ""),
                self._said(each["kind"]),
                self._said(each["status"]),
                self._said(each["activated_at"]),
                self._said(each["ended_at"]),
            )
            for each in self._kept["sims"]
        ]
        columns = {_("Number"): 45, _("Kind"): 0, _("State"): 25, _("Activated"): 33, _("Ended"): 33}
        return self._table(_("SIM cards and eSIMs"), columns, rows)

    def _bookings(self) -> Section:
        english = (get_language() or "de").startswith("en")
        rows = [
            (
                each["terms"]["en" if english else "de"],
                f"{each['price']} {each['currency']}",
                self._said(each["booked_at"]),
                self._said(each["starts_on"]),
                self._said(each["withdrawn_at"] or each["ends_on"]),
            )
            for each in self._kept["bookings"]
        ]
        columns = {_("Option"): 0, _("Price"): 25, _("Booked"): 33, _("From"): 25, _("Until"): 33}
        return self._table(_("Tariff options"), columns, rows)

    def _orders(self) -> Section:
        rows = [
            (self._said(each["ordered_at"]), str(ORDERS[each["kind"]]), str(STATES[each["state"]]),
             self._said(each["settled_at"]))
            for each in self._kept["orders"]
        ]  # fmt: skip
        columns = {_("Ordered"): 33, _("What"): 0, _("State"): 30, _("Settled"): 33}
        return self._table(_("Orders"), columns, rows)

    def _told(self) -> Section:
        told = [
            (each["created_at"], str(NOTICES[NoticeKind(each["kind"])]), each["told_at"])
            for each in self._kept["notices"]
        ]
        told += [
            (each["created_at"], f"{MAILS[each['kind']]} ({each['to_address']})", each["sent_at"])
            for each in self._kept["mails"]
        ]
        told += [(each["created_at"], str(LETTERS[each["kind"]]), each["printed_at"]) for each in self._kept["letters"]]
        rows = [(self._said(at), what, self._said(done)) for at, what, done in sorted(told, key=lambda row: row[0])]
        columns = {_("Time"): 33, _("What"): 0, _("Told, sent or printed"): 40}
        return self._table(_("Notices, mails and letters"), columns, rows)

    def _notes(self) -> Section:
        topics = {topic.value: str(word) for topic, word in TOPICS.items()}
        rows = [
            (self._said(each["written_at"]), topics.get(each["topic"], ""), each["text"])
            for each in self._kept["call_notes"]
        ]
        columns = {_("Time"): 33, _("Topic"): 30, _("Note"): 0}
        return self._table(_("What customer care noted about calls"), columns, rows)

    def _logins(self) -> Section:
        rows = [
            (each["name"] or _("customer number"), _("login"), self._said(each["enrolled_at"]), _("hidden")
             if each["hides_secrets"] else _("can be shown"))
            for each in self._kept["logins"]
        ]  # fmt: skip
        rows += [(each["name"], _("passkey"), self._said(each["enrolled_at"]), "") for each in self._kept["passkeys"]]
        columns = {_("Name"): 0, _("Kind"): 30, _("Since"): 33, _("Code, PIN and PUK"): 40}
        return self._table(_("Ways of signing in"), columns, rows)

    def _sessions(self) -> Section:
        rows = [
            (self._said(each["opened_at"]), str(METHODS[each["method"]]), str(PLACES[each["place"]]), each["device"],
             self._said(each["seen_at"]), self._said(each["ended_at"]))
            for each in self._kept["sessions"]
        ]  # fmt: skip
        columns = {
            _("Signed in"): 26, _("By"): 32, _("Where"): 13, _("Device"): 0, _("Last used"): 26, _("Signed out"): 26
        }  # fmt: skip
        return self._table(_("Sign-ins"), columns, rows)

    def _history(self) -> Section:
        page = history(
            self._visit.connection,
            attempts=True,
            kinds=list(EVENTS),
            actor=None,
            person_id=None,
            before=None,
            size=MOST,
        )
        rows = [
            (_moment(line.at), line.what, ", ".join(part for part in (line.where, line.how) if part),
             str(line.state.word) if line.state else "", line.number)
            for day in days(page.rows, self._zone, "")
            for line in day.lines
        ]  # fmt: skip
        columns = {_("Time"): 28, _("What"): 0, _("How"): 36, _("Result"): 30, _("Number"): 24}
        cut = _("The newest %(most)s entries; the file for machines has all of them.") % {"most": MOST}
        return self._table(_("What happened"), columns, rows, cut if page.more else "")

    def _proof(self) -> Section:
        """Which state of the signed record this paper was made beside, and where the proof of each entry lies."""
        row = self._visit.connection.execute("select note from proof_checkpoint()").fetchone()
        signed = read_note(row[0]) if row else None
        if signed is None:
            return Section(_("How this can be checked"), _("Nothing is signed yet."))
        checkpoint = signed.checkpoint
        facts = [
            (_("Signed record of"), _moment(checkpoint.at.astimezone(self._zone))),
            (_("Entries of the record"), str(checkpoint.size)),
            (_("Root"), checkpoint.root.hex()),
            (_("Proofs in the file"), f"{self._visit.shop.slug}-{self._visit.now:%Y-%m-%d}.json"),
        ]
        note = _(
            "The JSON file from the same page proves that each entry is in this record; verify_proof.py checks it."
        )
        return Section(_("How this can be checked"), note, facts=facts)

    def _table(self, title: str, columns: Mapping[str, int], rows: Sequence[Sequence[str]], note: str = "") -> Section:
        empty = "" if rows else _("Nothing is kept.")
        filled = [[cell or "–" for cell in row] for row in rows]
        return Section(title, note or empty, widths=list(columns.values()), columns=list(columns), rows=filled)

    def _said(self, value: object) -> str:
        if isinstance(value, datetime):
            return _moment(value.astimezone(self._zone))
        if isinstance(value, date):
            return _day(value)
        return str(VALUES.get(str(value), value)) if value else ""


def _day(day: date) -> str:
    """As people of the page's language write it: 27.11.2026, or 27 Nov 2026."""
    return date_format(day, "j M Y" if (get_language() or "de").startswith("en") else "d.m.Y")


def _moment(at: datetime) -> str:
    return f"{_day(at.date())} {at:%H:%M}"
