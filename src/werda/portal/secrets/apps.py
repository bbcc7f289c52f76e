"""The area as a Django app."""

from django.apps import AppConfig


class SecretsConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.secrets"
    label = "portal_secrets"
