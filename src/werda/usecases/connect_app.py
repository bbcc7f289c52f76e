"""Sign an app in by OAuth 2.1: a code for a moment, then tokens that are a session of the portal (S8).

The session is a row like any browser's, of place `app`: the database shows its customer alone, it stands among the
devices, and ends with them. No cookie is ever it, and no token is ever a cookie (`portal_session_id`), so that an app
reaches no page. Of code and tokens only hashes are kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import psycopg

from werda.core.native_app import ACCESS_LIFETIME, CODE_LIFETIME, Client, Scope, challenge_of, read_scopes, written
from werda.core.portal import Place, Session, SignedInBy
from werda.core.secret import Secret
from werda.usecases.half_sign_in import begin_step, end_step, find_step, take_step
from werda.usecases.open_session import Connection, SignedIn, find_session, open_session

_STEP = "app"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an app gets, told once."""

    access: Secret
    refresh: Secret
    scopes: frozenset[Scope]


def give_code(
    connection: Connection, session: Session, client: Client, redirect_uri: str, challenge: str,
    scopes: frozenset[Scope], *, now: datetime,
) -> Secret:  # fmt: skip
    """Let an app in on behalf of the session at hand; the code is for whoever can answer the challenge."""
    state = {
        "session": session.id,
        "client": client.id,
        "redirect_uri": redirect_uri,
        "challenge": challenge,
        "scopes": written(scopes),
        "method": session.method.value,
        "strong_since": session.strong_since and session.strong_since.isoformat(),
        "fresh_at": session.fresh_at.isoformat(),
        "until": (now + CODE_LIFETIME).isoformat(),
    }
    return begin_step(connection, session.brand_id, _STEP, now=now, login_id=session.login_id, state=state)


def take_code(
    connection: Connection, brand_id: int, client: Client, redirect_uri: str, code: Secret, verifier: Secret, *,
    now: datetime,
) -> Tokens | None:  # fmt: skip
    """Tokens for a code, once: a try that is wrong uses it up, and a second one ends what the first one opened."""
    take_step(connection, code)
    step = find_step(connection, brand_id, _STEP)
    if step is None:
        _end(connection, brand_id, client, _hash(code), now)
        return None
    end_step(connection, step)
    state = step.state
    asked = (client.id, redirect_uri, challenge_of(verifier))
    scopes = read_scopes(state["scopes"])
    if asked != (state["client"], state["redirect_uri"], state["challenge"]) or scopes is None or step.login_id is None:
        return None
    if now >= datetime.fromisoformat(state["until"]):
        return None
    since = state["strong_since"]
    signed_in = SignedIn(step.login_id, SignedInBy(state["method"]), since and datetime.fromisoformat(since))
    family = _opened(connection, signed_in, client, state["session"], now)
    if family is None:
        return None
    tokens = Tokens(_token(), _refresh(family), scopes)
    connection.execute(
        "update portal_session set client = %s, scopes = %s, code_hash = %s, fresh_at = %s, access_hash = %s,"
        " access_expires_at = %s, refresh_hash = %s where id = portal_session_id()",
        (
            *(client.id, state["scopes"], _hash(code), datetime.fromisoformat(state["fresh_at"])),
            *(_hash(tokens.access), now + ACCESS_LIFETIME, _hash(tokens.refresh)),
        ),
    )
    return tokens


def _opened(
    connection: Connection, signed_in: SignedIn, client: Client, allowed_by: int, now: datetime
) -> Secret | None:
    """The app's session. None when the contract, or the session in which it was allowed, has ended meanwhile."""
    opened: Secret | None = None
    living = "select 1 from portal_session where id = %s and ended_at is null"
    with connection.transaction():
        try:
            opened = open_session(connection, signed_in, place=Place.APP, device=client.name, now=now)
        except LookupError:
            raise psycopg.Rollback from None
        if connection.execute(living, (allowed_by,)).fetchone() is None:
            opened = None
            raise psycopg.Rollback
    return opened


def renew_tokens(
    connection: Connection, brand_id: int, client: Client, refresh: Secret, *, now: datetime
) -> Tokens | None:
    """New tokens for the newest refresh token; an older one has been stolen, or was, and ends the session."""
    family = Secret(refresh.reveal().partition(".")[0])
    access, new = _token(), _refresh(family)
    row = connection.execute(
        "select renew_app_session(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(brand_id, client.id, _hash(family), _hash(refresh), _hash(new)),
            *(_hash(access), now + ACCESS_LIFETIME, now),
        ),
    ).fetchone()
    scopes = read_scopes(row[0] or "") if row else None
    return Tokens(access, new, scopes) if scopes else None


def revoke(connection: Connection, brand_id: int, client: Client, token: Secret, *, now: datetime) -> None:
    """End the session that this access or refresh token is of, if there is one (RFC 7009)."""
    family, dot, _ = token.reveal().partition(".")
    _end(connection, brand_id, client, _hash(Secret(family) if dot else token), now)


def find_app_session(connection: Connection, access: Secret, now: datetime) -> tuple[Session, frozenset[Scope]] | None:
    """The session that an access token is, from now on that of the transaction at hand, and what it may do."""
    connection.execute("select set_config('werda.access_token', %s, true)", (access.reveal(),))
    session = find_session(connection, now)
    if session is None:
        return None
    row = connection.execute("select scopes from portal_session where id = %s", (session.id,)).fetchone()
    return session, (read_scopes(row[0]) if row else None) or frozenset()


def _end(connection: Connection, brand_id: int, client: Client, named: bytes, now: datetime) -> None:
    connection.execute("select end_app_session(%s, %s, %s, %s)", (brand_id, client.id, named, now))


def _token() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def _refresh(family: Secret) -> Secret:
    """The first part names the session all its life, the second is new each time."""
    return Secret(f"{family.reveal()}.{secrets.token_urlsafe(32)}")


def _hash(secret: Secret) -> bytes:
    return hashlib.sha256(secret.reveal().encode()).digest()
