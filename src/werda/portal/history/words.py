"""What is said of each thing that can happen: one word for one thing, and nothing of anybody else's affairs.

`EVENTS` and `NOT_THEIRS` together hold every kind of event; a test fails for a new kind that is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.audit import EventKind
from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.policy import Operation
from werda.core.verdict import Outcome

Word = str | Promise


class Part(StrEnum):
    """By what the history can be narrowed. The value stands in the address."""

    CALLS = "calls"
    CHANGES = "changes"
    SIGN_INS = "sign-ins"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an event, in which part of the history, beside which icon."""

    word: Word
    part: Part
    icon: str


def _call(word: Word, icon: str = "phone") -> Said:
    return Said(word, Part.CALLS, icon)


def _change(word: Word, icon: str = "info") -> Said:
    return Said(word, Part.CHANGES, icon)


def _sign_in(word: Word, icon: str = "person") -> Said:
    return Said(word, Part.SIGN_INS, icon)


EVENTS: Final[Mapping[EventKind, Said]] = {
    EventKind.CREDENTIAL_IMPORTED: _change(_("Customer code taken over from our files"), "keypad"),
    EventKind.CREDENTIAL_CHOSEN: _change(_("Customer code chosen"), "keypad"),
    EventKind.CREDENTIAL_ASSIGNED: _change(_("Customer code given"), "keypad"),
    EventKind.CREDENTIAL_REPLACED: _change(_("Customer code replaced"), "keypad"),
    EventKind.CREDENTIAL_DISTRUSTED: _change(_("Code or PUK counts no longer"), "keypad"),
    EventKind.GRANT_GIVEN: _call(_("Customer care opened the contract"), "person"),
    EventKind.GRANT_LIFTED: _call(_("Legitimated more strongly during the call"), "person"),
    EventKind.CALL_WRAPPED_UP: _call(_("Customer care ended the conversation"), "person"),
    EventKind.CALL_CODE_GIVEN: _call(_("Call code given")),
    EventKind.CALL_ANNOUNCED: _call(_("The hotline called you")),
    EventKind.CONFIRMATION_ASKED: _call(_("Customer care asked: is it you?")),
    EventKind.CONFIRMATION_ANSWERED: _call(_("“Is it you?” answered")),
    EventKind.LETTER_PRINTED: _change(_("Letter sent")),
    EventKind.LETTER_CODE_ORDERED: _change(_("Code by post ordered")),
    EventKind.LOCKOUT_LIFTED: _change(_("Hotline opened again"), "phone"),
    EventKind.HOTLINE_LOCKED: _change(_("Hotline locked"), "lock"),
    EventKind.HOTLINE_UNLOCKED: _change(_("Hotline unlocked"), "phone"),
    EventKind.DISPLAY_LOCKED: _change(_("Display of the secrets locked"), "lock"),
    EventKind.DISPLAY_UNLOCKED: _change(_("Display of the secrets unlocked"), "info"),
    EventKind.SIM_ASSIGNED: _change(_("SIM assigned"), "sim"),
    EventKind.SIM_SHIPPED: _change(_("SIM sent"), "sim"),
    EventKind.SIM_ACTIVATED: _change(_("SIM activated"), "sim"),
    EventKind.SIM_BLOCKED: _change(_("SIM blocked"), "sim"),
    EventKind.SIM_UNBLOCKED: _change(_("SIM unblocked"), "sim"),
    EventKind.SIM_REPLACED: _change(_("SIM replaced"), "sim"),
    EventKind.SIM_ENDED: _change(_("SIM ended"), "sim"),
    EventKind.SECRETS_DESTROYED: _change(_("Stored secrets destroyed"), "cross"),
    EventKind.OPERATION_REQUESTED: _change(_("Asked for")),
    EventKind.OPERATION_REFUSED: _change(_("Refused"), "cross"),
    EventKind.OPERATION_CANCELLED: _change(_("Cancelled"), "cross"),
    EventKind.OPERATION_LOCKED: _change(_("Locked"), "lock"),
    EventKind.OPERATION_UNLOCKED: _change(_("Unlocked")),
    EventKind.CONTRACT_ENDED: _change(_("Contract ended")),
    EventKind.OPTION_BOOKED: _change(_("Option booked")),
    EventKind.OPTION_CANCELLED: _change(_("Option cancelled")),
    EventKind.DATA_EXPORTED: _change(_("Own data exported")),
    EventKind.REPRESENTATIVE_ADDED: _change(_("Representative added"), "person"),
    EventKind.REPRESENTATIVE_ENDED: _change(_("Representative removed"), "person"),
    EventKind.SESSION_OPENED: _sign_in(_("Signed in")),
    EventKind.SESSION_REFUSED: _sign_in(_("Sign-in refused"), "cross"),
    EventKind.SESSION_RENEWED: _sign_in(_("Signed in once more")),
    EventKind.SESSION_ENDED: _sign_in(_("Signed out"), "leave"),
    EventKind.SECRET_SHOWN: _sign_in(_("Shown"), "info"),
    EventKind.LOGIN_ENROLLED: _sign_in(_("Access to the portal opened")),
    EventKind.LOGIN_RECOVERED: _sign_in(_("Access to the portal recovered")),
    EventKind.LOGIN_PASSWORD_SET: _sign_in(_("Password set")),
    EventKind.LOGIN_FACTOR_ADDED: _sign_in(_("Way of signing in added")),
    EventKind.LOGIN_FACTOR_REMOVED: _sign_in(_("Way of signing in removed")),
    EventKind.APP_AUTHORISED: _sign_in(_("App allowed"), "line"),
    EventKind.APP_REVOKED: _sign_in(_("App no longer allowed"), "line"),
}

NOT_THEIRS: Final = frozenset(
    {
        *(EventKind.API_KEY_CREATED, EventKind.API_KEY_REVOKED, EventKind.POLICY_ACTIVATED),
        *(EventKind.IMPORT_FINISHED, EventKind.AGENT_CREATED, EventKind.WEBHOOK_CHANGED, EventKind.TRUNK_CHANGED),
        *(EventKind.BRAND_CHANGED, EventKind.ALARM_CHANGED, EventKind.AGENT_FLAGGED, EventKind.KEY_ADDED),
        *(EventKind.KEY_PROMOTED, EventKind.KEY_RETIRED, EventKind.RECORD_EXPIRED, EventKind.RECORD_RESUMED),
        *(EventKind.CATALOGUE_ACTIVATED, EventKind.CUSTOMER_ERASED),
        # An incident is the operator's; what customers reported stands under "Your reports".
        *(EventKind.INCIDENT_OPENED, EventKind.INCIDENT_CHANGED, EventKind.INCIDENT_CLOSED),
    }
)
"""Kinds of others' affairs, which are never shown."""

OPERATIONS: Final[Mapping[Operation, Word]] = {
    Operation.PUBLIC_INFORMATION: _("general information"),
    Operation.EXPLAIN_BILL: _("bill explained"),
    Operation.BOOK_OPTION: _("book an option"),
    Operation.CANCEL_OPTION: _("cancel an option"),
    Operation.REPLACE_SIM: _("replacement SIM"),
    Operation.PORT_OUT: _("take the number to another provider"),
    Operation.CHANGE_ADDRESS: _("change of address"),
    Operation.CHANGE_BANK_ACCOUNT: _("change of bank account"),
    Operation.CHANGE_CREDENTIAL: _("change of a secret"),
    Operation.ITEMISED_CALL_RECORDS: _("itemised call records"),
}

CHANNELS: Final[Mapping[Channel, Word]] = {
    Channel.KEYPAD: _("Telephone"),
    Channel.AGENT: _("Customer care"),
    Channel.API: _("Hotline"),
    Channel.PORTAL: _("Portal"),
}

METHODS: Final[Mapping[Method, Word]] = {
    Method.NONE: _("other digits"),
    Method.CUSTOMER_CODE: _("customer code"),
    Method.PUK: _("PUK"),
    Method.LEGACY: _("old way: birth date and postcode"),
    Method.CALL_CODE: _("call code"),
    Method.APP_CONFIRMATION: _("“Is it you?”"),
    Method.LETTER_CODE: _("letter code"),
}


@dataclass(frozen=True, slots=True)
class State:
    """A result: word, icon and colour."""

    word: Word
    icon: str
    style: str


VERIFIED: Final[Mapping[Level, State]] = {
    Level.NONE: State(_("matched"), "check", ""),
    Level.VERIFIED: State(_("legitimated, level 1"), "shield-check", "is-verified"),
    Level.STRONG: State(_("legitimated, level 2"), "shield-strong", "is-strong"),
}

REFUSED: Final[Mapping[Outcome, State]] = {
    Outcome.WRONG: State(_("did not match"), "cross", "is-refused"),
    Outcome.UNKNOWN: State(_("did not match"), "cross", "is-refused"),
    Outcome.LOCKED: State(_("locked"), "lock", "is-refused"),
    Outcome.TOO_EARLY: State(_("too early"), "clock", "is-legacy"),
    Outcome.NOT_ACCEPTED: State(_("not taken there"), "cross", ""),
    Outcome.STEPPED_UP: State(_("a second proof was needed"), "shield-none", "is-legacy"),
    Outcome.SOURCE_LIMITED: State(_("not looked at: too many tries from there"), "lock", "is-legacy"),
}

NOTICES: Final[Mapping[NoticeKind, Word]] = {
    NoticeKind.CODE_CHOSEN: _("A customer code was chosen."),
    NoticeKind.CODE_CHANGED: _("The customer code was changed."),
    NoticeKind.CODE_ASSIGNED: _("There is a customer code now; it stands under Code & SIM."),
    NoticeKind.CODE_REPLACED: _("The customer code was replaced; the new one stands under Code & SIM."),
    NoticeKind.SIM_REPLACEMENT_REQUESTED: _("Somebody asked for a replacement SIM."),
    NoticeKind.SIM_REPLACED: _("A SIM was replaced, and with it the PUK."),
    NoticeKind.PORT_OUT_REQUESTED: _("Somebody asked to take a number to another provider."),
    NoticeKind.HOTLINE_LOCKED: _("The hotline is locked after too many wrong tries."),
    NoticeKind.VERIFIED_AFTER_FAILURES: _("Somebody was legitimated at the hotline after wrong tries."),
    NoticeKind.LOCKOUT_LIFTED: _("The hotline is open again."),
    NoticeKind.LETTER_CODE_ORDERED: _("A code by post was ordered."),
    NoticeKind.CODE_DISTRUSTED: _("A PUK counts no longer: the SIM has to be replaced."),
    NoticeKind.SIGNED_IN_ANEW: _("Somebody signed in on a new device."),
    NoticeKind.LOGIN_ENROLLED: _("Access to the portal was opened."),
    NoticeKind.LOGIN_CHANGED: _("A way of signing in was changed."),
    NoticeKind.HOTLINE_CLOSED: _("The hotline was locked from the portal."),
    NoticeKind.HOTLINE_OPENED: _("The hotline was unlocked from the portal."),
    NoticeKind.REPRESENTATIVE_ADDED: _("A representative was added."),
    NoticeKind.REPRESENTATIVE_ENDED: _("A representative was removed."),
    NoticeKind.REPORTED: _("“That was not me” was reported."),
    NoticeKind.OPERATION_CANCELLED: _("An order was cancelled."),
    NoticeKind.APP_AUTHORISED: _("An app was allowed to act for the contract."),
}
