"""What the portal's templates use: the ways through it."""

from typing import Any

from django import template

from werda.portal.navigation import ACCOUNT, ROOMS

register = template.Library()


@register.inclusion_tag("portal/ways.html", takes_context=True)
def rooms(context: dict[str, Any]) -> dict[str, Any]:
    """The rooms; the one that the page is in is marked."""
    match = context["request"].resolver_match
    return {"ways": ROOMS, "here": match.namespace if match else ""}


@register.simple_tag
def account_ways() -> Any:
    """What stands on the account's page."""
    return ACCOUNT
