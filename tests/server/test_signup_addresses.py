"""Sign-up has addresses of its own; each of its pages is open by name, and none of them is at the desk."""

from collections.abc import Sequence

import django
from django.urls import URLPattern, URLResolver

django.setup()

from werda.server import urls as desk  # noqa: E402
from werda.signup import urls as signup  # noqa: E402


def views(patterns: Sequence[object], before: str = "") -> dict[str, object]:
    """Every view by its address."""
    found: dict[str, object] = {}
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= views(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            found[before + str(pattern.pattern)] = pattern.callback
    return found


def test_every_page_of_sign_up_is_open_by_name() -> None:
    pages = views(signup.urlpatterns)
    assert {"order", "order/you", "order/number", "order/sim", "order/code", "order/summary"} <= set(pages)
    assert [address for address, view in pages.items() if getattr(view, "login_required", True)] == []


def test_desk_and_sign_up_share_no_address_but_the_first() -> None:
    assert set(views(desk.urlpatterns)) & set(views(signup.urlpatterns)) == {""}
