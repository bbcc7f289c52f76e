"""A customer as a grant shows them: name, address, lines, SIM profiles, earlier notes. Never a secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from werda.store.models.call import CallNote
from werda.store.models.customer import Customer, Line, SimProfile
from werda.store.queries.grant import Grant, opened

NOTES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LineWithSims:
    """A line and the SIM profiles in it."""

    line: Line
    sims: Sequence[SimProfile]


@dataclass(frozen=True, slots=True)
class Note:
    """What an agent wrote at an earlier wrap-up."""

    written_at: datetime
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class GrantedCustomer:
    """What the grant opens. `account` is None where it is limited to a line: then only that line is here (B7)."""

    account: Customer | None
    lines: Sequence[LineWithSims]
    notes: Sequence[Note]


def customer_for(grant: Grant) -> GrantedCustomer | None:
    """The customer whom the caller proved to be; None while they proved nothing, and once the grant has ended."""
    if grant.customer_id is None or grant.level < 1:
        return None
    with opened(grant.secret, grant.agent_id):
        account = Customer.objects.filter(id=grant.customer_id).first()
        lines = list(Line.objects.filter(customer_id=grant.customer_id).order_by("kind", "msisdn"))
        sims = list(SimProfile.objects.filter(customer_id=grant.customer_id).order_by("role", "id"))
        notes = list(CallNote.objects.filter(customer_id=grant.customer_id).order_by("-written_at")[:NOTES_SHOWN])
    if account is None and not lines:
        return None
    return GrantedCustomer(
        account=account,
        lines=[LineWithSims(line, [sim for sim in sims if sim.line_id == line.pk]) for line in lines],
        notes=[Note(note.written_at, note.topic, note.text) for note in notes],
    )
