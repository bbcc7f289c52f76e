"""The worker's process: what is to be done in the background, as the role custody.

A job that joins is one more line in `_jobs`.
"""

import logging
import signal
from datetime import UTC, datetime
from types import FrameType

from werda.outbox.delays import Delays
from werda.outbox.sender import CHANNEL, Sender
from werda.server import logs
from werda.server.jobs import Job, Worker
from werda.server.settings import Settings
from werda.server.wiring import Installation
from werda.usecases.answer_once import forget_answers

log = logging.getLogger(__name__)

_LANES = 8
"""So many messages are on their way at the same time, each of another stream."""


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    it = Installation(settings, settings.database)
    worker = Worker(it.database, _jobs(it))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    log.info("worker: sending what is due")
    worker.run()


def _jobs(it: Installation) -> list[Job]:
    sender = Sender(it.custody(), Delays(it.settings.outbox_tries, it.settings.outbox_delay))
    return [
        Job("outbox", min(1.0, it.settings.outbox_delay), sender.send_one, channel=CHANNEL, lanes=_LANES),
        Job("forget-answers", 3600, lambda connection: forget_answers(connection, datetime.now(UTC))),
    ]
