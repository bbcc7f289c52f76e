"""Prices as people write them."""

from decimal import Decimal
from typing import Final

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language

register = template.Library()

_SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: 14,99 € in German, €14.99 in English."""
    figures, sign = number_format(amount, 2), _SIGNS.get(currency)
    if sign and get_language() == "en":
        return f"{sign}{figures}"
    return f"{figures}\N{NO-BREAK SPACE}{sign or currency}"
