"""What the papers say: one catalogue for each way to speak, German *du* and *Sie* and English, each complete.

Texts are plain: nothing a customer is called can become an instruction to the typesetter. Dates and prices are written
as the language writes them.
"""

import string
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from werda.documents.money import Money

CATALOGUES: Final = ("de-du", "de-sie", "en")

_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}


class Wording:
    """One catalogue. Keys are dotted; placeholders are filled by name."""

    def __init__(self, texts: dict[str, object]) -> None:
        self._texts = texts
        self.language = self.raw("language")

    def names(self) -> frozenset[str]:
        """Every key of the catalogue."""
        return frozenset(self._texts)

    def raw(self, key: str) -> str:
        """A text with its placeholders, for a template that fills them in."""
        text = self._texts[key]
        assert isinstance(text, str), f"{key} is a list of paragraphs"
        return text

    def say(self, key: str, **values: str) -> str:
        """A text. Raises `KeyError` for an unknown key or a placeholder without value."""
        return self.raw(key).format(**values)

    def paragraphs(self, key: str, **values: str) -> list[str]:
        """A text of several paragraphs, as `say`."""
        texts = self._texts[key]
        assert isinstance(texts, list), f"{key} is one text"
        return [text.format(**values) for text in texts]

    def placeholders(self, key: str) -> list[frozenset[str]]:
        """The names that each paragraph of a text wants filled in."""
        text = self._texts[key]
        paragraphs = map(str, text) if isinstance(text, list) else [str(text)]
        return [frozenset(name for _, name, _, _ in string.Formatter().parse(each) if name) for each in paragraphs]

    def date(self, day: date) -> str:
        """A day, the month in letters."""
        months = self.paragraphs("months")
        return self.say("date", day=str(day.day), month=months[day.month - 1], year=str(day.year))

    def money(self, money: Money) -> str:
        """An amount with its currency; a negative one has a minus, not a hyphen."""
        digits = f"{abs(money.amount):,.{money.places}f}"
        group, point = self.raw("money.group"), self.raw("money.point")
        amount = digits.translate({ord(","): group, ord("."): point})
        pattern = "money.symbol" if money.currency in _SYMBOLS else "money.code"
        written = self.say(pattern, amount=amount, currency=_SYMBOLS.get(money.currency, money.currency))
        return f"−{written}" if money.amount < 0 else written


def catalogue_of(language: str, form: str) -> str:
    """The catalogue for a customer's language and the brand's form; a language without one is written to in English."""
    return next((name for name in (f"{language}-{form}", language) if name in CATALOGUES), "en")


@cache
def wording(catalogue: str) -> Wording:
    """A catalogue by its name."""
    source = files("werda.documents") / "words" / f"{catalogue}.toml"
    return Wording(_flat(tomllib.loads(source.read_text("utf-8"))))


def _flat(table: dict[str, object], inside: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in table.items():
        found |= _flat(value, f"{inside}{name}.") if isinstance(value, dict) else {inside + name: value}
    return found
