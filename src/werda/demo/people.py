"""Nordfunk's customers as facts, the same in every installation; secrets are made elsewhere, anew each time."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Sim:
    """A SIM card or eSIM profile, in the words of the import's file."""

    iccid: str
    imsi: str
    eid: str = ""
    role: str = "primary"
    status: str = "active"
    activated_at: datetime | None = None
    to_download: bool = False

    @property
    def is_esim(self) -> bool:
        """Whether it is a downloaded profile, or one that waits to be downloaded."""
        return bool(self.eid) or self.to_download


@dataclass(frozen=True, slots=True)
class Line:
    """A phone line, E.164, and the SIM profiles in it; a landline has none."""

    msisdn: str
    tariff: str
    kind: str = "mobile"
    shared: bool = False
    sims: tuple[Sim, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """Where letters go; a prepaid customer may have none."""

    street: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account holder. `has_code` is False for the few who never got a customer code."""

    number: str
    given_name: str = ""
    family_name: str = ""
    company: str = ""
    salutation: str = ""
    payment: str = "postpaid"
    birth_date: date | None = None
    address: Address = Address()
    email: str = ""
    lines: tuple[Line, ...] = field(default=())
    has_code: bool = True

    @property
    def kind(self) -> str:
        """``person`` or ``company``."""
        return "company" if self.company else "person"
