"""German first (surfaces): pages speak German until somebody chooses otherwise, whatever their browser prefers.

The choice is a cookie, which Django's own `set_language` sets; without one the agent's `language` counts.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin


class ChosenLanguageMiddleware(MiddlewareMixin):
    """Activates the language of this request; stands after the authentication middleware."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the chosen language."""
        offered = dict(settings.LANGUAGES)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or getattr(request.user, "language", None)
        translation.activate(chosen if chosen in offered else settings.LANGUAGE_CODE)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it is; a cache must not mix them up."""
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response
