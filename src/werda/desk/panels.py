"""What the call page shows, made ready for its template: words instead of numbers, tails instead of whole ICCIDs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from werda.core.representative import Representative
from werda.core.topic import topic_of
from werda.desk.standing import Standing
from werda.desk.words import PAYMENTS, SIM_KINDS, SIM_STATUS, SPEAKERS, TOPICS
from werda.store.models.call import CallState
from werda.store.queries.board import LiveCall
from werda.store.queries.customer import GrantedCustomer, LineWithSims


@dataclass(frozen=True, slots=True)
class Row:
    """A call on the board, as one agent sees it."""

    call: LiveCall
    agent_id: int

    @property
    def id(self) -> int:
        """The call's id."""
        return self.call.id

    @property
    def brand(self) -> str:
        """The brand's name."""
        return self.call.brand

    @property
    def since(self) -> Any:
        """Since when the caller waits."""
        return self.call.since

    @property
    def caller(self) -> str:
        """The ends of the calling number; whose it is stays unsaid (A4)."""
        return self.call.number_hint or _("anonymous")

    @property
    def topic(self) -> str:
        """What the caller wants to talk about, where they said so with a call code."""
        return topic_word(self.call.topic)

    @property
    def standing(self) -> Standing:
        """How far the caller is legitimated."""
        call = self.call
        return Standing.stored(
            level=call.level,
            method=call.method,
            channel=call.channel,
            legacy=call.legacy,
            verified_at=call.verified_at,
        )

    @property
    def mine(self) -> bool:
        """Whether the switch reported this agent as answering."""
        return self.call.answered_by == self.agent_id

    @property
    def resumable(self) -> bool:
        """Whether this agent has opened it already."""
        return self.mine and self.call.state == CallState.OPEN

    @property
    def taken(self) -> bool:
        """Whether it is with somebody."""
        return self.call.answered_by is not None


def customer_panel(customer: GrantedCustomer) -> dict[str, Any]:
    """The customer panel; with a grant for one line, that line and nothing of the account (B7)."""
    account = customer.account
    facts: dict[str, Any] = {"line_only": True}
    if account is not None:
        facts = {
            "display_name": account.display_name,
            "payment_word": PAYMENTS.get(account.payment, account.payment),
            **{
                name: getattr(account, name)
                for name in ("company", "customer_number", "street", "postcode", "city", "email")
            },
        }
    return facts | {"lines": [_line(line) for line in customer.lines]}


def speaker_panel(speaker: Representative) -> dict[str, Any]:
    """Who speaks for the customer, and their last day (E2)."""
    last = speaker.expires_at - timedelta(seconds=1)  # it is over with the end of a day
    return {"name": speaker.name, "kind_word": SPEAKERS[speaker.kind], "until": last}


def note_panel(customer: GrantedCustomer) -> Sequence[dict[str, Any]]:
    """Earlier notes, the newest first."""
    return [
        {"written_at": note.written_at, "topic_word": topic_word(note.topic), "text": note.text}
        for note in customer.notes
    ]


def topic_word(name: str) -> str:
    """A topic in words; empty for none."""
    topic = topic_of(name)
    return str(TOPICS[topic]) if topic else ""


def _line(line: LineWithSims) -> dict[str, Any]:
    sims = [
        {
            "kind": sim.kind,
            "kind_word": SIM_KINDS.get(sim.kind, sim.kind),
            "tail": sim.iccid[-4:],
            "status_word": SIM_STATUS.get(sim.status, sim.status),
        }
        for sim in line.sims
    ]
    return {"kind": line.line.kind, "msisdn": line.line.msisdn, "tariff": line.line.tariff, "sims": sims}
