"""Who asks for something that changes a contract: a customer in the portal, or an agent in a call they proved (A2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from werda.core.level import Level
from werda.core.permission import NotAllowed, Why, may
from werda.core.policy import Operation, Policy
from werda.core.portal import Session
from werda.store.queries.policies import policy_in_force
from werda.usecases.lock_operation import is_locked
from werda.usecases.request_by_grant import permitted
from werda.usecases.sim_change import Connection

if TYPE_CHECKING:  # the worker orders too, and has no Django
    from werda.store.queries.grant import Grant


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who may, made by one of the functions below. `line_id`: for this line only. `actor` is for events."""

    brand_id: int
    customer_id: int
    customer_number: str
    actor: str
    line_id: int | None = None
    call_id: int | None = None


def asker_of_session(
    connection: Connection, session: Session, operation: Operation, *, now: datetime
) -> Asker | NotAllowed:
    """The customer who is signed in, locked until the transaction ends; being signed in is level 1."""
    policy = policy_in_force(connection, session.brand_id, now)
    if policy is None:
        return NotAllowed(Why.LEVEL, Level.STRONG)
    required = policy.required_level(operation)
    row = connection.execute(
        "select customer_number, ended_at from customer where id = %s for update", (session.customer_id,)
    ).fetchone()
    if row is None or row[1] is not None:
        return NotAllowed(Why.ENDED, required)
    strong = session.app_session.proves_strongly(now, policy.session_cooling)
    level = Level.STRONG if strong else Level.VERIFIED
    no = may(level, required, locked=is_locked(connection, session.customer_id, operation))
    return no or Asker(session.brand_id, session.customer_id, row[0], session.actor)


def asker_of_grant(
    connection: Connection, grant: "Grant", policy: Policy, operation: Operation, *, now: datetime
) -> Asker | NotAllowed:
    """The customer whom an agent serves, locked until the transaction ends."""
    who = permitted(connection, grant, policy, operation, now=now)
    if isinstance(who, NotAllowed):
        return who
    actor = f"agent:{grant.agent_id}"
    return Asker(who.brand_id, who.customer_id, who.customer_number, actor, who.line_id, grant.call_id)
