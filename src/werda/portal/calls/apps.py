"""The area as a Django app."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.calls"
    label = "portal_calls"
