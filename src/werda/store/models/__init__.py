"""The tables. What protects them stands in sql/: functions of the gate, row security of the desk, grants of roles."""

from werda.store.models.agent import Agent
from werda.store.models.attempt import Attempt, AttemptBatch, Budget, ErasedRecord, Lane
from werda.store.models.brand import ApiKey, Brand, DialledNumber, PolicyVersion, Trunk
from werda.store.models.brand_tokens import BrandDress
from werda.store.models.call import Call, CallGrant, CallNote
from werda.store.models.code import BrandSize, CodeHolders
from werda.store.models.confirmation import Confirmation
from werda.store.models.customer import Customer, CustomerLock, Line, SimProfile
from werda.store.models.enrolment import Enrolment, Sms
from werda.store.models.event import Event
from werda.store.models.guard import Alarm, Traffic, WrongValues
from werda.store.models.imports import ImportRun
from werda.store.models.incident import (
    Incident,
    IncidentAttempt,
    IncidentCall,
    IncidentCustomer,
    IncidentEntry,
    IncidentWarning,
    ToldUpTo,
)
from werda.store.models.letter import Letter
from werda.store.models.limit import RateLimit
from werda.store.models.mail import Mail
from werda.store.models.notice import Notice
from werda.store.models.one_time import OneTimeCode, OneTimeTries
from werda.store.models.option import OptionBooking, OptionVersion
from werda.store.models.order import OperatorOrder, OutboxMessage
from werda.store.models.outgoing_call import OutgoingCall
from werda.store.models.portal import CustomerLogin, Passkey, PortalSession, SignInStep
from werda.store.models.push import Push, PushKey, PushSubscription
from werda.store.models.representative import Representative
from werda.store.models.seal import CheckpointExport, EventBatch, EventSeal, SealedCheckpoint, SealLeaf
from werda.store.models.secret import Credential, KeyCanary, SealedSecret
from werda.store.models.signup import OrderDraft, OrderedCode, TariffVersion
from werda.store.models.webhook import IntakeReply, WebhookEndpoint

__all__ = [
    "Agent",
    "Alarm",
    "ApiKey",
    "Attempt",
    "AttemptBatch",
    "Brand",
    "BrandDress",
    "BrandSize",
    "Budget",
    "Call",
    "CallGrant",
    "CallNote",
    "CheckpointExport",
    "CodeHolders",
    "Confirmation",
    "Credential",
    "Customer",
    "CustomerLock",
    "CustomerLogin",
    "DialledNumber",
    "Enrolment",
    "ErasedRecord",
    "Event",
    "EventBatch",
    "EventSeal",
    "ImportRun",
    "Incident",
    "IncidentAttempt",
    "IncidentCall",
    "IncidentCustomer",
    "IncidentEntry",
    "IncidentWarning",
    "IntakeReply",
    "KeyCanary",
    "Lane",
    "Letter",
    "Line",
    "Mail",
    "Notice",
    "OneTimeCode",
    "OneTimeTries",
    "OperatorOrder",
    "OptionBooking",
    "OptionVersion",
    "OrderDraft",
    "OrderedCode",
    "OutboxMessage",
    "OutgoingCall",
    "Passkey",
    "PolicyVersion",
    "PortalSession",
    "Push",
    "PushKey",
    "PushSubscription",
    "RateLimit",
    "Representative",
    "SealLeaf",
    "SealedCheckpoint",
    "SealedSecret",
    "SignInStep",
    "SimProfile",
    "Sms",
    "TariffVersion",
    "ToldUpTo",
    "Traffic",
    "Trunk",
    "WebhookEndpoint",
    "WrongValues",
]
