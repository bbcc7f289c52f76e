"""Letters that wait become a PDF, an index, events and told customers (S10, C8, E3; decision 4)."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.database import TestDatabase, werda
from tests.documents.reading import running_text
from tests.people import AFTER_THE_DATE
from tests.usecases.importing_town import MONDAY, ImportingTown
from tests.usecases.ordering_town import STOCK, OrderingTown
from werda.core.letter import LetterKind
from werda.core.policy import Policy
from werda.documents.letterhead import Letterhead, read_letterhead
from werda.store.roles import Role
from werda.usecases.activate_policy import activate_policy
from werda.usecases.assign_codes import assign_codes
from werda.usecases.print_letters import Printed, print_letters, waiting_letters
from werda.usecases.settle_order import Settled

EXAMPLE = Path(__file__).parents[2] / "examples/documents/letterhead.toml"
CUSTOMERS = """customer_number;given_name;family_name;street;postcode;city;email;msisdn
K1;Maren;Muster;Deichweg 1;25813;Husum;;+4917604000001
K2;Jonas;Beispiel;;;;;+4917604000002
K3;Ida;Beispiel;Hafen 2;25813;Husum;ida@example.org;+4917604000003
"""
ICCIDS = ("8949440000001672706", "8949440000001672714")
NOW = AFTER_THE_DATE


class PrintingTown:
    """Customers of whom some have a postal address, and the printing house's folder."""

    def __init__(self, database: TestDatabase, folder: Path) -> None:
        self.database, self.pdf = database, folder / "run.pdf"
        self.town = ImportingTown.found(database, folder)
        self.town.customers(CUSTOMERS)

    def assign(self) -> None:
        with self.database.database.connect(Role.CUSTODY, autocommit=True) as custody:
            rings = (self.database.verifier, self.database.custody)
            assign_codes(custody, *rings, self.town.brand, letters=False, clock=lambda: NOW)

    def queue(self, number: str, kind: LetterKind, sim: int | None = None) -> None:
        with self.database.connect() as owner:
            owner.execute(
                "insert into letter (brand_id, customer_id, kind, sim_id, created_at) values (%s, %s, %s, %s, %s)",
                (self.town.brand, self.town.customer(number), kind.value, sim, NOW),
            )

    def print(self, kind: LetterKind, pdf: Path | None = None) -> Printed:
        letterhead = read_letterhead(EXAMPLE.read_text("utf-8"))
        assert isinstance(letterhead, Letterhead)
        with self.database.database.connect(Role.CUSTODY, autocommit=True) as custody:
            return print_letters(
                custody, self.database.custody, self.town.brand, kind,
                letterhead=letterhead, pdf=pdf or self.pdf, now=NOW + timedelta(hours=1),
            )  # fmt: skip

    def waiting(self) -> dict[LetterKind, int]:
        with self.database.database.connect(Role.CUSTODY) as custody:
            return waiting_letters(custody, self.town.brand)

    def code(self, number: str) -> str:
        from werda.keys.custody import Kind

        code = self.town.opened(Kind.CUSTOMER_CODE, self.town.customer(number))
        assert code is not None
        return code


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> PrintingTown:
    return PrintingTown(database, tmp_path)


def test_code_letter_tells_the_code_and_the_customer_counts_as_told(town: PrintingTown) -> None:  # C8, E3
    town.assign()
    assert town.waiting() == {LetterKind.CODE: 1}  # Jonas has no address, Ida has e-mail
    done = town.print(LetterKind.CODE)
    assert done.run is not None
    assert (done.run.letters, done.held) == (1, [])
    text = running_text(town.pdf.read_bytes())
    assert "Maren Muster" in text
    assert town.code("K1") in text.replace(" ", "")
    assert town.waiting() == {}
    told = "select c.customer_number, n.channel from notice n join customer c on c.id = n.customer_id order by 1"
    assert town.database.rows(told) == [("K1", "letter"), ("K2", None), ("K3", None)]


def test_printing_leaves_an_event_and_no_secret_outside_the_pdf(town: PrintingTown) -> None:  # B9
    town.assign()
    town.print(LetterKind.CODE)
    events = town.database.rows("select customer_id, actor, detail from event where kind = 'letter:printed'")
    assert events == [
        (town.town.customer("K1"), "operator", {"letter": "code", "file": "run.pdf", "run": 1}),
    ]
    assert town.code("K1") not in town.pdf.with_suffix(".csv").read_text().replace("K1", "")
    assert town.pdf.stat().st_mode & 0o077 == 0


def test_what_was_printed_is_not_printed_again(town: PrintingTown) -> None:
    town.assign()
    first = town.print(LetterKind.CODE)
    again = town.print(LetterKind.CODE, town.pdf.with_name("other.pdf"))
    assert first.run is not None
    assert again == Printed(None, [])
    assert not town.pdf.with_name("other.pdf").exists()


def test_sim_carrier_prints_pin_and_puk_of_the_sim_as_they_are_sealed(town: PrintingTown) -> None:  # S9, S10, S12
    town.town.sims(
        "iccid;pin1;puk1;msisdn;activation_code\n"
        f"{ICCIDS[0]};0815;00471147;+4917604000001;\n"
        f"{ICCIDS[1]};6174;58203946;+4917604000003;LPA:1$rsp.example.org$ABC-123\n",
        MONDAY,
    )
    for number, iccid in zip(("K1", "K3"), ICCIDS, strict=True):
        town.queue(number, LetterKind.SIM_CARRIER, town.town.sim(iccid))
    done = town.print(LetterKind.SIM_CARRIER)
    assert done.run is not None
    assert done.run.letters == 2
    text = running_text(town.pdf.read_bytes()).replace(" ", "")
    for secret in ("0815", "00471147", "6174", "58203946", "ABC-123"):
        assert secret in text


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        ("K2", LetterKind.CODE, "has no postal address"),
        ("K1", LetterKind.CODE, "has nothing to tell"),
        ("K1", LetterKind.SIM_CARRIER, "lacks PIN, PUK"),
    ],
)
def test_letter_that_cannot_be_made_waits_and_says_why(
    town: PrintingTown, number: str, kind: LetterKind, reason: str
) -> None:
    town.town.sims(f"iccid;puk1;msisdn\n{ICCIDS[0]};00471147;+4917604000001\n")
    town.queue(number, kind, town.town.sim(ICCIDS[0]) if kind is LetterKind.SIM_CARRIER else None)
    [held] = town.print(kind).held
    assert held.reason.startswith(reason)
    assert town.waiting() == {kind: 1}


def test_crash_after_the_file_and_before_the_record_prints_the_same_letters_again(
    town: PrintingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.assign()

    class PowerCut(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        power.setattr("werda.usecases.print_letters._settle", cut)
        with pytest.raises(PowerCut):
            town.print(LetterKind.CODE)
    first = town.pdf.read_bytes()
    assert town.waiting() == {LetterKind.CODE: 1}
    town.print(LetterKind.CODE)
    assert town.pdf.read_bytes() == first
    assert town.waiting() == {}


def test_command_prints_and_says_what_still_waits(town: PrintingTown) -> None:
    town.assign()
    town.queue("K2", LetterKind.CODE)
    environment = {**town.database.environment, "NO_COLOR": "1"}
    assert werda("letters", "status", "--brand", "nordfunk", environment=environment).stdout == "code\t2\n"
    arguments = ("letters", "print", "code", str(town.pdf), "--brand", "nordfunk", "--letterhead", str(EXAMPLE))
    done = werda(*arguments, "--json", environment=environment)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout) == {"letters": 1, "pages": 1, "rejected": 0, "held": 1}
    assert "customer K2: has no postal address" in done.stderr
    wrong = werda(*arguments[:3], os.devnull, *arguments[4:], environment=environment)
    assert wrong.returncode == 2
    assert "does not end with .pdf" in wrong.stderr


class TestContractPapers:
    """S6: page 1, item 1 of the papers, from the order as it was carried out."""

    MSISDN = "+491760405550"

    @pytest.fixture
    def ordering(self, database: TestDatabase) -> OrderingTown:
        return OrderingTown(database)

    def carried_out(self, town: OrderingTown) -> None:
        order = town.placed("8305")
        iccid = next(iter(STOCK))
        answer = town.answer(
            order,
            customer_number="K7000001",
            lines=[{"msisdn": self.MSISDN, "tariff": "Nordfunk M"}],
            sims=[{"iccid": iccid, "msisdn": self.MSISDN}],
        )
        assert answer == Settled()

    def printed(self, town: OrderingTown, kind: LetterKind, pdf: Path) -> Printed:
        letterhead = read_letterhead(EXAMPLE.read_text("utf-8"))
        assert isinstance(letterhead, Letterhead)
        with town.database.database.connect(Role.CUSTODY, autocommit=True) as custody:
            return print_letters(
                custody, town.database.custody, town.brand, kind, letterhead=letterhead, pdf=pdf, now=NOW
            )

    def test_page_one_item_one_tells_customer_number_and_chosen_code(
        self, ordering: OrderingTown, tmp_path: Path
    ) -> None:
        self.carried_out(ordering)
        self.printed(ordering, LetterKind.CONTRACT, tmp_path / "contracts.pdf")
        page = running_text((tmp_path / "contracts.pdf").read_bytes(), page=1)
        item_one = page[page.index("1 Kundennummer") : page.index("2 Tarif")]
        assert "K7000001" in item_one
        assert "8305" in item_one.replace(" ", "")
        assert "Nordfunk M" in page
        assert "14,99" in page

    def test_brand_may_mask_the_code_in_the_contract(self, ordering: OrderingTown, tmp_path: Path) -> None:
        self.carried_out(ordering)
        with ordering.database.connect() as owner:
            masked = (
                'brand = "nordfunk"\nversion = "masked"\ntimezone = "Europe/Berlin"\n'
                "effective_from = 2023-02-17T00:00:00\n"
                '[code]\nin_contract = "masked"\n[methods.customer_code]\n[methods.puk]\n'
            )
            assert isinstance(activate_policy(owner, masked, now=NOW), Policy)
        self.printed(ordering, LetterKind.CONTRACT, tmp_path / "contracts.pdf")
        assert "8305" not in running_text((tmp_path / "contracts.pdf").read_bytes()).replace(" ", "")

    def test_sim_carrier_of_the_order_waits_for_what_the_vendor_did_not_tell(
        self, ordering: OrderingTown, tmp_path: Path
    ) -> None:
        self.carried_out(ordering)  # this stock has PUKs, and no PIN
        done = self.printed(ordering, LetterKind.SIM_CARRIER, tmp_path / "carriers.pdf")
        assert [held.reason for held in done.held] == [
            "lacks PIN, PUK, line or activation code; bring the SIM vendor's file in"
        ]
