"""Say whether a brand is under attack, by the detector or by hand (C6).

While a brand is under attack a customer code lets nobody in without possession; the gates read the row in the statement
that judges, so it holds from the commit on. Every change is an event and a message for the operator's systems.
"""

from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.alarm import AlarmState
from werda.core.audit import EventKind
from werda.core.spraying import Alarm
from werda.usecases.order_from_operator import put_out
from werda.usecases.sim_change import record

DETECTOR: Final = "detector"
MESSAGE: Final = "org.werda.alarm.changed.v1"

Connection = psycopg.Connection[Any]


def alarm_of(connection: Connection, brand_id: int) -> tuple[Alarm, str]:
    """The brand's alarm, and who set it; locked until the transaction at hand ends."""
    row = connection.execute(
        "select state, since, changed_by, held_until from alarm where brand_id = %s for update", (brand_id,)
    ).fetchone()
    if row is None:
        return Alarm(), DETECTOR
    state, since, changed_by, held_until = row
    return Alarm(AlarmState(state), since, changed_by != DETECTOR, held_until), changed_by


def set_alarm(connection: Connection, brand_id: int, alarm: Alarm, *, by: str, why: str, now: datetime) -> None:
    """Write the alarm, within the transaction at hand; a changed state is recorded and told."""
    before, _ = alarm_of(connection, brand_id)
    connection.execute(
        "insert into alarm (brand_id, state, since, changed_by, held_until) values (%s, %s, %s, %s, %s)"
        " on conflict (brand_id) do update set state = excluded.state, since = excluded.since,"
        " changed_by = excluded.changed_by, held_until = excluded.held_until",
        (brand_id, alarm.state, alarm.since or now, by, alarm.held_until),
    )
    if alarm.state is before.state and alarm.by_hand is before.by_hand:
        return
    detail = {"state": alarm.state.slug, "before": before.state.slug, "why": why}
    record(connection, EventKind.ALARM_CHANGED, brand_id=brand_id, customer_id=None, actor=by, now=now, detail=detail)
    put_out(
        connection, MESSAGE, brand_id=brand_id, stream=f"alarm:{brand_id}", subject=f"alarm:{brand_id}",
        data={**detail, "by": by}, now=now,
    )  # fmt: skip
    connection.execute("select pg_notify('werda_live', %s)", (f"{brand_id}:0",))
