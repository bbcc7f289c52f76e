"""The area as a Django app."""

from django.apps import AppConfig


class SignInConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.sign_in"
    label = "portal_sign_in"
