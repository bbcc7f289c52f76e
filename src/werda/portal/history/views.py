"""The history, *that was not me*, and what became of one's reports."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from werda.core.notice import NoticeKind
from werda.portal.access import Visit, page
from werda.portal.history.story import cursor_of, days, place_of
from werda.portal.history.words import EVENTS, NOTICES, Part
from werda.store.queries.history import Page, history, notices, reports
from werda.usecases.end_sessions import end_other_sessions
from werda.usecases.report_misuse import NothingToReport, report_misuse
from werda.usecases.tell_by_portal import tell_by_portal

FILTERS: Final = (
    ("", _("Everything")),
    (Part.CALLS.value, _("Calls")),
    (Part.CHANGES.value, _("Changes")),
    (Part.SIGN_INS.value, _("Sign-ins")),
)


@page
def overview(visit: Visit) -> HttpResponseBase:
    """Everything that happened, newest first, or a part of it."""
    chosen = visit.request.GET.get("show", "")
    part = Part(chosen) if chosen in set(Part) else None
    found = page_of(visit, part)
    return visit.render(
        "history/overview.html",
        {
            "days": days(found.rows, ZoneInfo(visit.shop.timezone), visit.signed_in.actor),
            "zone": visit.shop.timezone,
            "filters": FILTERS,
            "chosen": part.value if part else "",
            "more": cursor_of(found.more) if found.more else None,
            "later": "before" in visit.request.GET,
        },
    )


def page_of(visit: Visit, part: Part | None) -> Page:
    """Some rows, from where the address says."""
    session = visit.signed_in
    holder = session.person_id == 0  # a representative sees what they did themselves
    return history(
        visit.connection,
        attempts=part in {None, Part.CALLS},
        kinds=[kind for kind, said in EVENTS.items() if part in {None, said.part}],
        actor=None if holder else f"customer:{session.customer_id}/{session.person_id}:",
        person_id=None if holder else session.person_id,
        before=place_of(visit.request.GET.get("before", "")),
    )


@page
def not_me(visit: Visit) -> HttpResponseBase:
    """One tap: the hotline is locked, a case is open. A second tap shows the same case."""
    if visit.request.method != "POST":
        return redirect("history:overview")
    named = visit.request.POST.get("attempt", "")
    if named and not (named.isascii() and named.isdigit() and len(named) <= 18):
        raise Http404
    reported = report_misuse(visit.connection, visit.signed_in, attempt_id=int(named) if named else None, now=visit.now)
    if isinstance(reported, NothingToReport):
        raise Http404
    return visit.render("history/reported.html", {"reported": reported})


@page
def sign_out_others(visit: Visit) -> HttpResponseBase:
    """End every other session of this login: somebody else may have one."""
    if visit.request.method != "POST":
        return redirect("history:overview")
    ended = end_other_sessions(visit.connection, visit.signed_in, now=visit.now)
    return visit.render("history/signed_out.html", {"ended": ended})


@page
def my_reports(visit: Visit) -> HttpResponseBase:
    """What one reported, and whether it is still looked into."""
    return visit.render("history/reports.html", {"reports": reports(visit.connection), "zone": visit.shop.timezone})


@page
def my_notices(visit: Visit) -> HttpResponseBase:
    """What one is told, and by which ways."""
    context: dict[str, Any] = {"zone": visit.shop.timezone, "notices": []}
    if visit.signed_in.person_id == 0:  # they are for the account holder
        found = notices(visit.connection)
        tell_by_portal(visit.connection, [notice.id for notice in found], now=visit.now)
        context["notices"] = [
            {"word": NOTICES[NoticeKind(notice.kind)], "at": notice.at, "told": notice.told} for notice in found
        ]
    row = visit.connection.execute("select email from customer").fetchone()
    context["email"] = row[0] if row else ""
    return visit.render("history/notices.html", context)
