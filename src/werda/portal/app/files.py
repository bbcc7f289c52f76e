"""The files of the app that differ between brands: colours, logo, icons, manifest, service worker."""

import json
from importlib import resources
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse

from werda.core.contrast import LIGHT
from werda.documents.mark import mark
from werda.look.rings import database
from werda.portal.access import open_file
from werda.portal.app.shell import shell_of, version_of
from werda.portal.dress import worn_by
from werda.store.queries.brand_tokens import Dress, icon_of

START: Final = "/?place=app"
"""Where the installed app begins; by this the portal knows it from a browser (S8)."""

_SHIPPED: Final = {"small": "icon-192.png", "large": "icon-512.png", "maskable": "icon-maskable-512.png"}
"""The icons of a brand without tokens (parts/app_icons.py)."""


@open_file
def colours(request: HttpRequest) -> HttpResponse:
    """The brand's accent, by day and by night."""
    dress = _dress(request)
    if dress.version == 0:
        return HttpResponse("/* This brand has no tokens. */\n", content_type="text/css; charset=utf-8")
    light, dark = dress.tokens.light, dress.tokens.dark
    css = (
        f":root {{ --accent: {light.colour}; --on-accent: {light.ink}; }}\n"
        "@media (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: {dark.colour}; --on-accent: {dark.ink}; }}\n}}\n"
    )
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@open_file
def logo(request: HttpRequest) -> HttpResponse:
    """The brand's logo, as it was checked when it was loaded."""
    dress = _dress(request)
    drawn = dress.logo or mark(dress.tokens.light.colour, dress.tokens.light.ink)
    return HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")


@open_file
def icon_small(request: HttpRequest) -> HttpResponse:
    """The app's icon, 192 pixels wide."""
    return _icon(request, "small")


@open_file
def icon_large(request: HttpRequest) -> HttpResponse:
    """The same, 512 pixels wide."""
    return _icon(request, "large")


@open_file
def icon_maskable(request: HttpRequest) -> HttpResponse:
    """The same with room around it: systems cut circles and squircles out of it."""
    return _icon(request, "maskable")


@open_file
def manifest(request: HttpRequest) -> HttpResponse:
    """What the app is called and how it looks on a home screen (W3C, Web Application Manifest)."""
    dress = _dress(request)
    language = request.language  # type: ignore[attr-defined]  # set by the middleware
    told = {
        "id": "/",
        "name": dress.tokens.name if dress.version else _name(request),
        "short_name": dress.tokens.short_name if dress.version else _name(request)[:12],
        "lang": language,
        "start_url": START,
        "scope": "/",
        "display": "standalone",
        "background_color": LIGHT[0],
        "theme_color": dress.tokens.light.colour,
        "icons": [
            {"src": reverse("app:logo"), "type": "image/svg+xml", "sizes": "any", "purpose": "any"},
            {"src": reverse("app:icon_small"), "type": "image/png", "sizes": "192x192", "purpose": "any"},
            {"src": reverse("app:icon_large"), "type": "image/png", "sizes": "512x512", "purpose": "any"},
            {"src": reverse("app:icon_maskable"), "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
        ],
    }
    text = json.dumps(told, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/manifest+json; charset=utf-8")


@open_file
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker of `static/app/worker.js`, told which files it keeps and under which name."""
    shop, language = request.shop, request.language  # type: ignore[attr-defined]  # set by the middleware
    shell = shell_of()
    version = version_of(shell, shop, _dress(request), language)
    head = f"const SHELL = {json.dumps(shell)};\nconst VERSION = {json.dumps(version)};\n"
    head += f"const NAME = {json.dumps(_name(request))};\n"
    script = f"{head}importScripts({json.dumps(static('app/worker.js') + '?' + version)});\n"
    answer = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


def _dress(request: HttpRequest) -> Dress:
    return worn_by(request.shop)  # type: ignore[attr-defined]  # set by the middleware


def _name(request: HttpRequest) -> str:
    shop = request.shop  # type: ignore[attr-defined]  # set by the middleware
    return shop.name if shop else "Werda"


def _icon(request: HttpRequest, size: str) -> HttpResponse:
    shop = request.shop  # type: ignore[attr-defined]  # set by the middleware
    drawn = None
    if shop is not None:
        with database() as connection:
            drawn = icon_of(connection, shop.id, size)
    if drawn is None:
        drawn = resources.files("werda.portal.app").joinpath("pictures", _SHIPPED[size]).read_bytes()
    return HttpResponse(drawn, content_type="image/png")
