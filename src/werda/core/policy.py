"""Who may pass at a brand's hotline, by which method, and from when (S1, S2).

A `Policy` is one version of a brand's rules. It comes into force at a moment, to the second, and stays until a later
version of the brand comes into force: nothing has to be switched (S2). Policies are documents and never code (design
decision 8); `core.policy_document` reads them and refuses what the requirements forbid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.alarm import AlarmRules
from werda.core.budget import Limits
from werda.core.call import Channel
from werda.core.customer_code import CodeFormat
from werda.core.level import Level
from werda.core.method import Method
from werda.core.one_time_code import ONE_TIME, OneTimeLimits, lengths
from werda.core.portal import Place
from werda.core.retention import Record
from werda.core.sim import PUK_DIGITS
from werda.core.sources import SourceLimits


class Operation(StrEnum):
    """What a caller can ask for. The set is closed, so that a misspelt name can never lower a level."""

    PUBLIC_INFORMATION = "public_information"
    EXPLAIN_BILL = "explain_bill"
    BOOK_OPTION = "book_option"
    CANCEL_OPTION = "cancel_option"
    REPLACE_SIM = "replace_sim"
    PORT_OUT = "port_out"
    CHANGE_ADDRESS = "change_address"
    CHANGE_BANK_ACCOUNT = "change_bank_account"
    CHANGE_CREDENTIAL = "change_credential"
    ITEMISED_CALL_RECORDS = "itemised_call_records"


LOWEST_LEVELS: Final[Mapping[Operation, Level]] = MappingProxyType(
    {
        Operation.PUBLIC_INFORMATION: Level.NONE,
        Operation.EXPLAIN_BILL: Level.VERIFIED,
        Operation.BOOK_OPTION: Level.VERIFIED,
        Operation.CANCEL_OPTION: Level.VERIFIED,
        Operation.REPLACE_SIM: Level.STRONG,
        Operation.PORT_OUT: Level.STRONG,
        Operation.CHANGE_ADDRESS: Level.STRONG,
        Operation.CHANGE_BANK_ACCOUNT: Level.STRONG,
        Operation.CHANGE_CREDENTIAL: Level.STRONG,
        Operation.ITEMISED_CALL_RECORDS: Level.STRONG,
    }
)
"""What each operation needs at least (A2, A3). A policy may ask for more, never for less."""

LONGEST_COOLING: Final = timedelta(days=30)
"""The longest time for which a policy can let a new SIM cool, and what holds where no policy is in force."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a method counts: for which `level`, on which `channels`, and until when, `None` for without end."""

    level: Level
    channels: frozenset[Channel]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Opening hours within one day, in minutes from midnight by the clocks; `end` is the first minute closed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """`week` holds the spans of the seven days from Monday; on the dates in `closed` nobody answers."""

    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = frozenset()

    def open_at(self, wall: datetime) -> bool:
        """Whether somebody answers when the brand's clocks show `wall`."""
        minute = wall.hour * 60 + wall.minute
        return wall.date() not in self.closed and any(
            span.start <= minute < span.end for span in self.week[wall.weekday()]
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a brand's rules. All moments are aware datetimes; `zone` is the brand's.

    `code_shown_from` says since when portal and app show the customer code; a place that is not in it does so at once
    (S8).
    `masks_code_in_contract`: the contract papers show the customer code (S6) unless this is set.
    `tries_per_call` counts over keypad, agent and API, then a person answers. `announce_before` is how long before a
    method ends the greeting says so (S4). `token_lifetime` runs from the verification to the agent's redeeming it,
    `grant_lifetime` from there. `sim_cooling` is how long after a SIM came to a line in use its PUK and possession of
    the line count for nothing (A3), `secrets_kept` how long after the end of a contract its secrets are kept (A9).
    `order_waiting` is how long a replacement SIM or a port-out waits before the operator hears of it, so that the
    customer, who is told at once, can cancel it (A6).
    `session_cooling` is how long a passkey or TOTP must have been enrolled before what it gives is a second proof (A3).
    `one_time` is how long one-time codes are and how many wrong tries they bear (B6, C2), `sources` how many failures a
    source may have (C5), `alarm` what follows when the brand is sprayed (C6).
    `flags_outliers` says whether agents whose success rate stands out are flagged; off unless the works council agreed
    (D4). `retention` is how long each kind of record is kept (A9). `hours` is `None` for a hotline that is always open.
    """

    brand: str
    version: str
    zone: ZoneInfo
    effective_from: datetime
    code_format: CodeFormat
    code_shown_from: Mapping[Place, datetime]
    masks_code_in_contract: bool
    methods: Mapping[Method, Acceptance]
    limits: Limits
    one_time: OneTimeLimits
    sources: SourceLimits
    alarm: AlarmRules
    tries_per_call: int
    announce_before: timedelta
    token_lifetime: timedelta
    grant_lifetime: timedelta
    sim_cooling: timedelta
    order_waiting: timedelta
    session_cooling: timedelta
    secrets_kept: timedelta
    flags_outliers: bool
    retention: Mapping[Record, timedelta]
    levels: Mapping[Operation, Level]
    hours: OpeningHours | None

    def accepts(self, method: Method, channel: Channel, now: datetime) -> Level | None:
        """The level that `method` gives on `channel` at `now`, `None` where it does not count.

        Asks this version only: whether it is in force at `now` is the question of `in_force`.
        """
        accepted = self.methods.get(method)
        if accepted is None or channel not in accepted.channels:
            return None
        if accepted.until is not None and now >= accepted.until:
            return None
        return accepted.level

    def shows_code(self, place: Place, now: datetime) -> bool:
        """Whether the customer code is shown there at `now` (S8)."""
        begins = self.code_shown_from.get(place)
        return begins is None or begins <= now

    @property
    def lengths(self) -> Mapping[int, Method]:
        """Which secret an entry of so many digits is at this brand."""
        return lengths(self.code_format, self.one_time)

    def longest_entry(self, channel: Channel, now: datetime) -> int:
        """How many digits the longest secret has that counts on `channel` at `now`, a PUK's at least."""
        return max(
            [PUK_DIGITS]
            + [self.one_time.digits(method) for method in ONE_TIME if self.accepts(method, channel, now) is not None]
        )

    def required_level(self, operation: Operation) -> Level:
        """The level a caller needs for `operation` (A2, A3)."""
        return self.levels[operation]

    def open_at(self, now: datetime) -> bool:
        """Whether the hotline is open at `now`, by the clocks of the brand's zone."""
        return self.hours is None or self.hours.open_at(now.astimezone(self.zone))

    @staticmethod
    def in_force(policies: Iterable["Policy"], now: datetime) -> "Policy | None":
        """The version among one brand's `policies` that rules at `now`; `None` before the first one (S2)."""
        begun = (policy for policy in policies if policy.effective_from <= now)
        return max(begun, key=lambda policy: policy.effective_from, default=None)

    @staticmethod
    def announced(policies: Sequence["Policy"], now: datetime) -> date | None:
        """The date from which one brand's rule will be stricter, when it is near enough to be said in the greeting.

        Stricter means that a method accepted now on some channel no longer is, be it by a later version or by the
        method's own end. The date is by the calendar of the brand's zone.
        """
        policy = Policy.in_force(policies, now)
        if policy is None:
            return None
        today = _ways_in(policies, now)
        for moment in _changes(policies):
            if now < moment <= now + policy.announce_before and today - _ways_in(policies, moment):
                return moment.astimezone(policy.zone).date()
        return None


def warnings(policy: Policy) -> list[str]:
    """What is allowed and still deserves a second look, each in a sentence that says until when."""
    return [
        f"{method.slug} lets somebody pass by what others can know (A1); it ends {_shown(accepted.until, policy.zone)}"
        for method, accepted in policy.methods.items()
        if method is Method.LEGACY and accepted.until is not None
    ]


def clashes(policies: Iterable[Policy]) -> list[str]:
    """Why `policies` cannot stand beside each other: versions of a brand with the same name or the same beginning."""
    found = []
    seen: dict[tuple[str, object], Policy] = {}
    for policy in policies:
        for what, value in (("version", policy.version), ("effective_from", policy.effective_from)):
            other = seen.setdefault((f"{policy.brand} {what}", value), policy)
            if other is not policy:
                found.append(
                    f"{policy.brand}: versions {other.version} and {policy.version} have the same {what}; change one"
                )
    return found


def _ways_in(policies: Iterable[Policy], now: datetime) -> frozenset[tuple[Method, Channel]]:
    """All methods that let somebody pass at `now`, with the channels."""
    policy = Policy.in_force(policies, now)
    if policy is None:
        return frozenset()
    return frozenset(
        (method, channel) for method in policy.methods for channel in Channel if policy.accepts(method, channel, now)
    )


def _changes(policies: Iterable[Policy]) -> list[datetime]:
    """The moments at which what is accepted can change, in order."""
    ends = {accepted.until for policy in policies for accepted in policy.methods.values()}
    return sorted({policy.effective_from for policy in policies} | {end for end in ends if end is not None})


def _shown(moment: datetime | None, zone: ZoneInfo) -> str:
    assert moment is not None, "the caller filters"
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}"
