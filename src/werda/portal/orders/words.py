"""What is ordered, and what can be locked, in the words of customers."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.order import OrderKind
from werda.core.permission import Why
from werda.core.policy import Operation

KINDS: Final[Mapping[OrderKind, str | Promise]] = {
    OrderKind.REPLACE_SIM: _("Replacement SIM"),
    OrderKind.PORT_OUT: _("Number to another provider"),
}

OPERATIONS: Final[Mapping[Operation, str | Promise]] = {
    Operation.REPLACE_SIM: _("Replacing a SIM card or eSIM"),
    Operation.PORT_OUT: _("Taking a number to another provider"),
    Operation.CHANGE_ADDRESS: _("Changing the address"),
    Operation.CHANGE_BANK_ACCOUNT: _("Changing the bank account"),
    Operation.CHANGE_CREDENTIAL: _("Changing the customer code at the hotline"),
    Operation.ITEMISED_CALL_RECORDS: _("Telling itemised call records"),
}
"""What can be locked (`core.permission.lockable`)."""

REFUSED: Final[Mapping[Why, str | Promise]] = {
    Why.LEVEL: _("This needs a session that began with a passkey, or with password and authenticator app."),
    Why.LOCKED_BY_CUSTOMER: _("You have locked this. Open it first, under Code & SIM."),
    Why.ENDED: _("Your contract has ended."),
    Why.NOT_THEIRS: _("This is none of your SIMs."),
}
