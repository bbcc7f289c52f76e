"""The fields of enrolment."""

from django import forms
from django.utils.translation import gettext_lazy as _

from werda.portal.sign_in.forms import NameAndPassword


class WhoForm(forms.Form):
    """Who wants a link."""

    name = NameAndPassword.base_fields["name"]


class LetterForm(forms.Form):
    """A customer number, and the code from the letter."""

    number = forms.CharField(
        label=_("Customer number"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=_("Code from the letter"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class LinkForm(forms.Form):
    """What stands in the mail."""

    token = forms.CharField(
        label=_("The link from the mail"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class SmsForm(forms.Form):
    """What came by SMS."""

    code = forms.CharField(
        label=_("Code from the SMS, six digits"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )
