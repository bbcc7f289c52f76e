"""For every address with a part that names a thing: how to name somebody else's, so that it is tried (A4).

A page that takes an id and is not here fails `test_access`: whoever adds one says whose thing it must not show.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from tests.booking import offered, one_booking
from tests.people import Person
from tests.portals import Portal


def asked(portal: Portal, person: Person) -> int:
    """An agent asks this person whether it is they; gives the question's id."""
    with portal.database.connect() as owner:
        row = owner.execute(
            "insert into confirmation (call_id, brand_id, customer_id, agent_id, asked_at, expires_at)"
            " values (0, %s, %s, 1, now(), now() + interval '2 minutes') returning id",
            (portal.town.brand, person.id),
        ).fetchone()
    assert row is not None
    return int(row[0])


def session_of(portal: Portal, person: Person) -> int:
    """A session of this person's."""
    portal.signed_in(person)
    [(session,)] = portal.database.rows("select max(id) from portal_session where customer_id = %s", person.id)
    return int(session)


def passkey_of(portal: Portal, person: Person) -> int:
    """A passkey of this person's."""
    with portal.database.connect() as owner:
        row = owner.execute(
            "insert into passkey (login_id, customer_id, credential_id, public, uses, name, enrolled_at)"
            " select id, customer_id, 'a'::bytea || decode(md5(random()::text), 'hex'), '', 0, 'Phone', now()"
            " from customer_login where customer_id = %s returning id",
            (person.id,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def waiting_order(portal: Portal, person: Person) -> UUID:
    """A replacement SIM of this person's that waits for their word."""
    with portal.database.connect() as owner:
        row = owner.execute(
            "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, ordered_at,"
            " release_at) values (gen_random_uuid(), %s, %s, 'replace_sim', 'waiting', jsonb_build_object('iccid',"
            " %s::text), '', now(), now() + interval '1 day') returning public_id",
            (portal.town.brand, person.id, person.sims[0].iccid if person.sims else ""),
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def representative_of(portal: Portal, person: Person) -> int:
    """Somebody who may speak for this person."""
    with portal.database.connect() as owner:
        row = owner.execute(
            "insert into representative (brand_id, customer_id, number, name, kind, scope, begins_at, expires_at,"
            " idempotency_key) values (%s, %s, '9' || lpad(floor(random() * 1e9)::text, 9, '0'), 'Erika Beispiel',"
            " 'carer', '{explain_bill}', now(), now() + interval '1 year', gen_random_uuid()::text) returning id",
            (portal.town.brand, person.id),
        ).fetchone()
    assert row is not None
    return int(row[0])


Named = dict[str, object]

FOREIGN: Final[dict[str, Callable[[Portal, Person], Named]]] = {
    "account:end_one": lambda portal, other: {"session_id": session_of(portal, other)},
    "account:remove_passkey": lambda portal, other: {"passkey_id": passkey_of(portal, other)},
    "calls:answer": lambda portal, other: {"confirmation_id": asked(portal, other)},
    "options:book": lambda portal, other: {"line_id": other.line_id, "slug": offered(portal)},
    "options:booking": lambda portal, other: {"public_id": one_booking(portal, other)},
    "options:cancel": lambda portal, other: {"public_id": one_booking(portal, other)},
    "options:withdraw": lambda portal, other: {"public_id": one_booking(portal, other)},
    "orders:replace": lambda _, other: {"sim_id": other.sims[0].id},
    "orders:stop_own": lambda portal, other: {"public_id": waiting_order(portal, other)},
    "representatives:end": lambda portal, other: {"representative_id": representative_of(portal, other)},
    "representatives:renew": lambda portal, other: {"representative_id": representative_of(portal, other)},
    "secrets:sim": lambda _, other: {"sim_id": other.sims[0].id},
}
"""By name of the page (``area:page``): what the address says when the thing is this other person's."""
