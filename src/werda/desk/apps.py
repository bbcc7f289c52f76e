"""The desk as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages for agents; stands before allauth in INSTALLED_APPS, whose sign-in templates it replaces."""

    name = "werda.desk"
    label = "desk"
