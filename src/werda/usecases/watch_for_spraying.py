"""Look at what all gates counted, and raise or lower a brand's alarm (C6).

One look at all brands, every few seconds. Of two workers that look at the same time one looks.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from werda.core.alarm import AlarmState
from werda.core.spraying import LONG, RECENT, Alarm, Evidence, Usual, look
from werda.store.queries.policies import policy_in_force
from werda.store.queries.traffic import sums, usual
from werda.usecases.set_alarm import DETECTOR, alarm_of, set_alarm

_USUAL_FOR: Final = timedelta(minutes=15)
"""How long what is usual is remembered: it covers weeks and hardly moves."""


@dataclass
class Watch:
    """Remembers what is usual at each brand from one look to the next."""

    _usual: dict[int, tuple[datetime, Usual]] = field(default_factory=dict)

    def look_at_all(self, connection: psycopg.Connection[Any], now: datetime) -> dict[int, AlarmState]:
        """Every brand's state after this look."""
        brands = [row[0] for row in connection.execute("select id from brand order by id").fetchall()]
        return {brand: self.look(connection, brand, now) for brand in brands}

    def look(self, connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> AlarmState:
        """Look at one brand, in a transaction of its own; gives its state."""
        with connection.transaction():
            policy = policy_in_force(connection, brand_id, now)
            if policy is None:  # then nobody gets in anyway
                return AlarmState.CALM
            before, _ = alarm_of(connection, brand_id)
            if not _alone(connection, brand_id):
                return before.state
            calm_since = _calm_since(before, now)
            found, recent, day = look(
                sums(connection, brand_id, max(now - RECENT, calm_since), now),
                sums(connection, brand_id, max(now - LONG, calm_since), now),
                self._usual_of(connection, brand_id, now),
                before.state,
                respond=policy.alarm.respond,
                sensitivity=policy.alarm.sensitivity,
            )
            after = before.after(found, now, policy.alarm.quiet)
            if after != before:
                set_alarm(connection, brand_id, after, by=DETECTOR, why=reason(recent, day), now=now)
            return after.state

    def _usual_of(self, connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> Usual:
        known = self._usual.get(brand_id)
        if known is None or not timedelta() <= now - known[0] < _USUAL_FOR:
            known = self._usual[brand_id] = (now, usual(connection, brand_id, now))
        return known[1]


def reason(recent: Evidence, day: Evidence) -> str:
    """What was seen, in a sentence without a guess or a customer."""
    seen = recent if recent.state >= day.state else day
    span = "ten minutes" if seen is recent else "a day"
    surge = f", failures {seen.surge:.1f} times the usual" if seen.surge is not None else ""
    return (
        f"within {span}: wrong codes {seen.concentration:.1f} times as concentrated as chance makes them,"
        f" {seen.strangers:.0%} of them not explained by slips{surge}"
    )


def _alone(connection: psycopg.Connection[Any], brand_id: int) -> bool:
    """Whether no other worker looks at this brand; holds until the transaction at hand ends."""
    row = connection.execute(
        "select pg_try_advisory_xact_lock(hashtextextended('werda:alarm', %s))", (brand_id,)
    ).fetchone()
    assert row is not None
    return bool(row[0])


def _calm_since(alarm: Alarm, now: datetime) -> datetime:
    """What lies before a brand became calm again was judged then."""
    return alarm.since if alarm.state is AlarmState.CALM and alarm.since is not None else now - LONG
