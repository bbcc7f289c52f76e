"""The store as a Django app."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables are named by what they hold, without the app's prefix."""

    name = "werda.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"
