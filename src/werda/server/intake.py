"""The intake's process: takes what the operator's systems tell, as the role custody with both rings."""

import logging
import socket

import uvicorn
import uvloop

from werda.api.api_keys import ApiKeys
from werda.intake.api import Api, create_app
from werda.intake.connections import Connections
from werda.server import logs
from werda.server.continuations import continuations
from werda.server.http import MACHINES, configured, with_headers
from werda.server.settings import Settings
from werda.server.wiring import Installation
from werda.store.leader import create_pool
from werda.store.roles import Role

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    uvloop.run(_serve(Installation(settings, settings.database)))


async def _serve(it: Installation) -> None:
    it.verifier(), it.custody()  # a ring that does not fit is told at once
    it.keys.watch()
    pool = await create_pool(it.database, Role.CUSTODY, max_size=4, seconds=5)
    connections = Connections(it.database)
    api = Api(
        *(ApiKeys(pool), connections, it.verifier, it.custody),
        lambda: continuations(it.verifier(), it.custody()),
    )
    app = with_headers(create_app(api), MACHINES, https=it.settings.https)
    config = configured(app, timeout_graceful_shutdown=5)
    listener = socket.create_server((it.settings.host, it.settings.intake_port), backlog=512)
    listener.setblocking(False)
    log.info("intake: http on port %s", it.settings.intake_port)
    try:
        await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        connections.close()
        it.keys.close()
        await pool.close()
