"""Brands, policies and trunks as the gate knows them: read at start, read again when somebody activates or changes one.

What counts is decided for each attempt at its own time, so a policy comes into force to the second without anybody
switching anything (S2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from werda.core.budget import Limits
from werda.core.call import BrandFacts, Channel
from werda.core.customer_code import method_of
from werda.core.level import Level
from werda.core.method import Method
from werda.core.one_time_code import OneTimeLimits
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.core.secret import Secret
from werda.core.sources import SourceLimits


class BadStoredPolicy(RuntimeError):
    """A policy document in the database does not hold; `werda policy check` says why."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy in force says about one attempt; `level` None: the method does not count here and now."""

    method: Method
    level: Level | None
    limits: Limits
    tries_per_call: int
    token_lifetime: timedelta
    grant_lifetime: timedelta
    one_time: OneTimeLimits = field(default_factory=OneTimeLimits)
    sources: SourceLimits = field(default_factory=SourceLimits)


NO_POLICY: Final = Ruling(Method.NONE, None, Limits(), 2, timedelta(minutes=10), timedelta(minutes=30))
"""Where no policy is in force nothing is accepted (design decision 9)."""


class Reads(Protocol):
    """The part of a database connection the rulebook uses."""

    async def fetch(self, query: str) -> list[Any]:
        """All rows of a query."""
        ...


class Rulebook:
    """All brands and their policies."""

    def __init__(
        self,
        brands: Iterable[tuple[BrandFacts, Iterable[str]]] = (),
        policies: Iterable[tuple[int, Policy]] = (),
        asserting_trunks: Iterable[str] = (),
    ) -> None:
        self.brands: dict[int, BrandFacts] = {}
        self.by_slug: dict[str, BrandFacts] = {}
        self.by_dialled: dict[str, BrandFacts] = {}
        self.policies: dict[int, list[Policy]] = {}
        self.asserting_trunks = frozenset(asserting_trunks)
        for brand, dialled in brands:
            self.brands[brand.id] = self.by_slug[brand.slug] = brand
            self.by_dialled.update(dict.fromkeys(dialled, brand))
        for brand_id, policy in policies:
            self.policies.setdefault(brand_id, []).append(policy)
        for versions in self.policies.values():
            versions.sort(key=lambda policy: policy.effective_from)

    @classmethod
    async def read(cls, connection: Reads) -> "Rulebook":
        """The rulebook in the database, through the gate's functions. Raises `BadStoredPolicy`."""
        brands = [
            (
                BrandFacts(
                    **{name: row[name] for name in ("id", "slug", "name", "form", "language", "timezone", "portal")}
                ),
                list(row["dialled"]),
            )
            for row in await connection.fetch("select * from gate_brands()")
        ]
        policies: list[tuple[int, Policy]] = []
        for row in await connection.fetch("select * from gate_policies()"):
            policy = parse(row["document"])
            if not isinstance(policy, Policy):
                raise BadStoredPolicy(
                    f"the policy of brand {row['brand_id']} from {row['effective_from']}: {policy[0]}"
                )
            policies.append((row["brand_id"], policy))
        trunks = [row["name"] for row in await connection.fetch("select name from gate_asserting_trunks()")]
        return cls(brands, policies, trunks)

    def policy(self, brand_id: int, now: datetime) -> Policy | None:
        """The brand's policy in force; the same as `Policy.in_force`, on versions in order, for every attempt."""
        return next((p for p in reversed(self.policies.get(brand_id, ())) if p.effective_from <= now), None)

    def source_limits(self, now: datetime) -> dict[int, SourceLimits]:
        """The limits of sources that each brand's policy in force sets (C5)."""
        ruling = {brand: self.policy(brand, now) for brand in self.brands}
        return {brand: policy.sources for brand, policy in ruling.items() if policy is not None}

    def rule(
        self,
        brand_id: int,
        channel: Channel,
        digits: Secret,
        *,
        now: datetime,
        legacy: bool = False,
        confirmation: bool = False,
    ) -> Ruling:
        """What counts for these digits, told by their length, on this channel at this time."""
        policy = self.policy(brand_id, now)
        if policy is None:
            return NO_POLICY
        method = method_of(digits, policy.lengths)
        if legacy or confirmation:  # what no keypad takes is not told by its length
            method = Method.LEGACY if legacy else Method.APP_CONFIRMATION
        level = None if method is Method.NONE else policy.accepts(method, channel, now)
        return Ruling(
            *(method, level, policy.limits, policy.tries_per_call, policy.token_lifetime, policy.grant_lifetime),
            one_time=policy.one_time,
            sources=policy.sources,
        )
