"""The area as a Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Its templates and words."""

    name = "werda.portal.orders"
    label = "portal_orders"
