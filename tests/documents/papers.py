"""The specimens under the letterhead of the fictional operator Nordfunk: what tests set, compare and show."""

from pathlib import Path

from werda.documents import specimen
from werda.documents.contract import ContractPapers
from werda.documents.cover import Cover, Recipient
from werda.documents.letterhead import Letterhead, read_letterhead

CODE, LETTER_CODE, ACTIVATION_CODE = specimen.CODE, specimen.LETTER_CODE, specimen.ACTIVATION_CODE
CARD, ESIM, SECOND_CARD, RECIPIENT = specimen.CARD, specimen.ESIM, specimen.SECOND_CARD, specimen.RECIPIENT

PIN, PUK = CARD.pin.reveal(), CARD.puk.reveal()
ESIM_PIN, ESIM_PUK = ESIM.pin.reveal(), ESIM.puk.reveal()
SECRETS = (
    *(CODE, LETTER_CODE, PIN, PUK, ESIM_PIN, ESIM_PUK, SECOND_CARD.pin.reveal(), SECOND_CARD.puk.reveal()),
    *(ACTIVATION_CODE, "AGYFT"),
)
CUSTOMER_NUMBER = "10023344"


def _letterhead() -> Letterhead:
    read = read_letterhead(Path(__file__).parents[2].joinpath("examples/documents/letterhead.toml").read_text("utf-8"))
    assert isinstance(read, Letterhead), read
    return read


LETTERHEAD = _letterhead()
KINDS = tuple(specimen.specimens(LETTERHEAD, "en"))


def cover(catalogue: str, recipient: Recipient = RECIPIENT) -> Cover:
    begin = specimen.cover(LETTERHEAD, catalogue)
    return Cover(begin.letterhead, catalogue, recipient, begin.customer_number, begin.written_on)


def contract(catalogue: str) -> ContractPapers:
    return specimen.contract(LETTERHEAD, catalogue)


def paper(kind: str, catalogue: str) -> bytes:
    """The PDF of one kind of paper."""
    return specimen.specimens(LETTERHEAD, catalogue)[kind]()
