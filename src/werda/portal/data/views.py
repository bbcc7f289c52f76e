"""Everything that is kept about oneself, for machines or to read (A8). It is made when asked for, and kept nowhere."""

import json
from datetime import date
from typing import Final

from django.db import connection as django_connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from werda.documents.own_data import own_data
from werda.portal.access import Visit, fresh_page, too_many
from werda.portal.data.paper import paper
from werda.usecases.export_data import export_data, kept_data
from werda.usecases.limit_tries import Limit

EXPORTS: Final = Limit("portal: own data", 10, 3600)
"""By one customer: each reads everything of them, and the leaves of the whole record."""


@fresh_page
def overview(visit: Visit) -> HttpResponseBase:
    """What is in it; a POST gives it. Account holders only: it is about them."""
    session = visit.signed_in
    if session.person_id != 0:
        return visit.render("data/not_yours.html", status=403)
    if visit.request.method != "POST":
        return visit.render("data/overview.html")
    if not EXPORTS.within(django_connection, str(session.customer_id)):
        return too_many(visit.request)
    if visit.request.POST.get("form") == "pdf":
        kept = kept_data(visit.connection, session, form="pdf", now=visit.now)
        return _file(visit, own_data(paper(visit, kept)), "application/pdf", "pdf")
    content = export_data(visit.connection, session, brand=visit.shop.slug, now=visit.now)
    text = json.dumps(content, default=_time, ensure_ascii=False)
    return _file(visit, text.encode(), "application/json; charset=utf-8", "json")


def _file(visit: Visit, content: bytes, kind: str, ending: str) -> HttpResponseBase:
    name = f"{visit.shop.slug}-{visit.now:%Y-%m-%d}.{ending}"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _time(value: object) -> str:
    assert isinstance(value, date), "nothing else is not JSON"  # a datetime is one, too
    return value.isoformat()
