"""Passkeys (WebAuthn): what the browser is asked for, and whether its answer is right; the cryptography is fido2's.

The relying party is the host somebody sees, without its port; a passkey of another host is none here. The authenticator
must verify its user, so that a passkey alone is two factors (A3). What was asked lies in a step, once.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from werda.usecases.change_login import NewPasskey


class NotRight(ValueError):
    """What the browser sent is no answer to what it was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser gets, and what must be kept until it answers; neither is secret."""

    options: dict[str, Any]
    state: dict[str, Any]


def ask_for_new(request: HttpRequest, brand: str, login_id: int, name: str, known: list[bytes]) -> Asked:
    """Ask for a new passkey of this login; `known` are those it has."""
    user = PublicKeyCredentialUserEntity(id=str(login_id).encode(), name=name, display_name=name)
    options, state = _server(request, brand).register_begin(
        user,
        [AttestedCredentialData(public) for public in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(dict(options), dict(state))


def read_new(request: HttpRequest, brand: str, state: dict[str, Any], answer: Any, name: str) -> NewPasskey:
    """The new passkey. Raises `NotRight`."""
    try:
        response = RegistrationResponse.from_dict(answer)
        data = _server(request, brand).register_complete(state, response)
    except (ValueError, TypeError, KeyError) as problem:
        raise NotRight(type(problem).__name__) from None
    credential = data.credential_data
    if credential is None:
        raise NotRight("no credential")
    return NewPasskey(credential.credential_id, bytes(credential), data.counter, name)


def ask_who(request: HttpRequest, brand: str) -> Asked:
    """Ask for any passkey of this host: who it is, the passkey says."""
    options, state = _server(request, brand).authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    return Asked(dict(options), dict(state))


def credential_id_of(answer: Any) -> bytes:
    """Which passkey answers. Raises `NotRight`."""
    try:
        return bytes(AuthenticationResponse.from_dict(answer).raw_id)
    except (ValueError, TypeError, KeyError) as problem:
        raise NotRight(type(problem).__name__) from None


def check(request: HttpRequest, brand: str, state: dict[str, Any], answer: Any, public: bytes, uses: int) -> int:
    """Whether this passkey signed what was asked; gives how often it was used. Raises `NotRight`.

    A count that does not rise is a copy of the authenticator; passkeys that are synchronised always count 0.
    """
    try:
        response = AuthenticationResponse.from_dict(answer)
        _server(request, brand).authenticate_complete(state, [AttestedCredentialData(public)], response)
    except (ValueError, TypeError, KeyError) as problem:
        raise NotRight(type(problem).__name__) from None
    except Exception as problem:  # a signature that is none raises what cryptography raises
        raise NotRight(type(problem).__name__) from None
    count = response.response.authenticator_data.counter
    if count <= uses and (count or uses):
        raise NotRight("the authenticator was copied")
    return int(count)


def _server(request: HttpRequest, brand: str) -> Fido2Server:
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return Fido2Server(PublicKeyCredentialRpEntity(name=brand, id=host))
