"""Go on after a key ring was lost for good: a new ring, and what can be had again under it (B5).

Nothing opens without a lost key, so this destroys what nobody can use any more and says how much. It refuses while the
ring is there or any process holds it. Interrupted, it goes on with the same command.

The verifier ring: codes and PUKs lie sealed, so their keyed values are computed anew; legacy credentials and one-time
codes under way are over. The custody ring: what lay sealed is over, and codes with it; PUKs still count and are brought
in again from the vendor's file. The second-factor ring: agents set up their second factor anew. The audit ring: nothing
lies under it; the new key signs on, and nobody can follow to it from the former one (core.succession).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from werda.core.audit import EventKind
from werda.keys import ring
from werda.keys.custody import Custody
from werda.keys.known import KeyState
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.verifier import Verifier
from werda.store import code_holders
from werda.store.queries.keys import rows_under
from werda.usecases.count_codes import count_codes
from werda.usecases.rewrap import Progress, rewrap_verifier
from werda.usecases.rotate_key import KINDS, Behind, Connection, holders, record_key, said_of
from werda.usecases.set_up import begin_ring, known_keys


@dataclass(frozen=True, slots=True)
class RingThere:
    """The ring is there, it fits, and everything lies under its keys: nothing is lost and nothing was done."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """There is a new ring. So many rows were computed anew, so many of what is written in `destroyed` are gone."""

    anew: int
    destroyed: Mapping[str, int]


def replace_lost_ring(
    owner: Connection, keys: Path, name: RingName, rings: tuple[Callable[[], Verifier], Callable[[], Custody]],
    *, now: datetime, progress: Progress = lambda _: None,
) -> Replaced | RingThere | Behind:  # fmt: skip
    """Replace a ring. `owner` is in autocommit; `rings` are asked for when they are there. Raises `BadKeyRing`."""
    known = known_keys(owner, name)
    begun = False
    if ring.file_of(keys, name).exists() or ring.in_environment(name):
        KINDS[name].checked(ring.load(keys, name), known)
    else:
        with owner.transaction():
            held = Counter(role for role, _, _ in holders(owner, name))
            if held:
                return Behind(next(iter(known), 0), held)
            owner.execute("update key_canary set state = 'retired', since = %s where ring = %s", (now, name.value))
            begin_ring(owner, keys, KINDS[name])
            for key_id, key in known_keys(owner, name).items():
                if key.state is KeyState.PRIMARY:
                    said = said_of(name, ring.load(keys, name), key_id)
                    record_key(owner, EventKind.KEY_ADDED, name, key_id, now, said)
                elif key_id in known and known[key_id].state is not KeyState.RETIRED:
                    record_key(owner, EventKind.KEY_RETIRED, name, key_id, now)
        begun = True
    if name is RingName.AUDIT:
        return Replaced(0, {}) if begun else RingThere()
    gone = [key_id for key_id, key in known_keys(owner, name).items() if key.state is KeyState.RETIRED]
    there = rows_under(owner, name.value)
    if not any(there.get(key_id) for key_id in gone):
        return RingThere()
    anew = 0
    if name is RingName.VERIFIER:
        anew = rewrap_verifier(owner, rings[0](), rings[1](), progress, lost=gone).rows
    with owner.transaction():
        destroyed = _destroyed(owner, _LOST[name], gone)
        if name is not RingName.SECOND_FACTOR:
            _count(owner, rings)
    return Replaced(anew, destroyed)


_LOST: Final[Mapping[RingName, Mapping[str, str]]] = {
    RingName.VERIFIER: {
        "legacy credentials": "delete from credential where key_id = any(%(gone)s) and method = 3",
        "credentials that nothing sealed fits": "delete from credential where key_id = any(%(gone)s)",
        "one-time codes": "delete from one_time_code where key_id = any(%(gone)s)",
    },
    RingName.CUSTODY: {
        "customer codes": "delete from credential k using sealed_secret s where s.key_id = any(%(gone)s)"
        " and s.kind = 1 and k.customer_id = s.customer_id and k.method = 1 and k.sim_id = 0",
        "sealed codes and SIM profiles": "delete from sealed_secret where key_id = any(%(gone)s)",
        "letters with codes not printed yet": "delete from letter l using one_time_code o where o.customer_id ="
        " l.customer_id and o.sealed_key_id = any(%(gone)s) and l.printed_at is null"
        " and l.kind = 'letter_code'",
        "letter codes not printed yet": "delete from one_time_code where sealed_key_id = any(%(gone)s)",
        "codes in drafts of orders": "update order_draft set code = null, code_key_id = null"
        " where code_key_id = any(%(gone)s)",
        "codes in orders": "delete from ordered_code where key_id = any(%(gone)s)",
        "webhooks": "delete from webhook_endpoint where key_id = any(%(gone)s)",
        "codes of representatives, sealed": "update representative set sealed = null, sealed_key_id = null"
        " where sealed_key_id = any(%(gone)s)",
        "mails with links not sent yet": "delete from mail where sealed_key_id = any(%(gone)s)",
        "SMS not sent yet": "delete from sms where sealed_key_id = any(%(gone)s)",
        "devices that get notifications": "delete from push_subscription where sealed_key_id = any(%(gone)s)",
        "keys for notifications": "delete from push_key where sealed_key_id = any(%(gone)s)",
    },
    RingName.SECOND_FACTOR: {
        "agents' second factors": "delete from mfa_authenticator where %(gone)s::bigint[] is not null",
        "sessions": "delete from django_session where %(gone)s::bigint[] is not null",
    },
}


def _count(owner: Connection, rings: tuple[Callable[[], Verifier], Callable[[], Custody]]) -> None:
    try:
        verifier = rings[0]()
    except BadKeyRing:  # it is lost as well, so nobody was given a code since
        verifier = None
    for (brand,) in owner.execute("select id from brand order by id").fetchall():
        if verifier is None:
            code_holders.replace_counts(owner, brand, {})
        else:
            count_codes(owner, verifier, rings[1](), brand)


def _destroyed(owner: Connection, statements: Mapping[str, str], gone: list[int]) -> dict[str, int]:
    parameters: dict[str, Any] = {"gone": gone}
    rows = {what: owner.execute(statement.encode(), parameters).rowcount for what, statement in statements.items()}
    return {what: count for what, count in rows.items() if count}
