"""The area as a Django app."""

from django.apps import AppConfig


class OptionsConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.options"
    label = "portal_options"
