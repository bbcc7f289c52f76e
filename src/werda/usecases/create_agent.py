"""Give somebody a login at the desk (A10): password now, TOTP at their first sign-in. Django must be set up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import override
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.secret import Secret


class PasswordTooWeak(ValueError):
    """The password is too short or too common; the message says which."""


def create_agent(
    owner: psycopg.Connection[Any],
    *,
    username: str,
    password: Secret,
    name: str,
    brands: Sequence[int],
    now: datetime,
    language: str = "de",
) -> int:
    """Make the agent, or give the one of this name a new password and these brands. Raises `PasswordTooWeak`."""
    try:
        with override("en"):
            validate_password(password.reveal())
    except ValidationError as weak:
        raise PasswordTooWeak(" ".join(weak.messages)) from None
    given, _, family = name.partition(" ")
    row = owner.execute(
        "insert into agent (username, password, first_name, last_name, email, is_superuser, is_staff, is_active,"
        " date_joined, brands, language) values (%s, %s, %s, %s, '', false, false, true, %s, %s, %s)"
        " on conflict (username) do update set password = excluded.password, first_name = excluded.first_name,"
        " last_name = excluded.last_name, brands = excluded.brands, is_active = true returning id",
        (username, make_password(password.reveal()), given, family, now, list(brands), language),
    ).fetchone()
    assert row is not None
    owner.execute(
        "insert into event (at, kind, actor, detail) values (%s, %s, 'operator', %s)",
        (now, EventKind.AGENT_CREATED.value, Jsonb({"agent": row[0], "username": username, "brands": list(brands)})),
    )
    agent_id: int = row[0]
    return agent_id


def lock_agent(owner: psycopg.Connection[Any], username: str) -> bool:
    """End a login; its sessions end with it. False when there is no such living login."""
    done = owner.execute("update agent set is_active = false where username = %s and is_active", (username,))
    return done.rowcount == 1


def forget_second_factor(owner: psycopg.Connection[Any], username: str) -> bool:
    """Take somebody's authenticator and recovery codes away; they set up another one. False without such a login."""
    row = owner.execute("select id from agent where username = %s", (username,)).fetchone()
    if row is None:
        return False
    owner.execute("delete from mfa_authenticator where user_id = %s", row)
    return True
