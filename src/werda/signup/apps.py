"""The order flow as a Django app."""

from django.apps import AppConfig


class SignupConfig(AppConfig):
    """Pages for new customers, in a process of their own."""

    name = "werda.signup"
    label = "signup"
