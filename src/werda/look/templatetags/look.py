"""What every template may use: icons, clock times, and fields with their label, help and error."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite. It is decoration: the word always stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("look/icons.svg"),
        name,
    )


def _clock(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


@register.simple_tag
def since(moment: datetime | None) -> str | SafeString:
    """How long ago `moment` was, as ``mm:ss``; clock.js counts on."""
    if moment is None:
        return "–"
    return format_html(
        '<time class="clock" datetime="{}" data-since="{}">{}</time>',
        moment.isoformat(),
        int(moment.timestamp() * 1000),
        _clock(timezone.now() - moment),
    )


@register.simple_tag
def until(moment: datetime | None) -> str | SafeString:
    """How long it is until `moment`, as ``mm:ss``; clock.js counts down."""
    if moment is None:
        return "–"
    return format_html(
        '<time class="clock" datetime="{}" data-until="{}">{}</time>',
        moment.isoformat(),
        int(moment.timestamp() * 1000),
        _clock(moment - timezone.now()),
    )


@register.inclusion_tag("look/field.html")
def field(bound: BoundField, focus: bool = False) -> dict[str, Any]:
    """A form field with label, help and error, tied together for screen readers; `focus` puts the cursor there."""
    described = [f"{bound.auto_id}_error"] if bound.errors else []
    described += [f"{bound.auto_id}_help"] if bound.help_text else []
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if focus:
        attributes["autofocus"] = True
    return {"field": bound, "control": bound.as_widget(attrs=attributes)}
