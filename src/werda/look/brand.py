"""Which brand a page is of, and in which words it speaks: the visitor's language, and in German du or Sie.

The brand is the one whose slug begins the host name (``nordfunk.example.org``), else the first that was added: one
brand needs no setting. It stands as ``request.shop``, the language as ``request.language``.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from werda.look.rings import database
from werda.store.queries.tariff import Shop, shops

_FORMAL: Final = "de-x-sie"


class BrandMiddleware:
    """Finds the brand and activates the language: the visitor's choice, else the brand's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request in the right words."""
        shop = _shop_of(request)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or (shop.language if shop else "de")
        language = "en" if chosen == "en" else "de"
        request.shop, request.language = shop, language  # type: ignore[attr-defined]  # what middleware does
        formal = shop is not None and shop.form == "sie" and language == "de"
        with translation.override(_FORMAL if formal else language):
            response = self._get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


def _shop_of(request: HttpRequest) -> Shop | None:
    with database() as connection:
        known = shops(connection)
    host = request.get_host().partition(".")[0]
    return next((shop for shop in known if shop.slug == host), known[0] if known else None)
