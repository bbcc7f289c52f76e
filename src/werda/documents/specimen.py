"""Specimens: each kind of paper to a customer who does not exist, so that a brand sees its letterhead before it writes.

The same papers are set by the tests, compared as pictures and shown in docs/documents.md.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from werda.core.secret import Secret
from werda.core.sim import SimRole
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, TellsLetterCode, code_letter
from werda.documents.contract import Clause, ContractLine, ContractPapers, Copy, Per, Price, Term, contract_papers
from werda.documents.cover import Cover, Recipient
from werda.documents.letterhead import Letterhead
from werda.documents.money import Money
from werda.documents.sim_carrier import Card, EsimProfile, SimCarrier, sim_carrier

CODE: Final = "4817"
LETTER_CODE: Final = "73920518"
ACTIVATION_CODE: Final = "LPA:1$rsp.nordfunk.example$04386-AGYFT-A74Y8-3F815"
WRITTEN_ON: Final = date(2023, 2, 16)

RECIPIENT: Final = Recipient(("Maren Muster", "Hafenstraße 12", "25813 Husum"), "Maren", "Muster")

CARD: Final = Card("0176 0400 0001", "8949440000001672706", Secret("0815"), Secret("00471147"))
SECOND_CARD: Final = Card(
    "0176 0400 0001", "8949440000001672714", Secret("2580"), Secret("93846251"), SimRole.SECONDARY
)
ESIM: Final = EsimProfile(
    "0176 0400 0001", "8949440000001672722", Secret("6174"), Secret("58203946"), Secret(ACTIVATION_CODE),
    eid="89044011112233441122334411223321", role=SimRole.SECONDARY,
)  # fmt: skip

_GERMAN: Final = {
    "discount": "Kombi-Vorteil",
    "connection": "Anschluss",
    "messages": "SMS ins Ausland",
    "satellite": "Satellit",
    "included": "Telefonie und SMS in alle deutschen Netze|20 GB mit bis zu 100 Mbit/s, danach 64 kbit/s",
    "services": "Leistungen|Der Anschluss wird bereitgestellt und instand gehalten.|"
    "Wartungen werden zwei Tage vorher im Kundenportal angekündigt.",
    "bills": "Rechnung|Die Rechnung liegt zum Ersten des Monats im Kundenportal.|"
    "Einwände nimmt die Kundenbetreuung acht Wochen lang entgegen.",
}
_ENGLISH: Final = {
    "discount": "Bundle discount",
    "connection": "Connection",
    "messages": "Text messages abroad",
    "satellite": "Satellite",
    "included": "Calls and text messages to all German networks|20 GB at up to 100 Mbit/s, then 64 kbit/s",
    "services": "Services|The line is provided and kept working.|"
    "Maintenance is announced in the customer portal two days before.",
    "bills": "Bills|The bill is in the customer portal on the first of the month.|"
    "Customer care takes objections for eight weeks.",
}


def cover(letterhead: Letterhead, catalogue: str) -> Cover:
    """The cover of a specimen."""
    return Cover(letterhead, catalogue, RECIPIENT, "10023344", WRITTEN_ON)


def contract(letterhead: Letterhead, catalogue: str) -> ContractPapers:
    """A contract with two lines, a discount, terms and withdrawal."""
    texts = _ENGLISH if catalogue == "en" else _GERMAN
    tariffs = (f"{letterhead.name} M", f"{letterhead.name} S")
    return ContractPapers(
        cover(letterhead, catalogue),
        Secret(CODE),
        lines=tuple(
            ContractLine(f"0176 0400 000{n}", tariff, date(2023, 3, 1)) for n, tariff in enumerate(tariffs, start=1)
        ),
        prices=(
            Price(tariffs[0], Money(Decimal("19.99")), Per.MONTH),
            Price(tariffs[1], Money(Decimal("9.99")), Per.MONTH),
            Price(texts["discount"], Money(Decimal("-5.00")), Per.MONTH),
            Price(texts["connection"], Money(Decimal("39.90")), Per.ONCE),
            Price(texts["messages"], Money(Decimal("0.19")), Per.MESSAGE),
            Price(texts["satellite"], Money(Decimal("1234.5")), Per.YEAR),
        ),
        included=tuple(texts["included"].split("|")),
        term=Term(24),
        clauses=tuple(
            Clause(title, tuple(paragraphs))
            for title, *paragraphs in (texts[name].split("|") for name in ("services", "bills"))
        ),
    )


def specimens(letterhead: Letterhead, catalogue: str) -> dict[str, Callable[[], bytes]]:
    """Each kind of paper by its name, to be set when it is called; raises as the papers do."""
    begin = cover(letterhead, catalogue)
    papers = contract(letterhead, catalogue)
    letter_code = TellsLetterCode(Secret(LETTER_CODE), WRITTEN_ON + timedelta(days=21))
    return {
        "contract": lambda: contract_papers(papers),
        "contract-mailed": lambda: contract_papers(papers, Copy.MAILED),
        "sim-carrier": lambda: sim_carrier(SimCarrier(begin, (CARD,))),
        "sim-carrier-several": lambda: sim_carrier(SimCarrier(begin, (CARD, ESIM, SECOND_CARD))),
        "code-letter": lambda: code_letter(CodeLetter(begin, TellsCustomerCode(Secret(CODE)))),
        "letter-code": lambda: code_letter(CodeLetter(begin, letter_code)),
    }
