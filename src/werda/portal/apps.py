"""The portal as Django apps: this one for what the areas share, and one for each area."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages for customers, in a process of their own."""

    name = "werda.portal"
    label = "portal"
