"""The demo as a Django app; `server.django_settings` installs it in the demo alone."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A first page, a phone in the browser, and customers for scripts."""

    name = "werda.demo"
    label = "demo"
