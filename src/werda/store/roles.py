"""One PostgreSQL role for each kind of process, each with a password of its own (design decision 4).

`werda_owner` makes the schema, `werda_gate` executes functions, `werda_desk` reads through row security,
`werda_custody` keeps customers and their sealed secrets, `werda_signup` takes orders and sees no customer,
`werda_portal` sees the customer of its session alone. The passwords lie in ``WERDA_HOME/database.json`` (0600).
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from werda.core.secret import Secret


class Role(StrEnum):
    """Who a process is to the database."""

    OWNER = "werda_owner"
    GATE = "werda_gate"
    DESK = "werda_desk"
    CUSTODY = "werda_custody"
    SIGNUP = "werda_signup"
    PORTAL = "werda_portal"


BOUNDS: Final[Mapping[Role, str]] = {
    Role.GATE: "statement_timeout = '10s', lock_timeout = '8s', idle_in_transaction_session_timeout = '10s'",
    Role.DESK: "statement_timeout = '10s', lock_timeout = '5s', idle_in_transaction_session_timeout = '30s'",
    Role.PORTAL: "search_path = portal,public, statement_timeout = '15s', lock_timeout = '10s',"
    " idle_in_transaction_session_timeout = '30s'",
    Role.SIGNUP: "statement_timeout = '15s', lock_timeout = '10s', idle_in_transaction_session_timeout = '30s'",
}
"""Settings a role begins with, so that a process that hangs or is flooded holds no lock for long. Custody has none: an
import, a print run and a chooser who waits for an import take as long as they take."""

CONNECTIONS: Final[Mapping[Role, int]] = {Role.DESK: 40, Role.SIGNUP: 20, Role.PORTAL: 60}
"""How many connections a role gets at the same time, so that pages that people reach leave the gate its own."""


HOST_SECONDS: Final = 2
"""How long each of several hosts may take to answer; libpq knows no less."""


class BadDatabaseUrl(ValueError):
    """`WERDA_DATABASE_URL` is not a PostgreSQL address of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with
    HOST:PORT,HOST:PORT where there are standbys."""


@dataclass(frozen=True)
class Database:
    """Where the database is and how each role gets in. `owner` is the user who makes the schema.

    Of several `hosts`, each with its port, one is the leader, and after a failover another: whoever connects asks one
    after the other and stays where writing is allowed.
    """

    hosts: tuple[tuple[str, int], ...]
    name: str
    owner: str
    passwords: Mapping[Role, Secret]

    @classmethod
    def embedded(cls, socket_folder: Path, passwords: Mapping[Role, Secret], name: str = "werda") -> Self:
        """The database in an embedded server."""
        return cls(((str(socket_folder.absolute()), 5432),), name, Role.OWNER.value, passwords)

    @classmethod
    def at(cls, url: Secret, passwords: Mapping[Role, Secret]) -> Self:
        """The database that `url` names; its user becomes the owner. Raises `BadDatabaseUrl`."""
        try:
            parts = urlsplit(url.reveal())
            login, _, places = parts.netloc.rpartition("@")
            user, _, password = login.partition(":")
            hosts = tuple(_host_and_port(place) for place in places.split(","))
        except ValueError:  # its text would quote the address, which holds a password
            raise BadDatabaseUrl(BadDatabaseUrl.__doc__) from None
        name = parts.path.lstrip("/")
        if parts.scheme not in {"postgresql", "postgres"} or not user or not name:
            raise BadDatabaseUrl(BadDatabaseUrl.__doc__)
        known = {**passwords, Role.OWNER: Secret(unquote(password))}
        return cls(hosts, name, unquote(user), known)

    def parameters(self, role: Role) -> dict[str, Any]:
        """Connection parameters of a role as libpq takes them (but for `dbname`), and with one host asyncpg too.

        Each host gets `HOST_SECONDS` to answer, since the one before may be a machine that is gone.
        """
        if len(self.hosts) == 1:
            [(host, port)] = self.hosts
            return {"host": host, "port": port, **self.login(role)}
        places = {
            "host": ",".join(host for host, _ in self.hosts),
            "port": ",".join(str(port) for _, port in self.hosts),
        }
        return {**places, "target_session_attrs": "read-write", "connect_timeout": HOST_SECONDS, **self.login(role)}

    def login(self, role: Role) -> dict[str, str]:
        """User and password of a role."""
        user = self.owner if role is Role.OWNER else role.value
        return {"user": user, "password": self.passwords[role].reveal()}

    def connect(self, role: Role, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
        """A synchronous connection of a role."""
        parameters = {"connect_timeout": 10, **self.parameters(role)}
        return psycopg.connect(**parameters, dbname=self.name, autocommit=autocommit)


def _host_and_port(place: str) -> tuple[str, int]:
    """Of `HOST`, `HOST:PORT` or `[IPv6]:PORT`; a host may be a folder of sockets, percent-encoded."""
    found = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?|([^:\[\]]+)(?::(\d{1,5}))?", place)
    port = int(found[2] or found[4] or 5432) if found else 0
    if not found or not 0 < port < 65536:
        raise ValueError("neither HOST nor HOST:PORT")
    return unquote(found[1] or found[3]), port


def passwords_in(file: Path) -> dict[Role, Secret]:
    """The roles' passwords, each made on first use: a role that came with a later version is missing in the file."""
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if missing := [role.value for role in Role if role.value not in known]:
        made = {**known, **{role: secrets.token_urlsafe(24) for role in missing}}
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(made, indent=1))
        fresh.rename(file)
    return {Role(name): Secret(value) for name, value in json.loads(file.read_text()).items()}


def make_roles(connection: psycopg.Connection[Any], passwords: Mapping[Role, Secret], *roles: Role) -> None:
    """Create the roles that are missing, set passwords and bounds; the connection's user needs CREATEROLE."""
    for role in roles:
        exists = connection.execute("select 1 from pg_roles where rolname = %s", (role.value,)).fetchone()
        verb = sql.SQL("alter role {} login password {}" if exists else "create role {} login password {}")
        name = sql.Identifier(role.value)
        connection.execute(verb.format(name, sql.Literal(passwords[role].reveal())))
        connection.execute(
            sql.SQL("alter role {} connection limit {}").format(name, sql.Literal(CONNECTIONS.get(role, -1)))
        )
        for setting in BOUNDS.get(role, "").split(", "):
            if setting:
                connection.execute(sql.SQL("alter role {} set ").format(name) + sql.SQL(setting))


def make_embedded_database(superuser: psycopg.Connection[Any], database: Database) -> None:
    """In an embedded server, create the owner and their database, unless they are there."""
    make_roles(superuser, database.passwords, Role.OWNER)
    superuser.execute(sql.SQL("alter role {} createrole").format(sql.Identifier(Role.OWNER.value)))
    if not superuser.execute("select 1 from pg_database where datname = %s", (database.name,)).fetchone():
        create = sql.SQL("create database {} owner {}")
        superuser.execute(create.format(sql.Identifier(database.name), sql.Identifier(Role.OWNER.value)))
