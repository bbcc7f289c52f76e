"""Money on paper: an exact amount and its currency, never a binary fraction."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` of `currency` (ISO 4217, such as EUR); a discount is negative. Prices for a minute may have four places.

    Raises `TypeError` for an amount that is no `Decimal`, `ValueError` for a currency of another shape.
    """

    amount: Decimal
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError('an amount is a Decimal, such as Decimal("14.99"); a float would not be exact')
        if not self.amount.is_finite():
            raise ValueError("an amount is a finite number")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError("a currency is three capital letters, such as EUR")
        if self.places > 4:
            raise ValueError("an amount has at most four decimal places")

    @property
    def places(self) -> int:
        """How many decimal places are printed: two, or as many as a smaller price needs."""
        exponent = self.amount.normalize().as_tuple().exponent
        return max(2, -int(exponent))

    def __add__(self, other: Self) -> Self:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return type(self)(self.amount + other.amount, self.currency)
