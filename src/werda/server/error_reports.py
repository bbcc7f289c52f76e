"""Error reports say where something broke, never what somebody sent: it could be a secret (B9)."""

from collections.abc import ItemsView
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class NothingOfTheRequest(SafeExceptionReporterFilter):
    """Hides form fields, cookies, headers and the local variables of every frame."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """None of them."""
        return {}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: TracebackType | Any
    ) -> ItemsView[str, Any]:
        """None of them."""
        return {}.items()
