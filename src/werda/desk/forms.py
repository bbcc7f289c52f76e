"""What an agent types. A secret is asked for whole (B4), masked, and never sent back to the page (D2, D3)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from werda.core.secret import Secret
from werda.desk.words import TOPICS

_UNREMEMBERED = {"autocomplete": "off", "spellcheck": "false"}


class VerifyForm(forms.Form):
    """The typed entry: whose line it is, and customer code or PUK, whole."""

    number = forms.CharField(
        label=_("Phone number or customer number"),
        max_length=32,
        widget=forms.TextInput(attrs={**_UNREMEMBERED, "inputmode": "tel"}),
    )
    digits = forms.CharField(
        label=_("Customer code or PUK"),
        help_text=_("Ask for the whole number. It is checked and never shown."),
        max_length=16,
        widget=forms.PasswordInput(render_value=False, attrs={**_UNREMEMBERED, "inputmode": "numeric"}),
    )

    def clean_digits(self) -> Secret:
        """The digits as a secret; how many they are is the gate's business."""
        return Secret(str(self.cleaned_data["digits"]))


class LegacyForm(forms.Form):
    """The old way, offered only while the policy in force names its end (A1, S2)."""

    customer_number = forms.CharField(
        label=_("Customer number"), max_length=32, widget=forms.TextInput(attrs=_UNREMEMBERED)
    )
    birth_date = forms.DateField(label=_("Date of birth"), widget=forms.DateInput(attrs=_UNREMEMBERED))
    postcode = forms.CharField(label=_("Postcode"), max_length=10, widget=forms.TextInput(attrs=_UNREMEMBERED))

    prefix = "legacy"


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
