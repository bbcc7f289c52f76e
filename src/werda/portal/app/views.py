"""The page on how to install the app, and what stands on the screen while there is no internet."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from werda.look.rings import database
from werda.look.shown_number import shown_number
from werda.portal.access import Visit, open_file, open_page
from werda.portal.dress import worn_by
from werda.store.queries.brand_tokens import hotline_numbers


@open_page
def install(visit: Visit) -> HttpResponseBase:
    """How to have the portal as an app."""
    return visit.render("app/install.html")


@open_file
def offline(request: HttpRequest) -> HttpResponse:
    """No internet: what the app does not know, it does not say (surfaces, "Offline").

    The service worker keeps this page, so it is the same for everybody: no session, no form, no token.
    """
    shop = request.shop  # type: ignore[attr-defined]  # set by the middleware
    numbers = []
    if shop is not None:
        with database() as connection:
            numbers = hotline_numbers(connection, shop.id)
    said = worn_by(shop).tokens.hotline
    context = {"shop": shop, "numbers": [(n, said if said and len(numbers) == 1 else shown_number(n)) for n in numbers]}
    return render(request, "app/offline.html", context)
