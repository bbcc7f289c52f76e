"""The area as a Django app."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.history"
    label = "portal_history"
