"""The fields of signing in. Paste and password managers are welcome; nothing is split into boxes (WCAG 2.2, 3.3.8)."""

from django import forms
from django.utils.translation import gettext_lazy as _


class NameAndPassword(forms.Form):
    """Who, and the password."""

    name = forms.CharField(
        label=_("E-mail or customer number"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "username webauthn", "spellcheck": "false", "autocapitalize": "off"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Code(forms.Form):
    """What the authenticator app shows."""

    code = forms.CharField(
        label=_("Code from your authenticator app, six digits"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class PasswordAgain(forms.Form):
    """The password once more."""

    password = NameAndPassword.base_fields["password"]


class PasswordAndCodeAgain(PasswordAgain):
    """Password and code once more."""

    code = Code.base_fields["code"]
