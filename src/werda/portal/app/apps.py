"""The area as a Django app."""

from django.apps import AppConfig


class AppConfigOfTheApp(AppConfig):
    """Its templates, scripts and words."""

    name = "werda.portal.app"
    label = "portal_app"
