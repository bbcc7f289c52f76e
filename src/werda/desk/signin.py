"""Agents sign in with a password and a TOTP code; nobody signs themselves up (A10)."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class DeskAdapter(DefaultAccountAdapter):
    """Accounts are made by `werda agent create`, never on the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False
