"""The life of a call at the gate: arrival, tries, hand-over, the agent's answer, the grant (design decision 7).

The token a call carries proves nothing by itself. It stands for a call and the attempt that legitimated it; the switch
presents it together with the agent who answered, and only that agent, under their own login, redeems it, once.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from werda.core.call import Arrival, Channel, Source
from werda.core.level import Level
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.core.sim import PUK_DIGITS
from werda.core.verdict import Verdict, Verified
from werda.gate.engine import Conflict, Engine
from werda.gate.hotline import UnknownNumber
from werda.gate.lane import Request, Unavailable

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_REF: Final = re.compile(r"[\x21-\x7e]{1,128}")
_REMEMBERED: Final = 20_000  # calls in dialogue at once, more than any gate leads

Pool = Any  # asyncpg.Pool, whose type is generic in stubs only


@dataclass(frozen=True, slots=True)
class RedeemedGrant:
    """What redeeming gives to the desk: the grant's secret, its level, and until when it lives."""

    secret: Secret
    level: Level
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NotRedeemed:
    """The call was not this agent's to open, was opened before, or its token expired."""


class Calls:
    """Implements `werda.gate.hotline.Hotline`, and what the pages ask besides."""

    def __init__(self, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine
        self._refs: OrderedDict[int, str] = OrderedDict()

    async def arrive(self, *, dialled: str, source: Source, switch_call: str) -> Arrival:
        """Take up a call; see `Hotline.arrive`. Raises `UnknownNumber`."""
        brand = self._engine.rulebook.by_dialled.get(dialled)
        if brand is None:
            raise UnknownNumber(dialled)
        source = replace(source, trunk=source.trunk if _NAME.fullmatch(source.trunk) else "")
        ref = switch_call if _REF.fullmatch(switch_call) else f"unnamed-{secrets.token_hex(8)}"
        call_id, tries, identified = await self._pool.fetchrow(
            "select * from call_arrived($1, $2, $3, $4, $5, $6)",
            *(brand.id, ref, dialled, source.calling_number, source.asserted, source.trunk),
        )
        self._refs[call_id] = ref
        while len(self._refs) > _REMEMBERED:
            self._refs.popitem(last=False)
        policy = self._policy(brand.id)
        return Arrival(
            call_id=call_id,
            brand=brand,
            source=source,
            identified=identified,
            open=policy is None or policy.open_at(self._engine.now),
            announce=Policy.announced(self._engine.rulebook.policies.get(brand.id, ()), self._engine.now),
            tries_left=max(0, (policy.tries_per_call if policy else 0) - tries),
            longest_secret=policy.longest_entry(Channel.KEYPAD, self._engine.now) if policy else PUK_DIGITS,
        )

    async def verify(self, arrival: Arrival, *, number: str | None, digits: Secret) -> Verdict:
        """Offer keyed digits; see `Hotline.verify`."""
        meant = number if number is not None else arrival.source.calling_number or ""
        is_line = meant.startswith("+")
        verdict = await self._engine.verify(
            Request(
                brand_id=arrival.brand.id,
                line=meant if is_line else None,
                customer_number=None if is_line else meant,
                digits=digits,
                source=arrival.source,
                channel=Channel.KEYPAD,
                call_ref=self._refs[arrival.call_id],
            )
        )
        if isinstance(verdict, Conflict):  # only requests with an idempotency key can conflict
            raise Unavailable("a keyed entry has no idempotency key")
        return verdict

    async def hand_over(self, arrival: Arrival) -> Secret:
        """Put the call in the queue; see `Hotline.hand_over`."""
        attempt_id, _ = await self._pool.fetchrow(
            "select * from hand_over($1, $2)", arrival.call_id, self._token_lifetime(arrival.brand.id).total_seconds()
        )
        return self._engine.verifier.token(arrival.call_id, attempt_id)

    async def answered(self, token: Secret, agent: str) -> bool:
        """The switch reports who answered; see `Hotline.answered`."""
        meant = self._engine.verifier.read_token(token)
        return meant is not None and await self._pool.fetchval("select call_answered($1, $2, $3)", *meant, agent)

    async def hung_up(self, arrival: Arrival) -> None:
        """The caller is gone: the call leaves every desk, and its grants end."""
        self._refs.pop(arrival.call_id, None)
        await self.ended(arrival.call_id)

    async def ended(self, call_id: int) -> None:
        """End a call and its grants."""
        await self._pool.execute("select call_ended($1)", call_id)

    async def redeem(self, call_id: int, agent_id: int) -> RedeemedGrant | NotRedeemed:
        """Redeem the token of the call that the switch reported this agent to have answered; once."""
        secret = secrets.token_urlsafe(32)
        brand_id = await self._pool.fetchval("select brand_of_call($1)", call_id)
        row = await self._pool.fetchrow(
            "select * from redeem($1, $2, $3, $4)",
            *(call_id, agent_id, _hash(secret), self._grant_lifetime(brand_id).total_seconds()),
        )
        if row is None or row["o_call"] is None:
            return NotRedeemed()
        return RedeemedGrant(Secret(secret), Level(row["o_level"]), row["o_expires"])

    async def agent_entry(
        self, grant: Secret, agent_id: int, *, number: str, digits: Secret, legacy: bool
    ) -> Verdict | NotRedeemed:
        """Offer what a caller told the agent who holds the call's grant; a success lifts that grant (E1, D3)."""
        call = await self._pool.fetchrow("select * from granted_entry($1, $2)", _hash(grant.reveal()), agent_id)
        if call is None:
            return NotRedeemed()
        is_line = number.startswith("+")
        verdict = await self._engine.verify(
            Request(
                brand_id=call["brand_id"],
                line=number if is_line else None,
                customer_number=None if is_line else number,
                digits=digits,
                source=Source(call["calling_number"], call["asserted"], call["trunk"], agent_id),
                channel=Channel.AGENT,
                call_ref=call["ref"],
                legacy=legacy,
            )
        )
        if isinstance(verdict, Conflict):
            raise Unavailable("an agent's entry has no idempotency key")
        if isinstance(verdict, Verified):
            lifetime = self._grant_lifetime(call["brand_id"]).total_seconds()
            lifted = await self._pool.fetchval(
                "select lift_grant($1, $2, $3, $4)", _hash(grant.reveal()), agent_id, verdict.attempt_id, lifetime
            )
            if not lifted:
                return NotRedeemed()
        return verdict

    async def confirm(self, confirmation: int, code: Secret) -> tuple[Verdict | NotRedeemed, bool]:
        """Count a customer's yes as a proof in the call it was asked in; says whether the agent's grant was lifted."""
        call = await self._pool.fetchrow("select * from confirmed_call($1)", confirmation)
        if call is None:
            return NotRedeemed(), False
        verdict = await self._engine.verify(
            Request(
                brand_id=call["brand_id"],
                line=None,
                customer_number=call["customer_number"],
                digits=code,
                source=Source(),
                channel=Channel.PORTAL,
                call_ref=call["ref"],
                confirmation=True,
            )
        )
        if not isinstance(verdict, Verified):
            return NotRedeemed() if isinstance(verdict, Conflict) else verdict, False
        lifetime = self._grant_lifetime(call["brand_id"]).total_seconds()
        lifted = await self._pool.fetchval(
            "select lift_confirmed($1, $2, $3)", confirmation, verdict.attempt_id, lifetime
        )
        return verdict, bool(lifted)

    def _policy(self, brand_id: int) -> Policy | None:
        return self._engine.rulebook.policy(brand_id, self._engine.now)

    def _token_lifetime(self, brand_id: int) -> timedelta:
        policy = self._policy(brand_id)
        return policy.token_lifetime if policy else timedelta(minutes=10)

    def _grant_lifetime(self, brand_id: int | None) -> timedelta:
        policy = self._policy(brand_id) if brand_id is not None else None
        return policy.grant_lifetime if policy else timedelta(minutes=30)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
