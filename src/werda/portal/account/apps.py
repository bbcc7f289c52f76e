"""The area as a Django app."""

from django.apps import AppConfig


class AccountConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.account"
    label = "portal_account"
