"""What travels over the gate's API, checked as it comes in. docs/api.md is for integrators."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)

Line = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
CustomerNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Digits = Annotated[SecretStr, Field(json_schema_extra={"pattern": "^[0-9]{1,20}$", "writeOnly": True})]
CallId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
Positive = Annotated[int, Field(ge=1, lt=2**53)]  # what every JSON library reads exactly


def _exactly_one(**alternatives: str) -> dict[str, Any]:
    """For the OpenAPI document: one of these fields, by name and JSON type, and none of the others."""
    nothing = {name: {"type": "null"} for name in alternatives}
    return {
        "oneOf": [
            {"required": [name], "properties": nothing | {name: {"type": kind}}} for name, kind in alternatives.items()
        ]
    }


_WHOSE = _exactly_one(line="string", customer_number="string")
_WHAT = _exactly_one(digits="string", legacy="object")
_LEGACY_WITH_NUMBER: dict[str, Any] = {
    "if": {"required": ["legacy"], "properties": {"legacy": {"type": "object"}}},
    "then": {"required": ["customer_number"], "properties": {"customer_number": {"type": "string"}}},
}


class SourceMessage(BaseModel):
    """Where the call comes from. `asserted` is believed only from keys configured to assert (C3)."""

    model_config = _STRICT

    calling_number: Line | None = None
    asserted: bool = False
    trunk: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{0,64}$")] = ""
    agent: Positive | None = None


class VerificationRequest(BaseModel):
    """One offered secret. Exactly one of `line` (E.164) and `customer_number` says whose."""

    model_config = ConfigDict(**_STRICT, json_schema_extra=_WHOSE)

    brand: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
    line: Line | None = None
    customer_number: CustomerNumber | None = None
    digits: Digits
    source: SourceMessage = SourceMessage()
    call_id: CallId

    @model_validator(mode="after")
    def _one_subject(self) -> "VerificationRequest":
        if (self.line is None) == (self.customer_number is None):
            raise ValueError("give either line or customer_number")
        _check_digits(self.digits)
        return self


class VerifiedAnswer(BaseModel):
    """The caller proved who they are. `token` goes to the agent with the call; it redeems once, until `expires_at`."""

    result: Literal["verified"]
    level: Annotated[int, Field(ge=1, le=2)]
    method: Literal["customer_code", "puk", "call_code", "letter_code"]
    token: str
    expires_at: datetime


class RefusedAnswer(BaseModel):
    """They did not. `next` depends on the tries in this call only, never on why (C7)."""

    result: Literal["refused"]
    next: Literal["retry", "agent"]


class AnsweredReport(BaseModel):
    """The switch reports which agent answered the call that carries `token`."""

    model_config = _STRICT

    token: Annotated[SecretStr, Field(json_schema_extra={"writeOnly": True})]
    agent: Annotated[str, StringConstraints(pattern=r"^[\w.@+-]{1,150}$")]


class RedemptionRequest(BaseModel):
    """The desk redeems a call under the agent's login."""

    model_config = _STRICT

    call: Positive
    agent: Positive


class ConfirmationRequest(BaseModel):
    """The portal's word that a customer said yes; `code` is the one-time code that was made for it."""

    model_config = _STRICT

    confirmation: Positive
    code: Digits

    @model_validator(mode="after")
    def _digits(self) -> "ConfirmationRequest":
        _check_digits(self.code)
        return self


class ConfirmationAnswer(BaseModel):
    """Whether it counts, and whether the grant of the agent who asked was lifted by it."""

    verified: bool
    lifted: bool = False


class GrantAnswer(BaseModel):
    """What redeeming yields. `grant` is shown once and lives until `expires_at`."""

    grant: str
    level: Annotated[int, Field(ge=0, le=2)]
    expires_at: datetime


class LegacyProof(BaseModel):
    """The old way: birth date and postcode beside the customer number; agents only, until the policy ends it (A1)."""

    model_config = _STRICT

    birth_date: date
    postcode: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{3,10}$")]


class AgentEntryRequest(BaseModel):
    """What the agent who holds `grant` typed for the caller: digits, or the legacy proof."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"allOf": [_WHOSE, _WHAT, _LEGACY_WITH_NUMBER]})

    grant: Annotated[SecretStr, Field(json_schema_extra={"writeOnly": True})]
    agent: Positive
    line: Line | None = None
    customer_number: CustomerNumber | None = None
    digits: Digits | None = None
    legacy: LegacyProof | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "AgentEntryRequest":
        if (self.line is None) == (self.customer_number is None):
            raise ValueError("give either line or customer_number")
        if (self.digits is None) == (self.legacy is None):
            raise ValueError("give either digits or legacy")
        if self.legacy is not None and self.customer_number is None:
            raise ValueError("legacy goes with customer_number")
        if self.digits is not None:
            _check_digits(self.digits)
        return self


class AgentEntryAnswer(BaseModel):
    """Match, no match, or locked; no digit, no hint (D3). `legacy` marks the old way (A1)."""

    result: Literal["verified", "refused"]
    level: int = 0
    method: str = "none"
    legacy: bool = False
    locked: bool = False
    next: Literal["retry", "agent"] | None = None


def _check_digits(digits: SecretStr) -> None:
    text = digits.get_secret_value()
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError("digits must be 1 to 20 digits")
