"""Nordfunk's thousand customers: everyone the requirements speak of, and nobody who could be called (issue, item 8)."""

import csv
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import pytest

from tests.usecases.importing_town import BEFORE_THE_DATE, ImportingTown
from werda.core.customer_code import CodeFormat
from werda.core.secret import Secret
from werda.core.sim import ActivationCode, Eid, Iccid, Imsi
from werda.demo import operator_files, phone_numbers
from werda.demo.people import Customer, Line, Sim
from werda.demo.population import population
from werda.demo.showcase import Showcase
from werda.usecases.activate_options import activate_options

EVERYBODY = population()


def lines(customers: Iterable[Customer] = EVERYBODY) -> list[Line]:
    return [line for customer in customers for line in customer.lines]


def sims() -> list[Sim]:
    return [sim for line in lines() for sim in line.sims]


def test_there_are_a_thousand_and_everybody_is_somebody_else() -> None:
    assert len(EVERYBODY) == 1000
    for what in (
        [customer.number for customer in EVERYBODY],
        [customer.email for customer in EVERYBODY if customer.email],
        [line.msisdn for line in lines()],
        [sim.iccid for sim in sims()],
        [sim.imsi for sim in sims()],
    ):
        assert len(set(what)) == len(what)


def test_facts_are_the_same_in_every_installation() -> None:
    assert population() == EVERYBODY


def test_every_number_is_reserved_for_media_or_visibly_invalid() -> None:
    assert all(phone_numbers.is_harmless(line.msisdn) for line in lines())
    mobile = [line.msisdn for line in lines() if line.kind == "mobile"]
    assert set(phone_numbers.media_mobiles()) <= set(mobile)  # invalid ones only where no reserved one is left
    assert all(number in phone_numbers.media_landlines() for number in {line.msisdn for line in lines()} - set(mobile))


@pytest.mark.parametrize(
    "written", ["030 23125000", "069 90009999", "0176 04069000", "0171 3920099", "0174 9464308", "0221 4710123"]
)
def test_numbers_of_the_notice_are_known(written: str) -> None:
    assert phone_numbers.is_harmless("+49" + re.sub(r"^0| ", "", written))


@pytest.mark.parametrize("written", ["+493023124999", "+4917604070000", "+491719999999", "+49199900000", "+4930231250"])
def test_other_numbers_are_not(written: str) -> None:
    assert not phone_numbers.is_harmless(written)


def test_addresses_are_at_example_org_and_no_german_postcode_is_theirs() -> None:
    assert all(customer.email.endswith("@example.org") for customer in EVERYBODY if customer.email)
    assert all(customer.address.postcode.startswith("00") for customer in EVERYBODY if customer.address.postcode)


def test_every_kind_of_customer_is_among_them() -> None:  # S12, E3, B7
    def many(customers: list[Customer]) -> bool:
        return len(customers) >= 10

    assert many([c for c in EVERYBODY if c.payment == "prepaid"])
    assert many([c for c in EVERYBODY if not any(line.sims for line in c.lines)])
    assert many([c for c in EVERYBODY if c.company and any(line.shared for line in c.lines)])
    assert many([c for c in EVERYBODY if len(c.lines) > 1 and not c.company])
    assert many([c for c in EVERYBODY if any(sim.role == "secondary" for line in c.lines for sim in line.sims)])
    assert many([c for c in EVERYBODY if any(sim.status == "replaced" for line in c.lines for sim in line.sims)])
    assert many([c for c in EVERYBODY if any(sim.is_esim for line in c.lines for sim in line.sims)])
    assert many([c for c in EVERYBODY if not c.has_code])


def test_everybody_has_a_way_in() -> None:
    for customer in EVERYBODY:
        puks = [sim for line in customer.lines for sim in line.sims if sim.status == "active"]
        assert customer.has_code or puks, customer.number


def test_cards_and_profiles_have_the_form_they_must_have() -> None:
    for sim in sims():
        card = Iccid.parse(sim.iccid)
        assert isinstance(card, Iccid)
        assert not card.check_failed
        assert isinstance(Imsi.parse(sim.imsi), Imsi)
        assert not sim.is_esim or isinstance(Eid.parse(sim.eid), Eid)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter=";"))


def test_secrets_are_made_anew_in_each_installation(tmp_path: Path) -> None:  # B1
    few = EVERYBODY[:20]
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        operator_files.write(tmp_path / folder, few, CodeFormat())
    one, other = (read(operator_files.sims_file(tmp_path / folder)) for folder in ("one", "other"))
    assert [row["iccid"] for row in one] == [row["iccid"] for row in other]
    assert [row["puk1"] for row in one] != [row["puk1"] for row in other]
    one, other = (read(operator_files.customers_file(tmp_path / folder)) for folder in ("one", "other"))
    assert [row["customer_code"] for row in one] != [row["customer_code"] for row in other]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    operator_files.write(tmp_path, EVERYBODY[:1], CodeFormat())
    for file in (operator_files.customers_file(tmp_path), operator_files.sims_file(tmp_path)):
        assert file.stat().st_mode & 0o077 == 0


def test_files_go_in_without_a_reject_and_the_phone_shows_what_they_said(town: ImportingTown, tmp_path: Path) -> None:
    operator_files.write(tmp_path, EVERYBODY, CodeFormat())
    customers = operator_files.customers_file(tmp_path).read_bytes()
    profiles = operator_files.sims_file(tmp_path).read_bytes()
    reports = town.customers(customers), town.sims(profiles)
    assert [(report.rejected, report.warned) for report in reports] == [(0, 0), (0, 0)]

    [offered] = resources.files("werda.demo").joinpath("options").iterdir()
    with town.database.connect() as owner:
        activate_options(owner, offered.read_text(encoding="utf-8"), now=BEFORE_THE_DATE)
    bookings = operator_files.bookings_file(tmp_path)
    report = town.bookings(bookings.read_bytes())
    assert (report.changed, report.rejected) == (len(read(bookings)), 0)
    assert report.changed > 100

    showcase = Showcase(town.database.database, town.database.home / "keys")
    shown = {customer.number: customer for customer in showcase.all()}
    assert list(shown) == [customer.number for customer in EVERYBODY]
    for row in read(operator_files.customers_file(tmp_path)):
        code = shown[row["customer_number"]].code
        assert (code.reveal() if code else "") == row["customer_code"]
    puks = {sim.iccid: sim.puk for customer in shown.values() for line in customer.lines for sim in line.sims}
    for row in read(operator_files.sims_file(tmp_path)):
        puk = puks[row["iccid"]]
        assert puk is not None
        assert puk.reveal() == row["puk1"]
        assert not row["activation_code"] or row["activation_code"].startswith("LPA:1$smdp.nordfunk.example.org$")


def test_search_finds_people_by_name_number_and_tariff(town: ImportingTown, tmp_path: Path) -> None:
    operator_files.write(tmp_path, EVERYBODY[:6], CodeFormat())
    town.customers(operator_files.customers_file(tmp_path).read_bytes())
    town.sims(operator_files.sims_file(tmp_path).read_bytes())
    showcase = Showcase(town.database.database, town.database.home / "keys")

    def found(words: str) -> list[str]:
        return [customer.name for customer in showcase.find(words)]

    assert found("muster maren") == ["Maren Muster"]
    assert found("prepaid") == ["Paul Prepaid"]
    assert found("017604069006") == ["Onno Ohnekode"]
    assert found("+4940669690") == ["Käthe Kühn"]
    assert found("100%") == []
    assert found("nobody") == []
    assert len(found("")) == 6
    assert showcase.one("300100028") is not None
    assert showcase.one("nobody") is None


def test_activation_codes_can_be_read(tmp_path: Path) -> None:
    operator_files.write(tmp_path, EVERYBODY[:50], CodeFormat())
    codes = [row["activation_code"] for row in read(operator_files.sims_file(tmp_path)) if row["eid"]]
    assert codes
    assert all(isinstance(ActivationCode.parse(Secret(code)), ActivationCode) for code in codes)
