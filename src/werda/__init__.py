"""Werda: caller authentication for telephone hotlines."""

__version__ = "0.1.0"
