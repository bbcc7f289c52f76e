"""PostgreSQL for tests: a cluster per run, a copy of the finished schema per test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from werda.keys import ring
from werda.keys.custody import Custody
from werda.keys.ring import RingName
from werda.keys.verifier import Verifier
from werda.store.postgres import EmbeddedPostgres
from werda.store.roles import Database, Role, make_embedded_database, passwords_in


@dataclass(frozen=True)
class TestDatabase:
    """A database of a test's own. `url` is what `WERDA_DATABASE_URL` would say."""

    __test__ = False

    database: Database
    home: Path
    postgres: EmbeddedPostgres

    @property
    def name(self) -> str:
        return self.database.name

    @property
    def verifier(self) -> Verifier:
        return Verifier(ring.load(self.home / "keys", RingName.VERIFIER))

    @property
    def custody(self) -> Custody:
        return Custody(ring.load(self.home / "keys", RingName.CUSTODY))

    @property
    def url(self) -> str:
        login = self.database.login(Role.OWNER)
        hosts = ",".join(f"{quote(host, safe='')}:{port}" for host, port in self.database.hosts)
        return f"postgresql://{login['user']}:{login['password']}@{hosts}/{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a `werda` process that works on this database."""
        return {**os.environ, "WERDA_HOME": str(self.home), "WERDA_DATABASE_URL": self.url}

    def connect(self, role: Role = Role.OWNER) -> psycopg.Connection[tuple[Any, ...]]:
        return self.database.connect(role, autocommit=True)

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the owner sees."""
        with self.connect() as owner:
            return owner.execute(statement.encode(), parameters).fetchall()


@dataclass(frozen=True)
class Cluster:
    """A running server whose database `werda` is the template of every test's own."""

    postgres: EmbeddedPostgres
    home: Path
    database: Database

    @contextmanager
    def copy(self, name: str) -> Iterator[TestDatabase]:
        with self.postgres.connect() as superuser:
            statement = sql.SQL("create database {} template werda owner {}")
            superuser.execute(statement.format(sql.Identifier(name), sql.Identifier(Role.OWNER.value)))
        yield TestDatabase(replace(self.database, name=name), self.home, self.postgres)
        with self.postgres.connect() as superuser:
            superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def werda(*arguments: str, environment: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as its user would."""
    command = [sys.executable, "-W", "error", "-m", "werda", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False, **options)


@contextmanager
def start_cluster(home: Path, programs: Path | None = None) -> Iterator[Cluster]:
    """A server under `home` with the schema in the database `werda`; `programs` names another PostgreSQL."""
    postgres = EmbeddedPostgres(home / "postgres", *([programs] if programs else []))
    with postgres.running():
        database = Database.embedded(postgres.socket_folder, passwords_in(home / "database.json"))
        with postgres.connect() as superuser:
            make_embedded_database(superuser, database)
        made = werda("setup", environment={**os.environ, "WERDA_HOME": str(home)})
        assert made.returncode == 0, made.stderr
        yield Cluster(postgres, home, database)
