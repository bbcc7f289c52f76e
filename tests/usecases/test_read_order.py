"""What may be typed into an order, and what is wrong with the rest (S5)."""

from datetime import date

import pytest

from tests.usecases.ordering_town import PARTY
from werda.core.product_order import Fault, Flaw, NumberChoice, NumberWish, Party, PartyKind
from werda.core.sim import SimKind
from werda.core.tariff import LineKind, Payment
from werda.usecases.read_order import read_number, read_party, read_sims

TODAY = date(2026, 11, 26)


def faults(payment: Payment = Payment.POSTPAID, **typed: str) -> list[Fault]:
    """What is wrong when this is typed instead of something right."""
    read = read_party({**PARTY, **typed}, payment, TODAY)
    return read if isinstance(read, list) else []


def test_a_person_as_they_type_themselves() -> None:
    read = read_party({**PARTY, "given_name": "  Maren  Anna "}, Payment.POSTPAID, TODAY)
    assert isinstance(read, Party)
    assert (read.given_name, read.birth_date, read.iban) == ("Maren Anna", date(1980, 5, 17), "DE89370400440532013000")


def test_a_company_has_a_name_and_no_birth_date() -> None:
    read = read_party(
        {**PARTY, "kind": "company", "company": "Deichbau GmbH", "birth_date": ""}, Payment.POSTPAID, TODAY
    )
    assert isinstance(read, Party)
    assert (read.kind, read.company, read.birth_date) == (PartyKind.COMPANY, "Deichbau GmbH", None)
    assert faults(kind="company") == [Fault("company", Flaw.MISSING)]


@pytest.mark.parametrize(
    ("field", "text", "flaw"),
    [
        ("kind", "", Flaw.MISSING),
        ("kind", "ghost", Flaw.UNKNOWN),
        ("given_name", " ", Flaw.MISSING),
        ("family_name", "x" * 101, Flaw.TOO_LONG),
        ("family_name", "Mus\x1bter", Flaw.TOO_LONG),
        ("birth_date", "31.02.1980", Flaw.NO_DATE),
        ("birth_date", "17.05.80", Flaw.NO_DATE),
        ("birth_date", "17.05.2980", Flaw.NO_DATE),
        ("birth_date", "27.11.2008", Flaw.TOO_YOUNG),
        ("postcode", "2581", Flaw.NO_POSTCODE),
        ("city", "", Flaw.MISSING),
        ("email", "maren@", Flaw.NO_EMAIL),
        ("email", "maren@localhost", Flaw.NO_EMAIL),
        ("iban", "DE89 3704 0044 0532 0130 01", Flaw.NO_IBAN),
        ("iban", "XX00", Flaw.NO_IBAN),
    ],
)
def test_each_fault_is_told_at_its_field(field: str, text: str, flaw: Flaw) -> None:
    assert faults(**{field: text})  # type: ignore[arg-type]  # a field's name == [Fault(field, flaw)]


def test_who_is_eighteen_today_may_order() -> None:
    assert faults(birth_date="26.11.2008") == []


def test_who_pays_ahead_needs_no_bank_account() -> None:  # E3
    assert faults(Payment.PREPAID, iban="nonsense") == []


@pytest.mark.parametrize(
    ("number", "line", "flaw"),
    [
        ("0171 3920012", LineKind.MOBILE, None),
        ("+49 171 3920012", LineKind.MOBILE, None),
        ("04841 55501", LineKind.LANDLINE, None),
        ("0171 3920012", LineKind.LANDLINE, Flaw.NOT_LANDLINE),
        ("04841 55501", LineKind.MOBILE, Flaw.NOT_MOBILE),
        ("12", LineKind.MOBILE, Flaw.NO_PHONE_NUMBER),
        ("+43 664 1234567", LineKind.MOBILE, Flaw.NO_PHONE_NUMBER),
        ("my number", LineKind.MOBILE, Flaw.NO_PHONE_NUMBER),
    ],
)
def test_number_that_is_brought_along_fits_the_tariff(number: str, line: LineKind, flaw: Flaw | None) -> None:
    read = read_number({"wish": "port", "msisdn": number, "provider": "Anderfunk"}, line)
    assert read == [Fault("msisdn", flaw)] if flaw else isinstance(read, NumberChoice)


def test_new_number_needs_nothing_else() -> None:
    assert read_number({"wish": "new", "msisdn": "12"}, LineKind.MOBILE) == NumberChoice(NumberWish.NEW)


def test_sims() -> None:  # S12, E3
    assert read_sims({"sims": "physical,esim"}, LineKind.MOBILE) == (SimKind.PHYSICAL, SimKind.ESIM)
    assert read_sims({"sims": ""}, LineKind.MOBILE) == [Fault("sims", Flaw.MISSING)]
    assert read_sims({"sims": "nano"}, LineKind.MOBILE) == [Fault("sims", Flaw.UNKNOWN)]
    assert read_sims({"sims": "esim,esim,esim,esim"}, LineKind.MOBILE) == [Fault("sims", Flaw.UNKNOWN)]
    assert read_sims({"sims": ""}, LineKind.LANDLINE) == ()
