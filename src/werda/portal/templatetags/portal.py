"""What the portal's templates use: the ways through it, and out of it to what the brand says of itself."""

from typing import Any

from django import template

from werda.portal.dress import worn_by
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


@register.inclusion_tag("portal/links.html", takes_context=True)
def brand_links(context: dict[str, Any]) -> dict[str, Any]:
    """Imprint, privacy and help of the brand."""
    return {"tokens": worn_by(context.get("shop")).tokens, "session": context.get("session")}
