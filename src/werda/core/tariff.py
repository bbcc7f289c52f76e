"""A tariff that can be ordered, as the brand's price list of a date says it (S5).

Thin on purpose: what an order and a bill need to name. Prices are decimal, never binary, and carry their currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class LineKind(StrEnum):
    """What a tariff connects."""

    MOBILE = "mobile"
    LANDLINE = "landline"


class Payment(StrEnum):
    """Whether a bill follows or credit is bought ahead (E3)."""

    POSTPAID = "postpaid"
    PREPAID = "prepaid"


@dataclass(frozen=True, slots=True)
class Tariff:
    """One tariff. `monthly` is the price of a month in the catalogue's currency, tax included.

    `features` are short texts in the brand's language; `minimum_months` is 0 where nobody is bound.
    """

    slug: str
    name: str
    monthly: Decimal
    line: LineKind
    payment: Payment
    minimum_months: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TariffCatalogue:
    """What a brand sells from `effective_from` until its next catalogue. `currency` is an ISO 4217 code."""

    brand: str
    version: str
    effective_from: datetime
    currency: str
    tariffs: tuple[Tariff, ...]

    def find(self, slug: str) -> Tariff | None:
        """The tariff of this name, if it is sold."""
        return next((tariff for tariff in self.tariffs if tariff.slug == slug), None)

    @staticmethod
    def in_force(catalogues: "Sequence[TariffCatalogue]", now: datetime) -> "TariffCatalogue | None":
        """The catalogue that began last."""
        begun = [catalogue for catalogue in catalogues if catalogue.effective_from <= now]
        return max(begun, key=lambda catalogue: catalogue.effective_from, default=None)
