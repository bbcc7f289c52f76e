"""The area as a Django app."""

from django.apps import AppConfig


class DataConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.data"
    label = "portal_data"
