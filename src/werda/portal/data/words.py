"""What things are called in the paper of one's own data; what happened has the words of the history."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.letter import LetterKind
from werda.core.mail import MailKind
from werda.core.order import OrderKind, OrderState
from werda.core.portal import Place, SignedInBy

Word = str | Promise

CUSTOMER: Final[Mapping[str, Word]] = {
    "customer_number": _("Customer number"),
    "kind": _("Kind of customer"),
    "salutation": _("Salutation"),
    "given_name": _("Given name"),
    "family_name": _("Family name"),
    "company": _("Company"),
    "birth_date": _("Date of birth"),
    "street": _("Street"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "address_since": _("This address since"),
    "email": _("E-mail"),
    "language": _("Language"),
    "payment": _("Payment"),
    "as_of": _("As your provider told us at"),
}
"""By the columns of the customer, in the order of the paper."""

VALUES: Final[Mapping[str, Word]] = {
    "person": _("private"),
    "company": _("company"),
    "postpaid": _("by bill"),
    "prepaid": _("prepaid"),
    "de": _("German"),
    "en": _("English"),
    "mobile": _("mobile"),
    "landline": _("landline"),
    "physical": _("SIM card"),
    "esim": _("eSIM"),
    "stock": _("in stock"),
    "shipped": _("sent"),
    "active": _("active"),
    "blocked": _("blocked"),
    "replaced": _("replaced"),
    "ended": _("ended"),
}
"""Stored words that stand for themselves."""

LETTERS: Final[Mapping[LetterKind, Word]] = {
    LetterKind.CODE: _("Letter with the customer code"),
    LetterKind.SIM_CARRIER: _("SIM carrier"),
    LetterKind.LETTER_CODE: _("Code by post"),
    LetterKind.CONTRACT: _("Contract papers"),
}

MAILS: Final[Mapping[MailKind, Word]] = {
    MailKind.NOTICE: _("Mail about a notice"),
    MailKind.SIGN_IN_LINK: _("Mail with a link for signing in"),
    MailKind.OPTION_BOOKED: _("Receipt: option booked"),
    MailKind.OPTION_CANCELLED: _("Receipt: option cancelled"),
    MailKind.OPTION_WITHDRAWN: _("Receipt: option withdrawn from"),
    MailKind.OPTION_NOT_BOOKED: _("Mail: option could not be booked"),
    MailKind.OPTION_NOT_CANCELLED: _("Mail: option could not be cancelled"),
    MailKind.DATA_READY: _("Mail about one's own data"),
    MailKind.REPRESENTATIVE_INVITED: _("Invitation of a representative"),
}

ORDERS: Final[Mapping[OrderKind, Word]] = {
    OrderKind.PRODUCT: _("New contract"),
    OrderKind.REPLACE_SIM: _("Replacement SIM"),
    OrderKind.PORT_OUT: _("Number to another provider"),
    OrderKind.END_CONTRACT: _("End of the contract"),
    OrderKind.BOOK_OPTION: _("Book an option"),
    OrderKind.CANCEL_OPTION: _("Cancel an option"),
}

STATES: Final[Mapping[OrderState, Word]] = {
    OrderState.WAITING: _("waits, can be stopped"),
    OrderState.ORDERED: _("ordered"),
    OrderState.DONE: _("done"),
    OrderState.FAILED: _("failed"),
    OrderState.CANCELLED: _("cancelled"),
}

METHODS: Final[Mapping[SignedInBy, Word]] = {
    SignedInBy.PASSWORD: _("password"),
    SignedInBy.TOTP: _("password and authenticator app"),
    SignedInBy.PASSKEY: _("passkey"),
    SignedInBy.OPERATOR: _("account at the provider"),
    SignedInBy.LETTER_CODE: _("code by post"),
    SignedInBy.MAIL_AND_SMS: _("link and SMS"),
}

PLACES: Final[Mapping[Place, Word]] = {Place.PORTAL: _("portal"), Place.APP: _("app")}
