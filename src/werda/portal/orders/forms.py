"""What is typed here: the link of a mail, by who has no script."""

from django import forms
from django.utils.translation import gettext_lazy as _


class StopForm(forms.Form):
    """The link, or what stands behind its hash."""

    token = forms.CharField(
        label=_("Link from the mail"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
