"""What the dialogue's prompts say, in words and as sound.

One catalogue for each way to speak (``de-du``, ``de-sie``, ``en``) holds a text for every `core.dialogue.Prompt`;
`build.py` makes the placeholder sounds from it, an operator replaces them file by file (README.md here).
"""

import re
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

from werda.core.call import BrandFacts
from werda.core.dialogue import Prompt

SOUNDS: Final = Path(str(files(__name__))) / "sounds"
"""One folder for each catalogue, one ``<prompt>.wav`` in it: 8 kHz mono 16 bit, for Asterisk and browsers alike."""

_CATALOGUES: Final = tomllib.loads((files(__name__) / "catalogue.toml").read_text("utf-8"))

CATALOGUES: Final = tuple(_CATALOGUES)


def catalogue_of(brand: BrandFacts) -> str:
    """The catalogue a brand speaks; a language without one is spoken to in English."""
    for name in (f"{brand.language}-{brand.form}", brand.language):
        if name in CATALOGUES:
            return name
    return "en"


def sound_file(prompt: Prompt, catalogue: str) -> Path:
    """The sound of a prompt, for a front end that plays it itself."""
    return SOUNDS / catalogue / f"{prompt}.wav"


def transcript(prompt: Prompt, brand: BrandFacts, announce: date | None = None) -> str:
    """What a caller of this brand hears, in words; `announce` is the date that `Prompt.ANNOUNCE` names."""
    words = _CATALOGUES[catalogue_of(brand)]
    day = words["spoken"]["date"]
    if announce is not None:
        month = words["months"][announce.month - 1]
        day = words["date"].format(day=announce.day, month=month, year=announce.year)
    return _fill(words["says"][prompt], brand=brand.name, portal=brand.portal, date=day)


def spoken(prompt: Prompt, catalogue: str) -> str:
    """What the placeholder sound says: the text without any brand's name."""
    words = _CATALOGUES[catalogue]
    return _fill(words["says"][prompt], **words["spoken"])


def voice(catalogue: str) -> str:
    """The espeak-ng voice of a catalogue."""
    return str(_CATALOGUES[catalogue]["voice"])


def _fill(text: str, **words: str) -> str:
    return re.sub(r"\s+(?=[.,\s])", "", text.format(**words))
