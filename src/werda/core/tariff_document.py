"""A brand's tariffs as a TOML document: what is sold from one moment on. docs/sign-up.md explains the keys."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from werda.core.tariff import LineKind, Payment, Tariff, TariffCatalogue
from werda.core.toml_document import Document, Problem

MOST_MONTHS: Final = 24
"""Nobody is bound for longer (TKG § 56)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str) -> TariffCatalogue | list[Problem]:
    """Read a catalogue, or say everything that keeps `text` from being one, in the order of its lines."""
    document = Document.parse(text)
    if isinstance(document, Problem):
        return [document]
    catalogue = _read(document)
    return document.finish() or catalogue


def _read(document: Document) -> TariffCatalogue:
    brand = document.text("brand", pattern=r"[a-z][a-z0-9-]{0,62}", example="nordfunk")
    version = document.text("version", pattern=r"\S(.{0,98}\S)?", example="2026-11")
    zone = document.zone("timezone")
    begins = document.moment("effective_from", zone, required=True)
    currency = document.text("currency", pattern="[A-Z]{3}", example="EUR")
    tariffs = tuple(_tariff(document, slug) for slug in document.names_in("tariffs"))
    if not tariffs:
        document.complain("tariffs", "sells nothing; write a table such as [tariffs.m]")
    return TariffCatalogue(brand, version, begins or _EPOCH, currency, tariffs)


def _tariff(document: Document, slug: str) -> Tariff:
    key = f"tariffs.{slug}"
    price = document.text(f"{key}.monthly", pattern=r"\d{1,4}\.\d{2}", example="14.99")
    return Tariff(
        slug=slug,
        name=document.text(f"{key}.name", pattern=r"\S(.{0,58}\S)?", example="Nordfunk M"),
        monthly=Decimal(price) if price.count(".") == 1 and price.replace(".", "").isascii() else Decimal(0),
        line=LineKind(_one_of(document, f"{key}.line", [kind.value for kind in LineKind])),
        payment=Payment(_one_of(document, f"{key}.payment", [payment.value for payment in Payment])),
        minimum_months=document.integer(f"{key}.minimum_months", default=0, low=0, high=MOST_MONTHS, why="TKG § 56"),
        features=tuple(document.items(f"{key}.features", str, '["20 GB", "Allnet-Flat"]') or ()),
    )


def _one_of(document: Document, key: str, words: list[str]) -> str:
    """A required word of a few; the first one where the document says none of them."""
    word = document.text(key, pattern="|".join(words), example=words[0])
    return word if word in words else words[0]
