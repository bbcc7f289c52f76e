"""The area as a Django app."""

from django.apps import AppConfig


class HelpConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.help"
    label = "portal_help"
