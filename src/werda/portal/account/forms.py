"""The fields of the account."""

from django import forms
from django.utils.translation import gettext_lazy as _


class NewPassword(forms.Form):
    """A new password; no rules but length and that it is not a common one (NIST SP 800-63B-4)."""

    password = forms.CharField(
        label=_("New password, twelve characters or more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class FirstCode(forms.Form):
    """What the app shows with its new key."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Code that the app shows now"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )
