"""A brand's policy as a TOML document: what may stand in it, and what the requirements forbid (A1–A3, C1).

One document is one version with one beginning. `docs/policy.md` explains every key.
"""

import re
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.alarm import AlarmRules, Sensitivity
from werda.core.budget import MAX_FAILURES, Limits
from werda.core.call import Channel
from werda.core.customer_code import FEWEST_DIGITS, MOST_DIGITS, CodeFormat
from werda.core.level import Level
from werda.core.method import Method
from werda.core.number import normalise
from werda.core.one_time_code import FEWEST_CALL_DIGITS, FEWEST_LETTER_DIGITS, OneTimeLimits, lengths
from werda.core.one_time_code import MOST_DIGITS as MOST_ONE_TIME_DIGITS
from werda.core.policy import LONGEST_COOLING, LOWEST_LEVELS, Acceptance, OpeningHours, Operation, Policy, Span
from werda.core.portal import Place
from werda.core.retention import PERIODS
from werda.core.sources import NarrowLimit, SourceLimits, WideLimit
from werda.core.toml_document import Document, Problem

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_CHANNELS: Final = {channel.slug: channel for channel in Channel}
_KEYED: Final = (Method.CUSTOMER_CODE, Method.PUK, Method.CALL_CODE, Method.LETTER_CODE)
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-4]):([0-5]\d)")
_LONGEST_DAYS: Final = 36_525  # a century: no limit, but a number that a calendar can bear
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str) -> Policy | list[Problem]:
    """Read a policy, or say everything that keeps `text` from being one, in the order of its lines."""
    document = Document.parse(text)
    if isinstance(document, Problem):
        return [document]
    policy = _read(document)
    return document.finish() or policy


def keys() -> frozenset[str]:
    """Every key a policy may have, dotted from the top, such as ``methods.legacy.until``."""
    document = Document("", {})
    _read(document)
    return document.asked


def _read(document: Document) -> Policy:
    brand = document.text("brand", pattern=r"[a-z][a-z0-9-]{0,62}", example="nordfunk")
    version = document.text("version", pattern=r"\S(.{0,98}\S)?", example="2023-02")
    zone = document.zone("timezone")
    begins = document.moment("effective_from", zone, required=True)
    code_format = CodeFormat(
        document.integer("code.digits", default=FEWEST_DIGITS, low=FEWEST_DIGITS, high=MOST_DIGITS, why="S15")
    )
    return Policy(
        brand=brand,
        version=version,
        zone=zone,
        effective_from=begins or _EPOCH,
        code_format=code_format,
        code_shown_from=MappingProxyType(
            {
                place: since
                for place in Place
                if (since := document.moment(f"code.shown_in_{place}_from", zone)) is not None
            }
        ),
        masks_code_in_contract=document.word("code.in_contract", words=("shown", "masked"), default="shown")
        == "masked",
        methods=MappingProxyType(_methods(document, zone, begins)),
        limits=Limits(
            failures=document.integer("budget.failures", default=MAX_FAILURES, low=1, high=MAX_FAILURES, why="C1"),
            first_delay=_seconds(document, "budget.first_delay_seconds", default=30, low=1, high=86_400),
            factor=document.integer("budget.factor", default=4, low=2, high=100, why="C4"),
        ),
        one_time=_one_time(document, code_format),
        sources=_sources(document),
        alarm=_alarm(document),
        tries_per_call=document.integer("dialogue.tries", default=2, low=1, high=MAX_FAILURES, why="C1"),
        announce_before=timedelta(days=document.integer("dialogue.announce_days", default=14, low=0, high=90)),
        token_lifetime=_seconds(document, "lifetimes.token_seconds", default=900, low=10, high=3_600),
        grant_lifetime=_seconds(document, "lifetimes.grant_seconds", default=1_800, low=60, high=14_400),
        sim_cooling=timedelta(
            hours=document.integer(
                "lifetimes.sim_cooling_hours",
                default=72,
                low=24,
                high=LONGEST_COOLING // timedelta(hours=1),
                why="A3",
            )
        ),
        order_waiting=timedelta(
            hours=document.integer("lifetimes.order_waiting_hours", default=24, low=0, high=168, why="0 goes at once")
        ),
        session_cooling=timedelta(
            hours=document.integer("lifetimes.session_cooling_hours", default=72, low=24, high=720, why="A3")
        ),
        secrets_kept=timedelta(
            days=document.integer("lifetimes.ended_secrets_days", default=30, low=0, high=365, why="A9")
        ),
        flags_outliers=document.word("agents.flag_outliers", words=("off", "on"), default="off") == "on",
        retention=MappingProxyType(
            {
                record: timedelta(
                    days=document.integer(
                        f"retention.{record}_days", default=period.days, low=period.fewest, high=_LONGEST_DAYS, why="A9"
                    )
                )
                for record, period in PERIODS.items()
            }
        ),
        levels=MappingProxyType({operation: _level(document, operation) for operation in Operation}),
        hours=_hours(document),
    )


def _one_time(document: Document, code_format: CodeFormat) -> OneTimeLimits:
    """How one-time codes look and what they bear. On a keypad no two secrets may be equally long."""
    otherwise = next(n for n in (FEWEST_CALL_DIGITS, FEWEST_CALL_DIGITS + 1) if n != code_format.digits)
    standard = OneTimeLimits()
    limits = OneTimeLimits(
        call_digits=document.integer(
            "one_time.call_code_digits", default=otherwise, low=FEWEST_CALL_DIGITS, high=MOST_ONE_TIME_DIGITS, why="B6"
        ),
        letter_digits=document.integer(
            "one_time.letter_code_digits",
            default=standard.letter_digits,
            low=FEWEST_LETTER_DIGITS,
            high=MOST_ONE_TIME_DIGITS,
            why="E4: longer than a PUK",
        ),
        failures=document.integer("one_time.failures", default=standard.failures, low=1, high=10, why="C2"),
        failures_a_day=document.integer(
            "one_time.failures_a_day", default=standard.failures_a_day, low=3, high=50, why="C2"
        ),
    )
    if len(lengths(code_format, limits)) < 4:
        document.complain(
            "one_time.call_code_digits",
            f"is the length of another secret, so a keypad could not tell them apart; write {otherwise}",
        )
    return limits


def _sources(document: Document) -> SourceLimits:
    """How many failures a source may have (C5)."""
    standard = SourceLimits()
    exempt = frozenset(document.items("sources.exempt", str, '["+4980000000"]') or ())
    for number in sorted(exempt):
        if normalise(number) != number:
            document.complain("sources.exempt", f'"{number}" is no number; write it like "+498000000000"')
    return SourceLimits(
        number=_narrow(document, "number", standard.number),
        block=_narrow(document, "block", standard.block),
        agent=_narrow(document, "agent", standard.agent),
        trunk=_wide(document, "trunk", standard.trunk),
        api_key=_wide(document, "api_key", standard.api_key),
        brand=_wide(document, "brand", standard.brand),
        overall=_wide(document, "overall", standard.overall),
        exempt=exempt,
    )


def _narrow(document: Document, name: str, standard: NarrowLimit) -> NarrowLimit:
    key = f"sources.{name}"
    return NarrowLimit(
        window=_minutes(document, f"{key}.window_minutes", standard.window, most=1_440),
        failures=document.integer(f"{key}.failures", default=standard.failures, low=3, high=1_000, why="C5"),
        accounts=document.integer(f"{key}.accounts", default=standard.accounts, low=2, high=1_000, why="C5"),
    )


def _wide(document: Document, name: str, standard: WideLimit) -> WideLimit:
    key = f"sources.{name}"
    return WideLimit(
        window=_minutes(document, f"{key}.window_minutes", standard.window, most=60),
        failures=document.integer(f"{key}.failures", default=standard.failures, low=10, high=1_000_000, why="C5"),
    )


def _minutes(document: Document, key: str, standard: timedelta, *, most: int, why: str = "C5") -> timedelta:
    default = standard // timedelta(minutes=1)
    return timedelta(minutes=document.integer(key, default=default, low=1, high=most, why=why))


def _seconds(document: Document, key: str, *, default: int, low: int, high: int) -> timedelta:
    return timedelta(seconds=document.integer(key, default=default, low=low, high=high))


def _methods(document: Document, zone: ZoneInfo, begins: datetime | None) -> dict[Method, Acceptance]:
    """The accepted methods. Customer code or PUK must be among them, or nobody passes once the old way has ended."""
    methods = {}
    for method in (*_KEYED, Method.LEGACY, Method.APP_CONFIRMATION):
        key = f"methods.{method.slug}"
        acceptance = _acceptance(document, key, method, zone, begins)
        if document.has(key):
            methods[method] = acceptance
    if not document.has("methods.customer_code") and not document.has("methods.puk"):
        document.complain("methods", "lets nobody pass; write [methods.customer_code] or [methods.puk]")
    return methods


def _acceptance(document: Document, key: str, method: Method, zone: ZoneInfo, begins: datetime | None) -> Acceptance:
    legacy, confirmed = method is Method.LEGACY, method is Method.APP_CONFIRMATION
    level = document.integer(f"{key}.level", default=1, low=1, high=1, why="A3: no method gives 2 alone")
    channels = _channels(document, f"{key}.channels", _usual_channels(method))
    until = document.moment(f"{key}.until", zone)
    if legacy and channels != {Channel.AGENT}:
        document.complain(f"{key}.channels", 'the old way is asked by an agent only (A1); write channels = ["agent"]')
    if confirmed and channels != {Channel.PORTAL}:
        document.complain(f"{key}.channels", 'is answered in the portal only; write channels = ["portal"] or drop it')
    if method in _KEYED and Channel.PORTAL in channels:
        document.complain(f"{key}.channels", 'is told or keyed in, never in the portal; drop "portal"')
    if legacy and document.has(key) and not document.has(f"{key}.until"):
        document.complain(
            f"{key}.until",
            "is missing; the old way needs an end (A1): write until = 2023-02-16T00:00:00",
        )
    if until and begins and until <= begins:
        document.complain(f"{key}.until", f"is not after effective_from; write a later time or drop [{key}]")
    return Acceptance(Level(level), frozenset(channels), until)


def _usual_channels(method: Method) -> set[Channel]:
    if method is Method.APP_CONFIRMATION:
        return {Channel.PORTAL}
    return {Channel.AGENT} if method is Method.LEGACY else set(Channel) - {Channel.PORTAL}


def _channels(document: Document, key: str, default: set[Channel]) -> set[Channel]:
    names = document.items(key, str, '["keypad", "agent", "api"]')
    if names is None:
        return default
    if not names:
        document.complain(key, "is empty; name a channel or drop the method")
        return default
    for name in sorted(set(names) - _CHANNELS.keys()):
        document.complain(key, f'knows no "{name}"; write {", ".join(_CHANNELS)} or some of them')
    return {_CHANNELS[name] for name in names if name in _CHANNELS} or default


def _alarm(document: Document) -> AlarmRules:
    """What follows when the brand is sprayed, and how clear the signs must be (C6)."""
    usual = Sensitivity()
    sensitivity = Sensitivity(
        suspicious=document.integer("alarm.suspicious_deviations", default=usual.suspicious, low=4, high=10, why="C6"),
        attack=document.integer("alarm.attack_deviations", default=usual.attack, low=5, high=20, why="C6"),
        surge=document.integer("alarm.surge_factor", default=usual.surge, low=2, high=20, why="C6"),
    )
    if sensitivity.attack < sensitivity.suspicious:
        document.complain(
            "alarm.attack_deviations",
            f"is {sensitivity.attack}; an attack is no less clear than what is suspicious: write a number from"
            f" {sensitivity.suspicious} to 20, or lower suspicious_deviations",
        )
    return AlarmRules(
        respond=document.word("alarm.response", words=("possession", "watch"), default="possession") == "possession",
        quiet=_minutes(document, "alarm.quiet_minutes", AlarmRules().quiet, most=1_440, why="C6"),
        sensitivity=sensitivity,
    )


def _level(document: Document, operation: Operation) -> Level:
    """The level of an operation, never below what it needs at least (A2, A3)."""
    lowest = LOWEST_LEVELS[operation]
    highest = Level.NONE if operation is Operation.PUBLIC_INFORMATION else Level.STRONG
    why = "A3" if lowest is Level.STRONG else "A2"
    return Level(document.integer(f"operations.{operation}", default=lowest, low=lowest, high=highest, why=why))


def _hours(document: Document) -> OpeningHours | None:
    """The opening hours; a weekday left out is closed, and without any the hotline is always open."""
    week = tuple(_day(document, f"hours.{weekday}") for weekday in WEEKDAYS)
    closed = frozenset(document.items("hours.closed", date, "[2023-12-25, 2023-12-26]") or ())
    if not document.has("hours"):
        return None
    if not any(document.has(f"hours.{weekday}") for weekday in WEEKDAYS):
        document.complain("hours", 'never opens; write a weekday such as monday = ["08:00-20:00"], or drop [hours]')
    return OpeningHours(week, closed)


def _day(document: Document, key: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in document.items(key, str, '["08:00-12:00", "13:00-18:00"]') or ():
        parts = _SPAN.fullmatch(text)
        if parts is None:
            document.complain(key, f'does not understand "{text}"; write "08:00-20:00", from 00:00 to 24:00 at most')
            continue
        start, end = int(parts[1]) * 60 + int(parts[2]), int(parts[3]) * 60 + int(parts[4])
        if not start < end <= 24 * 60:
            document.complain(key, f'"{text}" does not end later on the same day; write the rest on the next day')
        elif spans and start < spans[-1].end:
            document.complain(key, f'"{text}" begins before the one ahead of it ends; write the spans in order, apart')
        spans.append(Span(start, end))
    return tuple(spans)
