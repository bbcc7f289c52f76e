"""Bring the newest checkpoint to places outside the database, where its administrator cannot reach (decision 5).

A file that is only appended to, a message for the operator's systems, a mail. Each place gets the newest checkpoint
when its interval is over; one covers all before it. What fails is tried again at the next look, and shown.
"""

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import psycopg

from werda.core.checkpoint import ORIGIN
from werda.usecases.order_from_operator import put_out

MESSAGE: Final = "org.werda.audit.checkpoint.v1"
EVERY: Final[Mapping[str, timedelta]] = {
    "file": timedelta(minutes=1),
    "webhook": timedelta(minutes=1),
    "mail": timedelta(hours=1),
}
"""How often each place gets a checkpoint; what happened since the last one could still be changed unseen."""

_SMTP_SECONDS: Final = 15.0

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Outside:
    """Where checkpoints are brought; None and False: not there. `smtp` is the mail server's host and port."""

    file: Path | None = None
    webhook: bool = False
    mail_to: str | None = None
    mail_from: str = "werda@localhost"
    smtp: tuple[str, int] = ("localhost", 25)


def export_checkpoints(connection: Connection, outside: Outside, now: datetime) -> dict[str, str]:
    """Bring the newest checkpoint wherever it is due. Gives for each place that was due what went wrong, or nothing."""
    newest = connection.execute("select size, note from sealed_checkpoint order by size desc limit 1").fetchone()
    if newest is None:
        return {}
    size, note = newest
    places: dict[str, Callable[[], None]] = {}
    if (file := outside.file) is not None:
        places["file"] = lambda: _append(file, note)
    if outside.webhook:
        places["webhook"] = lambda: _put_out(connection, size, note, now)
    if (to := outside.mail_to) is not None:
        places["mail"] = lambda: _mail(outside, to, size, note)
    done = {}
    for place, bring in places.items():
        with connection.transaction():
            last = connection.execute(
                "select size, at, problem from checkpoint_export where destination = %s for update", (place,)
            ).fetchone()
            if last is not None and (last[0] >= size or (now - last[1] < EVERY[place] and not last[2])):
                continue
            done[place] = problem = _tried(bring)
            connection.execute(
                "insert into checkpoint_export (destination, size, at, problem) values (%s, %s, %s, %s)"
                " on conflict (destination) do update set problem = excluded.problem,"
                " size = case excluded.problem when '' then excluded.size else checkpoint_export.size end,"
                " at = case excluded.problem when '' then excluded.at else checkpoint_export.at end",
                (place, 0 if problem else size, now, problem),
            )
    return done


def _tried(bring: Callable[[], None]) -> str:
    try:
        bring()
    except (OSError, smtplib.SMTPException) as problem:
        return f"{type(problem).__name__}: {str(problem)[:200]}"
    return ""


def _append(file: Path, note: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "a", encoding="utf-8") as opened:
        opened.write(note)
        opened.flush()
        os.fsync(opened.fileno())


def _put_out(connection: Connection, size: int, note: str, now: datetime) -> None:
    brands = connection.execute(
        "select b.id from brand b where exists (select from webhook_endpoint w"
        " where w.brand_id = b.id or w.brand_id is null) order by b.id"
    ).fetchall()
    for (brand,) in brands:
        put_out(
            connection, MESSAGE, brand_id=brand, stream=f"audit:{brand}", subject=ORIGIN,
            data={"size": size, "note": note}, now=now,
        )  # fmt: skip


def _mail(outside: Outside, to: str, size: int, note: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = outside.mail_from, to
    message["Subject"] = f"{ORIGIN}: checkpoint over {size} batches"
    message.set_content(
        note + "\nKeep this mail where nobody who administers the database can change it; `werda audit verify"
        " --checkpoints FILE`\nreads the five lines and the signature above, as many of them as there are.\n"
    )
    host, port = outside.smtp
    with smtplib.SMTP(host, port, timeout=_SMTP_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(message)
