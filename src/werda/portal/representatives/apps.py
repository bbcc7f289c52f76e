"""The area as a Django app."""

from django.apps import AppConfig


class RepresentativesConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.representatives"
    label = "portal_representatives"
