"""Bring the parts that are not Python: `make parts`.

Debian packages come by apt (as root); the Asterisk tree is built once by debootstrap into a cache folder outside the
checkout (`WERDA_PARTS`, default ~/.cache/werda-parts) and built anew only when its recipe changes. Nothing is started,
and nothing is left running. `python parts/bring.py asterisk` brings one part only.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("WERDA_PARTS") or Path.home() / ".cache" / "werda-parts")
APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600"]

PACKAGES = {
    "chromium": "chromium",  # the browser of the page tests
    "fonts": "fonts-dejavu-core",  # so that a screenshot shows letters on a machine without any
    "sipp": "sip-tester",  # load on a real Asterisk
    "poppler": "poppler-utils",  # reads papers back and takes pictures of them
    "debootstrap": "debootstrap",  # builds the Asterisk tree
    "postgresql": "postgresql",  # a server of the distribution beside the embedded one (15 on Debian 12)
}

DRILL_PACKAGES = ("patroni", "etcd-server")
"""Three database nodes that fail over, for `make drill` only: `python parts/bring.py failover`."""

# Debian 12 and 13 carry no Asterisk, sid does. Tests run it straight from its folder, with that folder's own loader.
ASTERISK_SUITE = "sid"
ASTERISK_PACKAGES = "asterisk,asterisk-modules,asterisk-prompt-de"


class PartError(Exception):
    """A part that cannot be brought; the message says what to do."""


def main(wanted: list[str]) -> int:
    """Bring all parts or the `wanted` ones; the exit code is 1 when one could not be brought."""
    daily: dict[str, Callable[[], str]] = {"packages": bring_packages, "asterisk": bring_asterisk}
    parts = {**daily, "failover": bring_failover}
    failed = False
    for name in wanted or list(daily):
        started = time.monotonic()
        try:
            done = parts[name]()
        except PartError as problem:
            failed, done = True, f"MISSING: {problem}"
        print(f"{name:<10} {time.monotonic() - started:6.1f} s  {done}", flush=True)
    return 1 if failed else 0


def bring_packages() -> str:
    """Install the Debian packages that are not there yet."""
    wanted = [package for package in PACKAGES.values() if not installed(package)]
    if not wanted:
        return "all installed"
    as_root(f"apt-get install {' '.join(wanted)}")
    clusters = postgresql_clusters()
    run([*APT, "update"])
    run([*APT, "install", "--no-install-recommends", *wanted])
    for version, cluster in postgresql_clusters() - clusters:  # Debian starts a server; the tests start their own
        run(["pg_dropcluster", "--stop", version, cluster])
    return "installed " + ", ".join(wanted)


def bring_failover() -> str:
    """Install Patroni and etcd; services that Debian starts are stopped, the drill starts its own."""
    wanted = [package for package in DRILL_PACKAGES if not installed(package)]
    if not wanted:
        return "all installed"
    as_root(f"apt-get install {' '.join(wanted)}")
    run([*APT, "update"])
    run([*APT, "install", "--no-install-recommends", *wanted])
    if Path("/run/systemd/system").exists():
        run(["systemctl", "disable", "--now", "etcd", "patroni"])
    return "installed " + ", ".join(wanted)


def bring_asterisk() -> str:
    """Build the Asterisk tree, or say that it is there."""
    tree, marker = CACHE / "asterisk", CACHE / "asterisk.built-from"
    recipe = asterisk_recipe()
    if marker.is_file() and marker.read_text() == recipe and (tree / "usr/sbin/asterisk").exists():
        return f"built before, in {tree}"
    as_root("python parts/bring.py asterisk")
    if not installed("debootstrap"):
        run([*APT, "update"])
        run([*APT, "install", "--no-install-recommends", "debootstrap"])
    marker.unlink(missing_ok=True)
    building = CACHE / "asterisk.building"
    for old in (building, tree):
        shutil.rmtree(old, ignore_errors=True)
    building.mkdir(parents=True)
    run(["debootstrap", "--variant=minbase", f"--include={ASTERISK_PACKAGES}", ASTERISK_SUITE, str(building)])
    slim(building)
    building.rename(tree)
    marker.write_text(recipe)
    return f"built in {tree}"


def slim(tree: Path) -> None:
    """Drop what a test never reads; the tree is kept between runs."""
    for folder in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(tree / folder, ignore_errors=True)


def asterisk_recipe() -> str:
    """What the tree is built from: changes with this file's recipe and with the machine's architecture."""
    recipe = (ASTERISK_SUITE, ASTERISK_PACKAGES, platform.machine(), "slim 1")
    return hashlib.sha256("\n".join(recipe).encode()).hexdigest() + "\n"


def installed(package: str) -> bool:
    """Whether dpkg has the package fully installed."""
    query = ["dpkg-query", "-W", "-f=${db:Status-Status}", package]
    if shutil.which("dpkg-query") is None:
        raise PartError("this machine has no dpkg; install the parts named in parts/bring.py by hand")
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def postgresql_clusters() -> set[tuple[str, str]]:
    """Version and name of each cluster Debian knows."""
    return {(path.parent.name, path.name) for path in Path("/etc/postgresql").glob("*/*")}


def as_root(command: str) -> None:
    """Refuse clearly when the rest needs root."""
    if os.geteuid() != 0:
        raise PartError(f"run as root: {command}")


def run(command: list[str]) -> None:
    """Run a command quietly; its output is shown when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-4000:], sep="\n", file=sys.stderr)
        raise PartError(f"{' '.join(command[:3])} … failed with exit code {done.returncode}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
