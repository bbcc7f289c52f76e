"""The area as a Django app."""

from django.apps import AppConfig


class EnrolConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.enrol"
    label = "portal_enrol"
