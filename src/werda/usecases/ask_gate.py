"""Pages ask the gate over its Unix socket; nothing else writes attempts or gives grants (design decision 3).

Whatever breaks between pages and gate is `GateUnavailable`: the page says so, and nobody is let in.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from werda.core.secret import Secret

_SECONDS: Final = 8.0


class GateUnavailable(RuntimeError):
    """The gate did not answer, or answered what nobody expected; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The call is open: keep the grant's secret in the agent's session."""

    grant: Secret
    level: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NotRedeemed:
    """The call rings elsewhere, was opened before, waited too long, or its grant has ended."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of what the agent typed: match, no match or locked; no digit, no hint (D3)."""

    verified: bool
    locked: bool
    level: int
    method: str
    legacy: bool
    try_again: bool


@dataclass(frozen=True, slots=True)
class LegacyProof:
    """Birth date and postcode beside a customer number: the old way, until the policy ends it (A1)."""

    birth_date: date
    postcode: str


class Gate:
    """The gate, seen from the pages. `socket` and `key_file` are those of the installation."""

    def __init__(self, socket: Path, key_file: Path) -> None:
        self._socket = socket
        self._key_file = key_file

    def redeem(self, call_id: int, agent_id: int) -> Redeemed | NotRedeemed:
        """Open the call that the switch reported this agent to have answered. Raises `GateUnavailable`."""
        answer = self._post("/v1/redemptions", {"call": call_id, "agent": agent_id})
        if answer is None:
            return NotRedeemed()
        return Redeemed(Secret(answer["grant"]), answer["level"], datetime.fromisoformat(answer["expires_at"]))

    def letter_code(self, brand: str, customer_number: str, code: Secret, call_id: str) -> Secret | None:
        """Offer a letter code for this customer; gives the token of what was verified. Raises `GateUnavailable`.

        None for everything else: whatever is wrong reads the same (C7).
        """
        message = {"brand": brand, "customer_number": customer_number, "digits": code.reveal(), "call_id": call_id}
        answer = self._post("/v1/verifications", message)
        if answer is None or answer["result"] != "verified" or answer["method"] != "letter_code":
            return None
        return Secret(answer["token"])

    def confirm(self, confirmation: int, code: Secret) -> bool:
        """Hand over that a customer said yes, with the code that was made for it. Raises `GateUnavailable`."""
        answer = self._post("/v1/confirmations", {"confirmation": confirmation, "code": code.reveal()})
        return answer is not None and bool(answer["verified"])

    def agent_entry(
        self, grant: Secret, agent_id: int, *, number: str, proof: Secret | LegacyProof
    ) -> Entry | NotRedeemed:
        """Offer what the caller told the agent, for a line (E.164) or customer number. Raises `GateUnavailable`."""
        message: dict[str, Any] = {"grant": grant.reveal(), "agent": agent_id}
        message["line" if number.startswith("+") else "customer_number"] = number
        if isinstance(proof, Secret):
            message["digits"] = proof.reveal()
        else:
            message["legacy"] = {"birth_date": proof.birth_date.isoformat(), "postcode": proof.postcode}
        answer = self._post("/v1/agent-entries", message)
        if answer is None:
            return NotRedeemed()
        return Entry(
            verified=answer["result"] == "verified",
            locked=answer["locked"],
            level=answer["level"],
            method=answer["method"],
            legacy=answer["legacy"],
            try_again=answer["next"] == "retry",
        )

    def _post(self, path: str, message: dict[str, Any]) -> Any:
        """The answer; None for 409. The exception that is raised carries nothing that was sent."""
        try:
            key = self._key_file.read_text().strip()
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(self._socket)), timeout=_SECONDS) as client:
                response = client.post(f"http://gate{path}", json=message, headers={"Authorization": f"Bearer {key}"})
            if response.status_code == 200:
                return response.json()
        except (OSError, httpx.HTTPError, ValueError) as problem:
            kind = type(problem).__name__
        else:
            if response.status_code == 409:
                return None
            kind = f"status {response.status_code}"
        raise GateUnavailable(f"the gate did not answer {path}: {kind}")
