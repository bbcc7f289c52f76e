"""What an SMS with a code says: whose it is, for how long, and that nobody asks for it on the phone."""

from collections.abc import Mapping
from typing import Final

from werda.mail.words import Speech

_CODE: Final[Mapping[Speech, str]] = {
    Speech.DU: "{brand}: Dein Code fürs Portal ist {code}. Er gilt zehn Minuten. Am Telefon fragen wir nie danach.",
    Speech.SIE: "{brand}: Ihr Code fürs Portal ist {code}. Er gilt zehn Minuten. Am Telefon fragen wir nie danach.",
    Speech.ENGLISH: "{brand}: Your code for the portal is {code}. It counts for ten minutes. We never ask for it on the"
    " phone.",
}


def code_text(speech: Speech, brand: str, code: str) -> str:
    """The text, in one SMS or two."""
    return _CODE[speech].format(brand=brand, code=code)
