"""The pages' process: Django under uvicorn, as one database role, with no key ring."""

import os
import socket

import uvicorn

from werda.server import logs
from werda.server.settings import Settings
from werda.store.roles import Role


def run(settings: Settings, *, demo: bool = False) -> None:
    """Run until SIGINT or SIGTERM. In the demo the pages include the operator's phone, which shows demo secrets."""
    logs.configure(settings.log_level)
    os.environ["DJANGO_SETTINGS_MODULE"] = "werda.server.django_settings"
    os.environ["WERDA_ROLE"] = Role.DESK.value
    os.environ["WERDA_DEMO"] = "1" if demo else ""
    os.environ.pop("WERDA_VERIFIER_KEYRING", None)
    if not demo:
        os.environ.pop("WERDA_CUSTODY_KEYRING", None)

    from django.core.asgi import get_asgi_application

    config = uvicorn.Config(
        get_asgi_application(),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,  # live connections never end by themselves
    )
    listener = socket.create_server((settings.host, settings.pages_port), backlog=512)
    uvicorn.Server(config).run(sockets=[listener])
