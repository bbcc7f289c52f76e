"""What the desk calls things: one word for one thing, the same on every screen (surfaces, "Words")."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.call import Channel
from werda.core.method import Method
from werda.core.policy import Operation
from werda.core.representative import RepresentativeKind
from werda.core.topic import Topic

Text = str | Promise

METHODS: Final[Mapping[Method, Text]] = {
    Method.NONE: "–",
    Method.CUSTOMER_CODE: _("customer code"),
    Method.PUK: _("PUK"),
    Method.LEGACY: _("old way"),
    Method.CALL_CODE: _("call code"),
    Method.LETTER_CODE: _("letter code"),
    Method.APP_CONFIRMATION: _("app confirmation"),
}

CHANNELS: Final[Mapping[Channel, Text]] = {
    Channel.KEYPAD: _("keypad"),
    Channel.AGENT: _("typed by agent"),
    Channel.API: _("partner system"),
    Channel.PORTAL: _("portal or app"),
}

OPERATIONS: Final[Mapping[Operation, Text]] = {
    Operation.PUBLIC_INFORMATION: _("General information"),
    Operation.EXPLAIN_BILL: _("Explain a bill"),
    Operation.BOOK_OPTION: _("Book a tariff option"),
    Operation.CANCEL_OPTION: _("Cancel a tariff option"),
    Operation.REPLACE_SIM: _("Replace a SIM card or eSIM"),
    Operation.PORT_OUT: _("Port the number out"),
    Operation.CHANGE_ADDRESS: _("Change the address"),
    Operation.CHANGE_BANK_ACCOUNT: _("Change the bank account"),
    Operation.CHANGE_CREDENTIAL: _("Change the customer code"),
    Operation.ITEMISED_CALL_RECORDS: _("Itemised call records"),
}

TOPICS: Final[Mapping[Topic, Text]] = {
    Topic.BILL: _("Bill"),
    Topic.TARIFF: _("Tariff and options"),
    Topic.SIM: _("SIM card and eSIM"),
    Topic.FAULT: _("Fault"),
    Topic.CONTRACT: _("Contract"),
    Topic.OTHER: _("Something else"),
}

SPEAKERS: Final[Mapping[RepresentativeKind, Text]] = {
    RepresentativeKind.REPRESENTATIVE: _("representative"),
    RepresentativeKind.CARER: _("carer"),
    RepresentativeKind.HEIR: _("heir"),
    RepresentativeKind.BUSINESS_CALLER: _("calls for the company"),
}

SIM_KINDS: Final[Mapping[str, Text]] = {"physical": _("SIM card"), "esim": _("eSIM")}

SIM_STATUS: Final[Mapping[str, Text]] = {
    "stock": _("in stock"),
    "shipped": _("shipped"),
    "active": _("active"),
    "blocked": _("blocked"),
    "replaced": _("replaced"),
    "ended": _("ended"),
}

PAYMENTS: Final[Mapping[str, Text]] = {"postpaid": _("contract"), "prepaid": _("prepaid")}
