"""Phone numbers as callers key them in and as switches report them, in one form: E.164 (``+4917600000000``).

No validity check happens here: a number that does not exist goes through the dialogue like any other (C7).
"""

import re
from typing import Final

HOME: Final = "49"
"""The country a number belongs to when it names none."""

SHORTEST, LONGEST = 7, 15
"""Digits of a telephone number with its country code; E.164 allows 15."""


def normalise(number: str, home: str = HOME) -> str | None:
    """The E.164 form of a calling or dialled number, or None when the text is no telephone number.

    Knows ``+49…``, ``0049…``, ``0176…`` and ``49176…``; blanks, hyphens, dots, slashes and brackets are read over.
    """
    text = re.sub(r"[\s()./-]", "", number)
    if not re.fullmatch(r"\+?[0-9]{3,20}", text):
        return None
    match text:
        case _ if text.startswith("+"):
            digits = text[1:]
        case _ if text.startswith("00"):
            digits = text[2:]
        case _ if text.startswith("0"):
            digits = home + text[1:]
        case _:
            digits = text
    return f"+{digits}" if SHORTEST <= len(digits) <= LONGEST else None


def keyed(keys: str, home: str = HOME) -> str:
    """What a caller keyed in when asked for a phone or customer number.

    A leading zero makes it a phone number, given as E.164 where it can be one; everything else is a customer number and
    stays as it is.
    """
    return (normalise(keys, home) or keys) if keys.startswith("0") else keys
