"""The sums of minutes that tell whether a brand is sprayed (C6), and what an alarm costs honest callers."""

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Final

import psycopg

from werda.core.spraying import LONG, RECENT, Sums, Usual, usual_slips

_WEEKS: Final = 4
_DAYS_FOR_USUAL: Final = 3
_MOST_THAT_ERR: Final = Decimal("0.25")
"""No more failures of all attempts are ever taken for usual: a patient attacker must not become so."""


def sums(connection: psycopg.Connection[Any], brand_id: int, since: datetime, until: datetime) -> Sums:
    """What all lanes counted in the minutes that began after `since` and no later than `until`."""
    window = (brand_id, since, until)
    row = connection.execute(
        "select coalesce(sum(attempts), 0), coalesce(sum(wrong + unknown), 0), coalesce(sum(compared), 0),"
        " coalesce(sum(near), 0) from traffic where brand_id = %s and minute > %s and minute <= %s",
        window,
    ).fetchone()
    assert row is not None
    buckets = connection.execute(
        # A day has a key of its own, so only buckets of the same one are the same.
        "select day, array_agg(count) from (select (minute at time zone 'UTC')::date as day, sum(count)::int as count"
        " from wrong_values where brand_id = %s and minute > %s and minute <= %s group by 1, bucket) b"
        " where count > 0 group by 1 order by 1",
        window,
    ).fetchall()
    attempts, failures, compared, near = map(int, row)
    return Sums(attempts, failures, compared, near, tuple(tuple(counts) for _, counts in buckets))


def usual(connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> Usual:
    """What is usual at this brand at this hour of the week, from the four weeks before today."""
    days = connection.execute(
        "select sum(compared), sum(near) from traffic where brand_id = %s and minute >= %s and minute < %s"
        " group by (minute at time zone 'UTC')::date",
        (brand_id, now - timedelta(weeks=_WEEKS), now - LONG),
    ).fetchall()
    if len(days) < _DAYS_FOR_USUAL:
        return Usual(usual_slips(days))
    begins = (now - timedelta(minutes=30), now + timedelta(minutes=30))
    hours = [
        connection.execute(
            "select least(coalesce(sum(wrong + unknown), 0), coalesce(sum(attempts), 0) * %s) from traffic"
            " where brand_id = %s and minute >= %s and minute < %s",
            (_MOST_THAT_ERR, brand_id, begins[0] - timedelta(days=back), begins[1] - timedelta(days=back)),
        ).fetchone()
        for back in (1, *(7 * week for week in range(1, _WEEKS + 1)))
    ]
    counted = [int(row[0]) for row in hours if row is not None]
    # Yesterday speaks for weeks that are not there yet.
    known = [count for count in counted if count > 0] or [0]
    return Usual(usual_slips(days), median(known) / (timedelta(hours=1) / RECENT))


def cost(connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> tuple[int, int]:
    """Of the successes of the last day: how many there were, and how many proved no possession."""
    row = connection.execute(
        "select count(*), count(*) filter (where method in (1, 3) and not own_line) from attempt"
        " where brand_id = %s and outcome = 0 and at > %s and at <= %s",
        (brand_id, now - LONG, now),
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
