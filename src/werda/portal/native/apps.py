"""The area as a Django app."""

from django.apps import AppConfig


class NativeConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.native"
    label = "portal_native"
