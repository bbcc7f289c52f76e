"""The first page, and the language in which the portal speaks."""

from importlib import import_module
from typing import Final

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from werda.portal.access import Visit, next_page, open_page, page
from werda.portal.areas import ON_HOME

_A_YEAR: Final = 365 * 86_400


@page
def home(visit: Visit) -> HttpResponseBase:
    """Who is signed in, and where everything is."""
    (name,) = visit.connection.execute(
        "select coalesce(nullif(company, ''), trim(given_name || ' ' || family_name)) from customer"
    ).fetchone() or ("",)
    blocks = [import_module(f"werda.portal.{area}.on_home").block(visit) for area in ON_HOME]
    return visit.render("start/home.html", {"name": name, "blocks": blocks})


@open_page
def language(visit: Visit) -> HttpResponseBase:
    """German or English, from now on and in this browser."""
    answer = redirect(next_page(visit.request))
    chosen = visit.request.POST.get("language", "")
    if visit.request.method == "POST" and chosen in dict(settings.LANGUAGES):
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=_A_YEAR, samesite="Lax")
    return answer
