"""The reference: pgbench's single-row update on the same server, durable commits on."""

import os
import subprocess
from pathlib import Path

from werda.store.postgres import SUPERUSER, EmbeddedPostgres

ROWS = 100_000


class Pgbench:
    """pgbench in a database of its own."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path) -> None:
        self._environment = {**os.environ, "PGPASSWORD": postgres.password.reveal()}
        program = str(postgres.programs / "pgbench")
        self._command = [program, "-h", str(postgres.socket_folder), "-U", SUPERUSER]
        with postgres.connect() as superuser:
            superuser.execute("create database reference")
        self._script = folder / "update.sql"
        self._script.write_text(
            f"\\set aid random(1, {ROWS})\nupdate pgbench_accounts set abalance = abalance + 1 where aid = :aid;\n"
        )
        self._run("-i", "-s", "1", "-q")

    def per_second(self, clients: int, seconds: int) -> float:
        """Updates a second with so many clients at once."""
        arguments = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(seconds)]
        output = self._run(*arguments, "-f", str(self._script))
        [line] = [line for line in output.splitlines() if line.startswith("tps = ")]
        return float(line.split()[2])

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments, "reference"], env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout
