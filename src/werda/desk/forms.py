"""What an agent types. A secret is asked for whole (B4), masked, and never sent back to the page (D2, D3)."""

import re

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from werda.core.number import keyed, normalise
from werda.core.secret import Secret
from werda.desk.words import TOPICS

_UNREMEMBERED = {"autocomplete": "off", "spellcheck": "false"}


class VerifyForm(forms.Form):
    """The typed entry: whose line it is, and customer code, PUK, call code or letter code, whole."""

    number = forms.CharField(
        label=_("Phone number or customer number"),
        max_length=32,
        widget=forms.TextInput(attrs={**_UNREMEMBERED, "inputmode": "tel"}),
    )
    digits = forms.CharField(
        label=_("Customer code, PUK, call code or letter code"),
        help_text=_("Ask for the whole number. It is checked and never shown."),
        max_length=16,
        widget=forms.PasswordInput(render_value=False, attrs={**_UNREMEMBERED, "inputmode": "numeric"}),
    )

    def clean_number(self) -> str:
        """A line as E.164, with its plus, or a customer number."""
        typed = re.sub(r"\s", "", str(self.cleaned_data["number"]))
        number = normalise(typed) if typed.startswith("+") else keyed(typed)
        if number is None or not re.fullmatch(r"\+[1-9][0-9]{6,14}|[A-Za-z0-9-]{1,32}", number):
            raise forms.ValidationError(_("This is neither a phone number nor a customer number."))
        return number

    def clean_digits(self) -> Secret:
        """The digits as a secret; how many they are is the gate's business. What is no digit counts as no try."""
        digits = re.sub(r"\s", "", str(self.cleaned_data["digits"]))
        if not re.fullmatch(r"[0-9]{1,16}", digits):
            raise forms.ValidationError(_("Type digits only."))
        return Secret(digits)


class LegacyForm(forms.Form):
    """The old way, offered only while the policy in force names its end (A1, S2)."""

    customer_number = forms.CharField(
        label=_("Customer number"), max_length=32, widget=forms.TextInput(attrs=_UNREMEMBERED)
    )
    birth_date = forms.DateField(label=_("Date of birth"), widget=forms.DateInput(attrs=_UNREMEMBERED))
    postcode = forms.CharField(label=_("Postcode"), max_length=10, widget=forms.TextInput(attrs=_UNREMEMBERED))

    prefix = "legacy"

    def clean_customer_number(self) -> str:
        """A customer number as the gate takes it."""
        number = re.sub(r"\s", "", str(self.cleaned_data["customer_number"]))
        if not re.fullmatch(r"[A-Za-z0-9-]{1,32}", number):
            raise forms.ValidationError(_("This is no customer number."))
        return number

    def clean_postcode(self) -> str:
        """A postcode as the gate takes it."""
        postcode = str(self.cleaned_data["postcode"]).strip()
        if not re.fullmatch(r"[A-Za-z0-9 -]{3,10}", postcode):
            raise forms.ValidationError(_("This is no postcode."))
        return postcode


class NoteForm(forms.Form):
    """Wrapping up: a topic and what was said."""

    topic = forms.ChoiceField(label=_("Topic"), choices=list(TOPICS.items()))
    text = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        help_text=_("Never write down a code or a PUK."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CallingOutForm(forms.Form):
    """Whom an agent is about to call, and for which brand. No field here could take a secret (D5)."""

    brand = forms.ChoiceField(label=_("Brand"))
    number = forms.CharField(
        label=_("Phone number of the customer"),
        max_length=32,
        widget=forms.TextInput(attrs={**_UNREMEMBERED, "inputmode": "tel"}),
    )

    prefix = "out"

    def __init__(self, brands: list[tuple[int, str]], data: QueryDict | None = None) -> None:
        super().__init__(data)
        field = self.fields["brand"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = brands
        if len(brands) == 1:
            field.initial, field.widget = brands[0][0], forms.HiddenInput()

    def clean_number(self) -> str:
        """As E.164."""
        number = normalise(str(self.cleaned_data["number"]))
        if number is None:
            raise forms.ValidationError(_("This is no phone number."))
        return number


class IncidentForm(forms.Form):
    """Why a call is reported as an incident (A7)."""

    reason = forms.CharField(
        label=_("What made you suspicious?"),
        max_length=500,
        help_text=_("One line, without a code and without any number of four digits or more."),
        widget=forms.TextInput(attrs=_UNREMEMBERED),
    )

    prefix = "incident"
