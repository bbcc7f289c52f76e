"""Where the demo's other pages are: sign-up is a process of its own, on a port of its own."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def order_address() -> str:
    """The first page of Nordfunk's order flow."""
    address: str = settings.WERDA_SETTINGS.signup_address
    return f"{address}/order"
