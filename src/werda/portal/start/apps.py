"""The area as a Django app."""

from django.apps import AppConfig


class StartConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.start"
    label = "portal_start"
