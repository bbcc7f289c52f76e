"""The look as a Django app: style sheet, font, icons, base page and error pages for every audience."""

from django.apps import AppConfig


class LookConfig(AppConfig):
    """Shared by desk, demo and portal; it knows none of them."""

    name = "werda.look"
    label = "look"
