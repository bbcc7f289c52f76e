"""Whom the account holder lets speak for them."""

from datetime import date, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from werda.core.representative import LONGEST, LONGEST_NAME
from werda.portal.representatives.words import KINDS, SCOPES


class RepresentativeForm(forms.Form):
    """Name, reason, what they may, and until when."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(
        label=_("Why they speak for you"), choices=[(kind.value, word) for kind, word in KINDS.items()]
    )
    scope = forms.MultipleChoiceField(
        label=_("They may"),
        choices=[(operation.value, word) for operation, word in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice", "invalid_list"), _("Choose at least one thing that they may do.")
        ),
    )
    until = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Two years at most; you can end it any day."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_name(self) -> str:
        """Without what would not show, or look like a code."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable() or any(letter.isdigit() for letter in name):
            raise forms.ValidationError(_("A name without digits, please."))
        return name

    def clean_until(self) -> date:
        """A day to come."""
        until: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if not today <= until < today + LONGEST - timedelta(days=1):
            raise forms.ValidationError(_("Choose a day within the next two years."))
        return until
