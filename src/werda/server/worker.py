"""The worker's process: what is to be done in the background, as the role custody.

A job that joins is one more line in `_jobs`.
"""

import logging
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import Any

import psycopg

from werda.mail.transport import Post
from werda.outbox.delays import Delays
from werda.outbox.sender import CHANNEL, Sender
from werda.server import logs
from werda.server.jobs import Job, Worker
from werda.server.settings import Settings
from werda.server.wiring import Installation
from werda.usecases.answer_once import forget_answers
from werda.usecases.destroy_due import destroy_due
from werda.usecases.erase_due import destroy_legacy, erase_due
from werda.usecases.export_checkpoints import Outside, export_checkpoints
from werda.usecases.fill_in_order import remove_expired
from werda.usecases.flag_outliers import flag_outliers
from werda.usecases.forget_representatives import forget_representatives
from werda.usecases.forget_sessions import forget_sessions
from werda.usecases.forget_traffic import forget_traffic
from werda.usecases.hold_keys import CHANNEL as KEYS
from werda.usecases.post_mail import CHANNEL as MAIL
from werda.usecases.put_one_time_code import destroy_over
from werda.usecases.release_orders import release_one
from werda.usecases.rewrap import rewrap_custody, rewrap_verifier
from werda.usecases.seal_record import CounterWentBack, seal
from werda.usecases.send_mail import Portals, post_notices, post_order_notices, send_one
from werda.usecases.send_push import CHANNEL as PUSH
from werda.usecases.send_push import forget_pushes, make_push_key, send_one_push
from werda.usecases.send_sms import CHANNEL as SMS
from werda.usecases.send_sms import send_one_sms
from werda.usecases.sim_change import Rings
from werda.usecases.tell_of_attempts import tell_of_attempts
from werda.usecases.warn_of_incidents import warn_of_incidents
from werda.usecases.watch_for_spraying import Watch

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

_MINUTE = 60.0
_HOUR = 3600.0
_DAY = 24 * _HOUR
_LOOK = 5.0
"""Seconds between two looks for spraying (C6)."""
_RESTING = 4.0
"""Erasing works a fifth of the time."""
_LANES = 8
"""So many messages are on their way at the same time, each of another stream."""

_PUSH_LANES = 4
"""So many push services are waited for at the same time."""


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    it = Installation(settings, settings.database)
    it.verifier(), it.custody(), it.signer()  # a ring that does not fit is told at once
    it.keys.watch()
    worker = Worker(it.database, _jobs(it))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    log.info("worker: sending what is due")
    worker.run()
    it.keys.close()


def _mail_jobs(it: Installation) -> list[Job]:
    """None without a relay: what is posted waits for one."""
    if it.settings.relay is None:
        return []
    post, portals = Post(it.settings.relay), Portals(it.settings.portal_url)

    def send(connection: Connection) -> bool:
        return send_one(connection, it.custody(), post, portals, datetime.now(UTC))

    def notices(connection: Connection) -> bool:
        return post_notices(connection, datetime.now(UTC)) > 0

    def order_notices(connection: Connection) -> bool:
        return post_order_notices(connection, it.custody(), datetime.now(UTC))

    return [
        Job("mail", 5.0, send, channel=MAIL),
        Job("notices", 5.0, notices),
        Job("order-notices", 5.0, order_notices),
    ]


def _sms_jobs(it: Installation) -> list[Job]:
    """None without a gateway."""
    gateway = it.settings.sms
    if gateway is None:
        return []

    def send(connection: Connection) -> bool:
        return send_one_sms(connection, it.custody(), gateway, datetime.now(UTC))

    return [Job("sms", 5.0, send, channel=SMS)]


def _push_jobs(it: Installation) -> list[Job]:
    """None while nobody is named in whose name they go."""
    pushing = it.settings.pushing
    if pushing is None:
        return []

    def send(connection: Connection) -> bool:
        make_push_key(connection, it.custody(), datetime.now(UTC))
        return send_one_push(connection, it.custody(), pushing, datetime.now(UTC))

    return [Job("push", 5.0, send, channel=PUSH, lanes=_PUSH_LANES)]


def _jobs(it: Installation) -> list[Job]:
    sender = Sender(it.custody, Delays(it.settings.outbox_tries, it.settings.outbox_delay))
    return [
        *_mail_jobs(it),
        *_sms_jobs(it),
        *_push_jobs(it),
        Job("outbox", min(1.0, it.settings.outbox_delay), sender.send_one, channel=CHANNEL, lanes=_LANES),
        Job("waiting-orders", 1.0, lambda connection: release_one(connection, datetime.now(UTC))),
        Job("forget-answers", _HOUR, lambda connection: forget_answers(connection, datetime.now(UTC))),
        Job("clear-orders", _HOUR, _clear_orders),
        Job("seal", 1.0, Sealing(it).seal),
        Job("checkpoints", _LOOK, partial(_export, it.settings.outside)),
        Job("alarm", _LOOK, partial(_watch, Watch())),
        Job("old-sessions", _HOUR, _forget_sessions),
        Job("old-traffic", _HOUR, _forget_traffic),
        Job("one-time-codes", _HOUR, _destroy_one_time_codes),
        Job("rewrap", 10.0, partial(_rewrap, it), channel=KEYS),
        Job("destroy-due", _HOUR, partial(_destroy_due, it)),
        Job("destroy-legacy", _HOUR, _destroy_legacy),
        Job("erase-due", _DAY, _erase_due),
        Job("tell-of-attempts", 10.0, _tell_of_attempts),
        Job("outliers", _DAY, _flag_outliers),
        Job("incidents", 60.0, _warn_of_incidents),
    ]


def _clear_orders(connection: Connection) -> bool:
    """Destroy drafts and chosen codes whose time is over."""
    with connection.transaction():
        removed = remove_expired(connection, now=datetime.now(UTC))
    if removed:
        log.info("worker: %s drafts and chosen codes are gone", removed)
    return False


def _watch(watch: Watch, connection: Connection) -> bool:
    """Look whether a brand is sprayed (C6)."""
    watch.look_at_all(connection, datetime.now(UTC))
    return False


@dataclass
class Sealing:
    """Seals what was recorded since (design decision 5); says once a minute what keeps it from that."""

    it: Installation
    _said: float = -_MINUTE

    def seal(self, connection: Connection) -> bool:
        """One look."""
        try:
            seal(connection, self.it.signer(), datetime.now(UTC))
        except CounterWentBack as problem:
            if time.monotonic() - self._said >= _MINUTE:
                self._said = time.monotonic()
                log.error("worker: %s", problem)
        return False


def _export(outside: Outside, connection: Connection) -> bool:
    """Bring the newest checkpoint to places outside."""
    for place, problem in export_checkpoints(connection, outside, datetime.now(UTC)).items():
        if problem:
            log.error("worker: no checkpoint could be brought to the %s outside: %s", place, problem)
    return False


def _forget_traffic(connection: Connection) -> bool:
    """Remove sums of minutes that nobody compares any more."""
    forget_traffic(connection, datetime.now(UTC))
    return False


def _forget_sessions(connection: Connection) -> bool:
    """Remove sessions, steps of signing in, pushes and representatives that are over."""
    forget_sessions(connection, datetime.now(UTC))
    forget_pushes(connection, datetime.now(UTC))
    forget_representatives(connection, datetime.now(UTC))
    return False


def _destroy_one_time_codes(connection: Connection) -> bool:
    """Destroy what is left of one-time codes that count no longer."""
    destroy_over(connection, datetime.now(UTC))
    return False


def _rewrap(it: Installation, connection: Connection) -> bool:
    """Make anew what lies under keys that were replaced (B5)."""
    done = rewrap_custody(connection, it.custody()).plus(rewrap_verifier(connection, it.verifier(), it.custody()))
    if done.rows:
        log.info("worker: %s rows lie under the new keys", done.rows)
    return False


def _destroy_due(it: Installation, connection: Connection) -> bool:
    """Destroy what was secret of contracts and SIMs that are over (A9)."""
    gone = destroy_due(connection, Rings(it.verifier(), it.custody()), actor="worker", now=datetime.now(UTC))
    if gone.sealed or gone.credentials:
        log.info("worker: secrets of %s contracts and %s SIMs are gone", gone.customers, gone.sims)
    return False


def _destroy_legacy(connection: Connection) -> bool:
    """Destroy the old way's verifiers at the end that the policy gave it (A1)."""
    if gone := destroy_legacy(connection, actor="worker", now=datetime.now(UTC)):
        log.info("worker: %s verifiers of the old way are gone", gone)
    return False


def _erase_due(connection: Connection) -> bool:
    """Erase what has been kept for as long as the policies say (A9)."""
    for brand_id, gone in erase_due(connection, actor="worker", now=datetime.now(UTC), resting=_RESTING).items():
        log.info("worker: of brand %s erased: %s", brand_id, ", ".join(f"{n} {what}" for what, n in gone.items()))
    return False


def _warn_of_incidents(connection: Connection) -> bool:
    """Warn of an incident's deadline before it is over (A7)."""
    if warned := warn_of_incidents(connection, datetime.now(UTC)):
        log.warning("worker: %s deadlines of incidents end soon or are over; `werda incident list` shows them", warned)
    return False


def _tell_of_attempts(connection: Connection) -> bool:
    """Tell customers of locks and of successes after failures (C8)."""
    tell_of_attempts(connection)
    return False


def _flag_outliers(connection: Connection) -> bool:
    """Flag agents who stand out, where a brand has switched that on (D4)."""
    flag_outliers(connection, datetime.now(UTC))
    return False
