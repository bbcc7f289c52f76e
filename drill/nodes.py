"""Three etcd and three PostgreSQL under Patroni on this machine, with the file that operators get (deploy/patroni)."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg

from tests.gates import free_port
from tests.parts import require

CONFIGURATION = Path("deploy/patroni/patroni.yml").absolute()
NODES = ("node1", "node2", "node3")
LOCAL = "127.0.0.1"
PASSWORD = "of the drill only"


def _as_postgres() -> list[str]:
    """PostgreSQL refuses root."""
    if os.geteuid():
        return []
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


@dataclass
class Node:
    """One PostgreSQL and its Patroni. `port` is the database's, `rest` that of Patroni's own API."""

    name: str
    folder: Path
    etcd: str
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
            "PATRONI_NAME": self.name,
            "PATRONI_RESTAPI_LISTEN": f"{LOCAL}:{self.rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{LOCAL}:{self.rest}",
            "PATRONI_POSTGRESQL_LISTEN": f"{LOCAL}:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{LOCAL}:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.folder / self.name),
            "PATRONI_POSTGRESQL_BIN_DIR": str(require("postgresql")),
            "PATRONI_POSTGRESQL_PGPASS": str(self.folder / f"{self.name}.pgpass"),
            "PATRONI_ETCD3_HOSTS": self.etcd,
            "PATRONI_SUPERUSER_USERNAME": "postgres",
            "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
            "PATRONI_REPLICATION_USERNAME": "replicator",
            "PATRONI_REPLICATION_PASSWORD": PASSWORD,
        }
        with (self.folder / f"{self.name}.log").open("ab") as log:
            command = [*_as_postgres(), "patroni", str(self.folder / "patroni.yml")]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)

    def leads(self) -> bool:
        """Whether Patroni says that this node may write."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://{LOCAL}:{self.rest}/primary", timeout=1).status_code == 200
        return False

    def follows(self) -> bool:
        """Whether it is the standby without which nothing is acknowledged."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://{LOCAL}:{self.rest}/synchronous", timeout=1).status_code == 200
        return False

    def processes(self) -> list[psutil.Process]:
        """Patroni, the postmaster and all its children: everything the machine would take along."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if (self.process and process.pid == self.process.pid) or f"{self.folder / self.name} " in f"{line} ":
                found += [process, *process.children(recursive=True)]
        return list(dict.fromkeys(found))

    def send(self, what: signal.Signals) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(what)

    def kill(self) -> None:
        """As a power cut of its machine would."""
        self.send(signal.SIGKILL)
        if self.process:
            self.process.wait()


@dataclass
class Nodes:
    """All of them."""

    nodes: list[Node]

    def leader(self, seconds: float = 120, *, other_than: Node | None = None) -> Node:
        """Wait for a leader."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node is not other_than and node.leads():
                    return node
            time.sleep(0.1)
        raise TimeoutError(f"no leader after {seconds:.0f} s: see {self.nodes[0].folder}")

    def wait_for_standbys(self, number: int, seconds: float = 120) -> None:
        """Wait until so many standbys stream from the leader, and one of them is the synchronous one."""
        leader, deadline = self.leader(), time.monotonic() + seconds
        while time.monotonic() < deadline:
            enough = self.standbys(leader, "state = 'streaming'") >= number
            if enough and any(node.follows() for node in self.nodes):
                return
            time.sleep(0.2)
        raise TimeoutError(f"no {number} standbys after {seconds:.0f} s: see {leader.folder}")

    def standbys(self, leader: Node, which: str) -> int:
        """How many standbys the leader sees, of those; 0 while it cannot be asked."""
        with suppress(psycopg.OperationalError), self.connect(leader) as superuser:
            [(number,)] = superuser.execute(
                f"select count(*) from pg_stat_replication where {which}".encode()
            ).fetchall()
            return number
        return 0

    @staticmethod
    def connect(node: Node) -> "psycopg.Connection[tuple[int, ...]]":
        """As the superuser."""
        return psycopg.connect(
            host=LOCAL, port=node.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True,
            connect_timeout=5,
        )  # fmt: skip


@contextmanager
def running_nodes(folder: Path) -> Iterator[Nodes]:
    """Start everything in `folder`; ends with everything ended."""
    for program in ("etcd", "patroni", "setpriv"):
        require(program)
    shutil.copy(CONFIGURATION, folder / "patroni.yml")
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    peers, clients = [free_port() for _ in NODES], [free_port() for _ in NODES]
    cluster = ",".join(f"{name}=http://{LOCAL}:{port}" for name, port in zip(NODES, peers, strict=True))
    processes: list[subprocess.Popen[bytes]] = []
    nodes = Nodes([Node(name, folder, ",".join(f"{LOCAL}:{port}" for port in clients)) for name in NODES])
    try:
        for name, peer, client in zip(NODES, peers, clients, strict=True):
            command = [
                *_as_postgres(), "etcd", "--name", name, "--data-dir", str(folder / f"{name}.etcd"),
                "--listen-peer-urls", f"http://{LOCAL}:{peer}", "--initial-advertise-peer-urls", f"http://{LOCAL}:{peer}",
                "--listen-client-urls", f"http://{LOCAL}:{client}", "--advertise-client-urls", f"http://{LOCAL}:{client}",
                "--initial-cluster", cluster, "--initial-cluster-state", "new",
            ]  # fmt: skip
            with (folder / f"{name}.etcd.log").open("ab") as log:
                processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=folder))
        for node in nodes.nodes:
            node.start()
        nodes.wait_for_standbys(2)
        yield nodes
    finally:
        for node in nodes.nodes:
            node.kill()
        for process in processes:
            process.kill()
            process.wait()
