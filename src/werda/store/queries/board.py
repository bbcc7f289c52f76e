"""What an agent sees before any grant: which calls are alive and how far they are legitimated, and no customer (A4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from werda.core.alarm import AlarmState
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.store.models.brand import Brand, PolicyVersion
from werda.store.models.guard import Alarm

_LIVE_CALLS = """
    select l.id, b.name, l.state, l.level, l.method, l.legacy, l.channel, l.verified_at,
           coalesce(l.waiting_at, l.arrived_at), l.answered_by, l.number_hint, l.word, l.topic
    from live_call l join brand b on b.id = l.brand_id
    where l.brand_id = any (%s) and (%s::bigint is null or l.id = %s)
    order by coalesce(l.waiting_at, l.arrived_at), l.id
"""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that waits, rings at somebody or is being talked. `number_hint` is empty for an anonymous caller.

    `level`, `method` and `channel` are the stored numbers, `state` a `werda.store.models.call.CallState`.
    """

    id: int
    brand: str
    state: str
    level: int
    method: int
    legacy: bool
    channel: int
    verified_at: datetime | None
    since: datetime
    answered_by: int | None
    number_hint: str
    word: int | None = None
    topic: str = ""


def live_calls(brands: Sequence[int], call_id: int | None = None) -> list[LiveCall]:
    """The living calls of these brands, the longest waiting first; with `call_id` that one only."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_CALLS, [list(brands), call_id, call_id])
        return [LiveCall(*row) for row in cursor.fetchall()]


def alarms(brands: Sequence[int]) -> list[tuple[str, AlarmState]]:
    """Names and states of those of these brands that are being sprayed (C6), by name."""
    rows = Alarm.objects.filter(brand_id__in=brands, state__gt=AlarmState.CALM).values_list("brand_id", "state")
    states = dict(rows)
    return [(name, AlarmState(states[brand])) for brand, name in brand_names(brands) if brand in states]


def policies_of(brand_id: int) -> list[Policy]:
    """All policy versions of a brand, the coming ones too."""
    documents = PolicyVersion.objects.filter(brand_id=brand_id).values_list("document", flat=True)
    return [policy for policy in map(parse, documents) if isinstance(policy, Policy)]


def brand_names(brands: Sequence[int]) -> list[tuple[int, str]]:
    """Ids and names of these brands, by name."""
    return list(Brand.objects.filter(id__in=brands).order_by("name").values_list("id", "name"))
