"""A brand's tariff options as a TOML document: what can be booked from then on. docs/options.md explains the keys."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from werda.core.option import Begins, Billing, Charge, Option, OptionCatalogue, Terms, Words
from werda.core.tariff import LineKind
from werda.core.tariff_document import MOST_MONTHS
from werda.core.toml_document import Document, Problem

MOST_NOTICE: Final = 31
"""Nobody waits longer for an end than a month after the minimum term (TKG § 56)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLUG: Final = "[a-z][a-z0-9-]{0,62}"
_LINE: Final = r"\S(.{0,118}\S)?"


def parse(text: str) -> OptionCatalogue | list[Problem]:
    """Read a catalogue, or say everything that keeps `text` from being one, in the order of its lines."""
    document = Document.parse(text)
    if isinstance(document, Problem):
        return [document]
    catalogue = _read(document)
    return document.finish() or catalogue


def _read(document: Document) -> OptionCatalogue:
    brand = document.text("brand", pattern=_SLUG, example="nordfunk")
    version = document.text("version", pattern=r"\S(.{0,98}\S)?", example="2026-11")
    zone = document.zone("timezone")
    begins = document.moment("effective_from", zone, required=True)
    currency = document.text("currency", pattern="[A-Z]{3}", example="EUR")
    options = tuple(_option(document, slug) for slug in document.names_in("options"))
    if not options:
        document.complain("options", "offers nothing; write a table such as [options.roaming]")
    _judge(document, {option.slug: option for option in options})
    return OptionCatalogue(brand, version, begins or _EPOCH, zone, currency, options)


def _option(document: Document, slug: str) -> Option:
    key = f"options.{slug}"
    charge = Charge(document.word(f"{key}.charge", words=[charge.value for charge in Charge], default="monthly"))
    since, until = _day(document, f"{key}.available_from"), _day(document, f"{key}.available_until")
    if since is not None and until is not None and until < since:
        document.complain(f"{key}.available_until", "is before available_from; write a later day")
    return Option(
        slug=slug,
        name=_words(document, f"{key}.name", "EU-Paket", "EU pack"),
        about=_words(document, f"{key}.about", "Surfen in der EU wie zu Hause", "Use your data in the EU"),
        price=_price(document, f"{key}.price"),
        charge=charge,
        terms=_terms(document, key),
        line=LineKind(document.word(f"{key}.line", words=[kind.value for kind in LineKind], default="mobile")),
        tariffs=tuple(document.items(f"{key}.tariffs", str, '["Nordfunk M"]') or ()),
        excludes=tuple(document.items(f"{key}.excludes", str, '["eu-pack"]') or ()),
        requires=tuple(document.items(f"{key}.requires", str, '["eu-pack"]') or ()),
        since=since,
        until=until,
    )


def _terms(document: Document, key: str) -> Terms:
    days = document.integer(f"{key}.days", default=0, low=0, high=366, why="0 goes on until it is cancelled")
    terms = Terms(
        minimum_months=document.integer(f"{key}.minimum_months", default=0, low=0, high=MOST_MONTHS, why="TKG § 56"),
        notice_days=document.integer(f"{key}.notice_days", default=0, low=0, high=MOST_NOTICE, why="TKG § 56"),
        billing=Billing(
            document.word(f"{key}.billing", words=[kind.value for kind in Billing], default="calendar-month")
        ),
        begins=Begins(document.word(f"{key}.begins", words=[kind.value for kind in Begins], default="at-once")),
        days=days,
    )
    if days and (terms.minimum_months or terms.notice_days):
        document.complain(f"{key}.days", "ends it by itself; leave minimum_months and notice_days away, or days")
    return terms


def _words(document: Document, key: str, german: str, english: str) -> Words:
    return Words(
        document.text(f"{key}.de", pattern=_LINE, example=german),
        document.text(f"{key}.en", pattern=_LINE, example=english),
    )


def _price(document: Document, key: str) -> Decimal:
    price = document.text(key, pattern=r"[0-9]{1,4}\.[0-9]{2}", example="4.99")
    whole, point, cents = price.partition(".")
    fits = bool(point) and whole.isascii() and cents.isascii() and whole.isdigit() and cents.isdigit()
    return Decimal(price) if fits else Decimal(0)


def _day(document: Document, key: str) -> date | None:
    if not document.has(key):
        return None
    day = document.text(key, pattern=r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", example="2026-12-01")
    try:
        return date.fromisoformat(day)
    except ValueError:
        document.complain(key, "is no day of the calendar; write one such as 2026-12-01")
        return None


def _judge(document: Document, options: dict[str, Option]) -> None:
    """What the options say of each other."""
    for option in options.values():
        key = f"options.{option.slug}"
        for name in ("excludes", "requires"):
            for other in dict.fromkeys(getattr(option, name)):
                if other not in options:
                    document.complain(f"{key}.{name}", f"names {other!r}, which is not in this catalogue")
        if option.slug in option.excludes:
            document.complain(f"{key}.excludes", "names the option itself; an option is booked once anyway")
        needs = set(_needed(options, option.slug))
        if option.slug in needs:
            document.complain(f"{key}.requires", "goes in a circle; nobody could book the first of them")
        elif against := sorted(needs & set(option.excludes)):
            document.complain(f"{key}.excludes", f"names {against[0]!r}, which the option requires too")


def _needed(options: dict[str, Option], slug: str) -> Iterator[str]:
    """All that an option requires, and what that requires."""
    seen: set[str] = set()
    waiting = list(options[slug].requires)
    while waiting:
        other = waiting.pop()
        if other in seen:
            continue
        seen.add(other)
        yield other
        waiting += options[other].requires if other in options else ()
