"""What is printed for a customer and posted to their address of record (S6, S10, E4)."""

from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter brings. Closed: the database knows the same set."""

    CODE = "code"
    SIM_CARRIER = "sim_carrier"
    LETTER_CODE = "letter_code"
    CONTRACT = "contract"
