"""The gate's process: engine, calls, HTTP on a port and on a Unix socket for the pages, FastAGI.

It connects as `werda_gate`, which may execute and read nothing, and holds the verifier ring only: the custody ring is
never opened here, and one that came in the environment is dropped (design decision 4).
"""

import asyncio
import logging
import socket
from collections.abc import Mapping
from typing import Any

import psycopg
import uvicorn
import uvloop

from werda.api.api_keys import ApiKeys
from werda.api.failures import what_failed
from werda.core.alarm import AlarmState
from werda.core.call import BrandFacts
from werda.core.verdict import Verdict
from werda.gate.api import Api, create_app
from werda.gate.calls import Calls
from werda.gate.changes import ConfigChanges
from werda.gate.engine import Engine
from werda.gate.fastagi import FastAgi
from werda.gate.lane import Connection, Request
from werda.gate.metrics import Metrics
from werda.gate.rulebook import Reads, Rulebook
from werda.gate.wide_sources import WideSources
from werda.keys import environment
from werda.keys.ring import RingName
from werda.keys.verifier import Verifier
from werda.server import logs
from werda.server.http import MACHINES, configured, with_headers
from werda.server.settings import Settings
from werda.store.leader import connect_to_leader, create_pool
from werda.store.roles import Role
from werda.usecases.hold_keys import HeldKeys

log = logging.getLogger(__name__)

COMMAND_SECONDS = 5.0
"""No statement of the gate takes longer, unless the database is in trouble; then the caller goes on unverified."""

INCIDENT_SECONDS = 30.0
"""Between two looks at the deadlines of incidents."""


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    environment.keep_only(RingName.VERIFIER)
    uvloop.run(_Gate(settings).run())


class _Gate:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = settings.database
        self._metrics = Metrics()
        self._asserting_trunks: set[str] = set()
        self._brands: dict[int, BrandFacts] = {}

    async def run(self) -> None:
        pool = await create_pool(self._database, Role.GATE, max_size=8, seconds=COMMAND_SECONDS)
        rings = HeldKeys(self._session, self._settings.keys, lambda: loop.call_soon_threadsafe(renew))
        sources = WideSources(pool, lambda: engine.rulebook.source_limits(engine.now), tell=self._tell_alarms)
        engine = Engine(
            self._connect, rings.ring(Verifier), Rulebook(), observe=self._observe, stepped_up=sources.stepped_up
        )
        keys = ApiKeys(pool)
        calls = Calls(pool, engine)
        loop = asyncio.get_running_loop()

        def renew() -> None:
            engine.verifier = rings.ring(Verifier)

        async def changed() -> None:
            engine.rulebook = await Rulebook.read(pool)
            self._brands = engine.rulebook.brands
            self._asserting_trunks.clear()
            self._asserting_trunks.update(engine.rulebook.asserting_trunks)
            keys.forget()

        await changed()
        await sources.read()
        await engine.start()
        agi = await FastAgi.start(
            self._settings.host, self._settings.fastagi_port, calls, asserting_trunks=self._asserting_trunks
        )
        rings.watch()
        background = [
            asyncio.create_task(ConfigChanges(self._connect, changed).listen()),
            asyncio.create_task(sources.keep_reading()),
            asyncio.create_task(self._tell_incidents(pool)),
        ]
        try:
            await self._serve_http(Api(engine, calls, keys, lambda: engine.alive, sources.refused))
        finally:
            for task in background:
                task.cancel()
            rings.close()
            await agi.close()
            await engine.stop()
            await pool.close()

    async def _connect(self) -> Connection:
        return await connect_to_leader(self._database, Role.GATE, COMMAND_SECONDS, command_timeout=COMMAND_SECONDS)

    def _session(self) -> psycopg.Connection[Any]:
        return self._database.connect(Role.GATE, autocommit=True)

    def _observe(self, request: Request, verdict: Verdict) -> None:
        self._metrics.attempt(self._brands[request.brand_id].slug, request.channel, verdict)

    def _tell_alarms(self, states: Mapping[int, AlarmState]) -> None:
        for brand in self._brands.values():
            self._metrics.alarm(brand.slug, states.get(brand.id, AlarmState.CALM))

    async def _tell_incidents(self, pool: Reads) -> None:
        """Tell the metrics which deadlines of incidents press (A7)."""
        while True:
            try:
                due = dict(await pool.fetch("select brand_id, due from gate_incidents_due()"))
                for brand in self._brands.values():
                    self._metrics.incidents_due(brand.slug, due.get(brand.id, 0))
            except Exception as problem:  # whatever it is, the next time tries again
                log.error("the deadlines of incidents cannot be read for now: %s", what_failed(problem))
            await asyncio.sleep(INCIDENT_SECONDS)

    async def _serve_http(self, api: Api) -> None:
        app = create_app(api, self._metrics)
        config = configured(with_headers(app, MACHINES, https=self._settings.https), timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        await server.serve(sockets=[self._port(), self._unix()])

    def _port(self) -> socket.socket:
        listener = socket.create_server((self._settings.host, self._settings.gate_port), backlog=2048)
        listener.setblocking(False)
        return listener

    def _unix(self) -> socket.socket:
        path = self._settings.gate_socket
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(256)
        listener.setblocking(False)
        log.info("gate: http on port %s, FastAGI on port %s", self._settings.gate_port, self._settings.fastagi_port)
        return listener
