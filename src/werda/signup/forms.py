"""The fields of the steps. What may stand in them is read by `werda.usecases.read_order`, for the API too."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from werda.core.product_order import Fault
from werda.signup.words import FLAWS


class StepForm(forms.Form):
    """A step's fields. Django keeps their words; a fault found by the reader stands at its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def point_out(self, faults: Sequence[Fault]) -> None:
        """Show each fault at its field; the first one gets the cursor."""
        self.full_clean()
        for fault in faults:
            self.add_error(fault.field if fault.field in self.fields else None, str(FLAWS[fault.flaw]))


def _text(label: Any, autocomplete: str, *, help_text: Any = "", **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, **attributes})
    return forms.CharField(label=label, required=False, max_length=200, help_text=help_text, widget=widget)


class PartyForm(StepForm):
    """Person or company; fields that do not apply are left empty."""

    kind = forms.ChoiceField(
        label=_("Who orders?"),
        required=False,
        choices=[("person", _("A person")), ("company", _("A company"))],
        widget=forms.RadioSelect,
    )
    company = _text(_("Company"), "organization", help_text=_("As it stands in the commercial register."))
    given_name = _text(_("First name"), "given-name")
    family_name = _text(_("Last name"), "family-name")
    birth_date = _text(_("Date of birth"), "bday", help_text=_("Like 17.05.1980"), inputmode="text")
    street = _text(_("Street and number"), "street-address")
    postcode = _text(_("Postcode"), "postal-code", inputmode="numeric")
    city = _text(_("Town"), "address-level2")
    email = _text(_("E-mail"), "email", inputmode="email", spellcheck="false")
    iban = _text(
        "IBAN", "off", help_text=_("For the direct debit, like DE89 3704 0044 0532 0130 00"), spellcheck="false"
    )


class NumberForm(StepForm):
    """A new number, or the one that somebody has."""

    wish = forms.ChoiceField(
        label=_("Which number?"),
        required=False,
        choices=[("new", _("A new number")), ("port", _("Keep my number"))],
        widget=forms.RadioSelect,
    )
    msisdn = _text(_("Your present number"), "tel", inputmode="tel")
    provider = _text(_("Your present provider"), "off", help_text=_("We tell them; there is nothing to cancel."))
