"""An order of a new contract, whoever took it: the order flow's pages or an existing shop (S5, E3).

The chosen customer code is no part of it: an order is shown and sent, the code travels beside it, once and sealed (B9).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from werda.core.sim import SimKind
from werda.core.tariff import Tariff


class PartyKind(StrEnum):
    """Who becomes the customer."""

    PERSON = "person"
    COMPANY = "company"


class NumberWish(StrEnum):
    """Where the phone number comes from."""

    NEW = "new"
    PORT = "port"


class Flaw(StrEnum):
    """What is wrong with a field of an order. The set is closed: pages have words for each, the API names them."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    UNKNOWN = "unknown"
    NO_DATE = "no_date"
    TOO_YOUNG = "too_young"
    NO_POSTCODE = "no_postcode"
    NO_ADDRESS = "no_address"
    NO_EMAIL = "no_email"
    NO_IBAN = "no_iban"
    NO_PHONE_NUMBER = "no_phone_number"
    NOT_MOBILE = "not_mobile"
    NOT_LANDLINE = "not_landline"


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that keeps an order from being one. What was typed is never repeated."""

    field: str
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Party:
    """The customer to be. A company has no birth date, its names are the contact's. `iban` is empty for prepaid."""

    kind: PartyKind
    given_name: str
    family_name: str
    company: str
    birth_date: date | None
    street: str
    postcode: str
    city: str
    email: str
    iban: str


@dataclass(frozen=True, slots=True)
class NumberChoice:
    """A new number, or one that is brought along: `msisdn` in E.164 and the provider it is with."""

    wish: NumberWish
    msisdn: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class ProductOrder:
    """A whole order. `sims` is empty for a landline (E3), else one or more (S12)."""

    tariff: Tariff
    currency: str
    party: Party
    number: NumberChoice
    sims: tuple[SimKind, ...]
    language: str

    def detail(self, *, code_chosen: bool) -> Mapping[str, Any]:
        """What is kept, shown to people and sent to the operator: everything but the code (B9)."""
        party = asdict(self.party)
        party["birth_date"] = self.party.birth_date.isoformat() if self.party.birth_date else None
        return {
            "tariff": {
                "slug": self.tariff.slug,
                "name": self.tariff.name,
                "monthly": str(self.tariff.monthly),
                "currency": self.currency,
                "line": self.tariff.line.value,
                "payment": self.tariff.payment.value,
                "minimum_months": self.tariff.minimum_months,
                "features": list(self.tariff.features),
            },
            "party": {**party, "kind": self.party.kind.value},
            "number": {**asdict(self.number), "wish": self.number.wish.value},
            "sims": [kind.name.lower() for kind in self.sims],
            "language": self.language,
            "code_chosen": code_chosen,
        }
