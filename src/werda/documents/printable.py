"""Which letters the papers' font has, and what is printed for those it has not.

A name in a letter the font lacks must still reach its owner: the nearest letter is printed, as passports do it (ICAO
Doc 9303, part 3, section 6). What has no nearest Latin letter makes the paper `Unprintable`: the operator must give the
name in Latin script.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from werda.core.secret import Secret

_RANGES: Final = (
    " ~\xa0¬®´¶ćĊēĖěĞģĦħĪīĮĳĶķĹľŁňŐŕŘśŞťŪūŮžƒƒȘțȷȷˆˇˉˉ˘˝\u0300\u0304\u0306\u0308\u030a\u030c\u0312\u0312"
    "\u0326\u0328ΔΔΩΩμμππẀẅẞẞỲỳ\u2009\u2009–—‘‚“„†•……‰‰‹›⁄⁄€€₹₹ℓℓ™™℮℮∂∂∏∏∑−∕∕∙√∞∞∫∫≈≈≠≠≤≥◊◊♪♪"
)
"""First and last letter of each range; tests/documents/test_printable.py reads the same from the font."""

LETTERS: Final = frozenset(
    chr(code)
    for first, last in zip(_RANGES[::2], _RANGES[1::2], strict=True)
    for code in range(ord(first), ord(last) + 1)
)

_NEAREST: Final = str.maketrans(
    {"\u202f": "\xa0", "\u2011": "-", "\u2010": "-", "\u2012": "–", "\u2015": "—", "\u00ad": None, "\u200b": None}
    | {"ʹ": "'", "ʺ": '"', "ʼ": "’", "ʻ": "‘", "ʿ": "‘", "ʾ": "’", "ˈ": "'"}
    | dict(zip("ƏəŊŋŦŧƉɖƐɛƆɔƁɓƊɗƘƙƝɲƳƴǤǥƷʒĸ", "EeNnTtDdEeOoBbDdKkNnYyGgZzk", strict=True))
)


class Unprintable(ValueError):
    """A text has letters that the font lacks; `where` names the field, `letters` are they. Neither is a secret."""

    def __init__(self, where: str, letters: str) -> None:
        self.where = where
        self.letters = letters
        codes = ", ".join(f"U+{ord(letter):04X}" for letter in letters)
        super().__init__(f"{where} has letters the papers' font lacks ({codes}); give it in Latin script")


def printable(content: Mapping[str, object]) -> Mapping[str, object]:
    """`content` with every text brought to letters the font has; secrets stay as they are. Raises `Unprintable`."""
    return {key: _printable(value, key) for key, value in content.items()}


def _printable(content: object, where: str) -> object:
    match content:
        case str():
            return _lettered(content, where)
        case Secret():
            return content
        case Mapping():
            return {key: _printable(value, f"{where}.{key}") for key, value in content.items()}
        case Sequence():
            return [_printable(value, where) for value in content]
    return content


def _lettered(text: str, where: str) -> str:
    blanks = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    text = unicodedata.normalize("NFC", blanks).translate(_NEAREST)
    if LETTERS.issuperset(text):
        return text
    nearest = {letter: _nearest(letter) for letter in set(text)}
    if missing := sorted(letter for letter, printed in nearest.items() if not LETTERS.issuperset(printed)):
        raise Unprintable(where, "".join(missing))
    return "".join(nearest[letter] for letter in text)


def _nearest(letter: str) -> str:
    """The letter itself, or what is left of it without the marks that the font cannot put on it."""
    if letter in LETTERS:
        return letter
    kept = ""
    for part in unicodedata.normalize("NFKD", letter).translate(_NEAREST):
        together = unicodedata.normalize("NFC", kept + part)
        if not unicodedata.combining(part) or (LETTERS.issuperset(together) and len(together) == len(kept)):
            kept = together
    return kept or letter
