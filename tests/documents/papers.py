"""Papers of a customer of the fictional operator Nordfunk, in every catalogue: what tests set, compare and show."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from werda.core.secret import Secret
from werda.core.sim import SimRole
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, TellsLetterCode, code_letter
from werda.documents.contract import Clause, ContractLine, ContractPapers, Copy, Per, Price, Term, contract_papers
from werda.documents.cover import Cover, Recipient
from werda.documents.letterhead import Letterhead
from werda.documents.money import Money
from werda.documents.sim_carrier import Card, EsimProfile, SimCarrier, sim_carrier

CODE, LETTER_CODE, PIN, PUK = "4817", "73920518", "0815", "00471147"
SECOND_PIN, SECOND_PUK, ESIM_PIN, ESIM_PUK = "2580", "93846251", "6174", "58203946"
ACTIVATION_CODE = "LPA:1$rsp.nordfunk.example$04386-AGYFT-A74Y8-3F815"
SECRETS = (CODE, LETTER_CODE, PIN, PUK, SECOND_PIN, SECOND_PUK, ESIM_PIN, ESIM_PUK, ACTIVATION_CODE, "AGYFT")
CUSTOMER_NUMBER = "10023344"
WRITTEN_ON = date(2023, 2, 16)

LETTERHEAD = Letterhead(
    name="Nordfunk",
    company="Nordfunk GmbH",
    street="Deichweg 1",
    postcode="25813",
    city="Husum",
    portal="mein.nordfunk.example",
    hotline="04841 123450",
    email="post@nordfunk.example",
    legal=(
        "Nordfunk GmbH, Sitz Husum, Amtsgericht Flensburg HRB 12345",
        "Geschäftsführung: Inken Thomsen, Momme Petersen",
    ),
    accent="#0b4f8a",
)

RECIPIENT = Recipient(("Maren Muster", "Hafenstraße 12", "25813 Husum"), "Maren", "Muster")


TERMS = {
    "de": {
        "Leistungen": (
            "Nordfunk stellt den Anschluss in seinem Netz bereit und hält ihn instand.",
            "Wartungen werden zwei Tage vorher im Kundenportal angekündigt.",
        ),
        "Rechnung": (
            "Die Rechnung liegt zum Ersten des Monats im Kundenportal.",
            "Einwände nimmt die Kundenbetreuung acht Wochen lang entgegen.",
        ),
    },
    "en": {
        "Services": (
            "Nordfunk provides the line in its network and keeps it working.",
            "Maintenance is announced in the customer portal two days before.",
        ),
        "Bills": (
            "The bill is in the customer portal on the first of the month.",
            "Customer care takes objections for eight weeks.",
        ),
    },
}


def cover(catalogue: str, recipient: Recipient = RECIPIENT) -> Cover:
    return Cover(LETTERHEAD, catalogue, recipient, CUSTOMER_NUMBER, WRITTEN_ON)


def contract(catalogue: str) -> ContractPapers:
    german = catalogue != "en"
    return ContractPapers(
        cover(catalogue),
        Secret(CODE),
        lines=(
            ContractLine("0176 0400 0001", "Nordfunk M", date(2023, 3, 1)),
            ContractLine("0176 0400 0002", "Nordfunk S", date(2023, 3, 1)),
        ),
        prices=(
            Price("Nordfunk M", Money(Decimal("19.99")), Per.MONTH),
            Price("Nordfunk S", Money(Decimal("9.99")), Per.MONTH),
            Price("Kombi-Vorteil" if german else "Bundle discount", Money(Decimal("-5.00")), Per.MONTH),
            Price("Anschluss" if german else "Connection", Money(Decimal("39.90")), Per.ONCE),
            Price("SMS ins Ausland" if german else "Text messages abroad", Money(Decimal("0.19")), Per.MESSAGE),
            Price("Satellit" if german else "Satellite", Money(Decimal("1234.5")), Per.YEAR),
        ),
        included=("Telefonie und SMS in alle deutschen Netze", "20 GB mit bis zu 100 Mbit/s, danach 64 kbit/s")
        if german
        else ("Calls and text messages to all German networks", "20 GB at up to 100 Mbit/s, then 64 kbit/s"),
        term=Term(24),
        clauses=tuple(Clause(*clause) for clause in TERMS["de" if german else "en"].items()),
    )


CARD = Card("0176 0400 0001", "8949440000001672706", Secret(PIN), Secret(PUK))
SECOND_CARD = Card("0176 0400 0001", "8949440000001672714", Secret(SECOND_PIN), Secret(SECOND_PUK), SimRole.SECONDARY)
ESIM = EsimProfile(
    "0176 0400 0001", "8949440000001672722", Secret(ESIM_PIN), Secret(ESIM_PUK), Secret(ACTIVATION_CODE),
    eid="89044011112233441122334411223321", role=SimRole.SECONDARY,
)  # fmt: skip

PAPERS: dict[str, Callable[[str], bytes]] = {
    "contract": lambda catalogue: contract_papers(contract(catalogue)),
    "contract-mailed": lambda catalogue: contract_papers(contract(catalogue), Copy.MAILED),
    "sim-carrier": lambda catalogue: sim_carrier(SimCarrier(cover(catalogue), (CARD,))),
    "sim-carrier-several": lambda catalogue: sim_carrier(SimCarrier(cover(catalogue), (CARD, ESIM, SECOND_CARD))),
    "code-letter": lambda catalogue: code_letter(CodeLetter(cover(catalogue), TellsCustomerCode(Secret(CODE)))),
    "letter-code": lambda catalogue: code_letter(
        CodeLetter(cover(catalogue), TellsLetterCode(Secret(LETTER_CODE), date(2023, 3, 9)))
    ),
}
"""Every kind of paper by its name, set in a catalogue."""
