"""Everything that is kept about oneself, as one file (A8). It is made when it is asked for, and kept nowhere."""

import json
from datetime import date
from typing import Final

from django.db import connection as django_connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from werda.portal.access import Visit, fresh_page, too_many
from werda.usecases.export_data import export_data
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
    content = export_data(visit.connection, session, brand=visit.shop.slug, now=visit.now)
    text = json.dumps(content, default=_time, ensure_ascii=False)
    name = f"{visit.shop.slug}-{visit.now:%Y-%m-%d}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _time(value: object) -> str:
    assert isinstance(value, date), "nothing else is not JSON"  # a datetime is one, too
    return value.isoformat()
