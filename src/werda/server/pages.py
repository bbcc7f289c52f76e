"""The pages' processes: Django under uvicorn, each audience as a database role of its own.

The desk holds the ring of its agents' second factors and no other. Sign-up holds both of the secrets' rings, because it
seals the chosen code and asks how many hold one (B3); the portal holds them, too, because it shows and changes secrets.
"""

import os
import socket
from typing import Any, Final

import uvicorn
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from werda.keys import environment
from werda.keys.ring import RingName
from werda.portal.areas import with_files
from werda.server import logs
from werda.server.http import PAGES, configured, with_headers
from werda.server.settings import Settings
from werda.store.roles import Role

STATIC: Final = "/static/"
STRANGERS_AT_ONCE: Final = 40
"""Connections that sign-up serves at the same time; more get 503, so that a flood takes no database from the desk."""

CUSTOMERS_AT_ONCE: Final = 200
"""Connections that the portal serves at the same time."""


def run(settings: Settings, *, demo: bool = False) -> None:
    """Run until SIGINT or SIGTERM. In the demo the pages include the operator's phone, which shows demo secrets."""
    logs.configure(settings.log_level)
    os.environ["DJANGO_SETTINGS_MODULE"] = "werda.server.django_settings"
    os.environ["WERDA_ROLE"] = Role.DESK.value
    os.environ["WERDA_DEMO"] = "1" if demo else ""
    environment.keep_only(*(RingName if demo else [RingName.SECOND_FACTOR]))

    rooms = ["werda.look", "werda.desk", *(["werda.demo"] if demo else [])]
    application = _application(rooms)
    if demo:
        from werda.demo.nordfunk import order_system  # needs Django to be set up, which the application did

        order_system(settings.home, settings.keys, settings.intake_address).start()
        from werda.demo.views import mailbox

        mailbox().open()
    _serve(settings, settings.pages_port, application)


def run_signup(settings: Settings) -> None:
    """Run the order flow until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    os.environ["DJANGO_SETTINGS_MODULE"] = "werda.server.django_settings"
    os.environ["WERDA_ROLE"] = Role.SIGNUP.value
    os.environ["WERDA_DEMO"] = ""
    environment.keep_only(RingName.VERIFIER, RingName.CUSTODY)
    application = _application(["werda.look", "werda.signup"])
    _serve(settings, settings.signup_port, application, at_once=STRANGERS_AT_ONCE)


def run_portal(settings: Settings) -> None:
    """Run the customers' portal until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    os.environ["DJANGO_SETTINGS_MODULE"] = "werda.server.django_settings"
    os.environ["WERDA_ROLE"] = Role.PORTAL.value
    os.environ["WERDA_DEMO"] = ""
    environment.keep_only(RingName.VERIFIER, RingName.CUSTODY)
    application = _application(["werda.look", "werda.portal", *(f"werda.portal.{area}" for area in with_files())])
    _serve(settings, settings.portal_port, application, at_once=CUSTOMERS_AT_ONCE)


def _serve(settings: Settings, port: int, application: ASGIApp, *, at_once: int | None = None) -> None:
    # Two seconds for the rest when it ends: live connections never end by themselves.
    application = with_headers(application, PAGES, https=settings.https)
    config = configured(application, limit_concurrency=at_once, timeout_graceful_shutdown=2)
    listener = socket.create_server((settings.host, port), backlog=512)
    uvicorn.Server(config).run(sockets=[listener])


def _application(rooms: list[str]) -> ASGIApp:
    """Django, and beside it the files that the rooms ship. Files have no access of their own: they hold no data."""
    from django.core.asgi import get_asgi_application

    django: Any = get_asgi_application()
    files = StaticFiles(packages=[(room, "static") for room in rooms])

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(STATIC):
            await django(dict(scope), receive, send)
            return
        try:
            response = await files.get_response(scope["path"].removeprefix(STATIC), scope)
        except HTTPException as missing:
            response = Response(status_code=missing.status_code)
        response.headers["Cache-Control"] = "no-cache"  # kept, and asked for again: an upgrade shows at once
        await response(scope, receive, send)

    return application
