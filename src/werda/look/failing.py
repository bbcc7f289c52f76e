"""The page for what broke. A database that is away, full or too slow is no fault in a page: 503, to be tried again."""

import sys
from typing import Final

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error
from psycopg import OperationalError as DatabaseAway

BUSY: Final = (OperationalError, DatabaseAway, TimeoutError)


def failed(request: HttpRequest) -> HttpResponse:
    """500, or 503 with the time to wait; nothing of the request or the failure is told (B9)."""
    answer = server_error(request)
    kind = sys.exc_info()[0]
    if kind is not None and issubclass(kind, BUSY):
        answer.status_code = 503
        answer.headers["Retry-After"] = "2"
    answer.headers["Cache-Control"] = "no-store"
    return answer
