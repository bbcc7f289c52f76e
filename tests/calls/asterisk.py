"""A real Asterisk on the loopback, straight from the part's tree, with the files that deploy/asterisk ships.

It needs neither root nor installation: the tree's own loader starts it, and everything it writes lies in one folder.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from werda.gate.prompts import SOUNDS

SHIPPED = Path(__file__).parents[2] / "deploy" / "asterisk"

# What a site changes in the shipped files; each must be there, or the test would not run what is shipped.
SIP_BIND = "bind=127.0.0.1:5060"
GATE = "WERDA=127.0.0.1:4573"
LOG = "full => notice,warning,error,verbose(5)"

START_SECONDS = 30.0


@dataclass(frozen=True)
class Asterisk:
    """A running Asterisk: its SIP address and its log."""

    sip: tuple[str, int]
    log: Path

    def shown(self) -> str:
        """Everything it logged so far, at verbose 5 and debug 5."""
        return self.log.read_text("utf-8", "replace")


@dataclass(frozen=True)
class Ports:
    """Where Asterisk listens for SIP, where it finds the gate, and the range of its media."""

    sip: int
    agi: int
    rtp: tuple[int, int] = (21000, 21999)


@contextmanager
def running(tree: Path, folder: Path, ports: Ports) -> Iterator[Asterisk]:
    """Start Asterisk from its `tree`, writing into `folder` only; ends it afterwards."""
    configure(tree, folder, ports)
    log = folder / "log" / "full"
    output = folder / "output"
    with (
        output.open("wb") as written,
        subprocess.Popen(
            [*program(tree), "-f", "-C", str(folder / "etc/asterisk.conf")],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_until_ready(process, log, output)
            yield Asterisk(("127.0.0.1", ports.sip), log)
        finally:
            process.kill()


def program(tree: Path) -> list[str]:
    """The command that runs the tree's Asterisk with the tree's libraries."""
    loader = next(iter(sorted((tree / "lib64").glob("ld-linux*")) or sorted((tree / "lib").glob("ld-linux*"))))
    libraries = next((tree / "usr/lib").glob("*-linux-gnu"))
    return [str(loader), "--library-path", str(libraries), str(tree / "usr/sbin/asterisk")]


def configure(tree: Path, folder: Path, ports: Ports) -> None:
    """Lay out the shipped files with this test's ports, and the sounds where Asterisk looks for them."""
    etc, data = folder / "etc", folder / "data"
    for place in (etc, data / "sounds", folder / "log", folder / "run", folder / "spool", folder / "keys"):
        place.mkdir(parents=True)
    ship(etc / "pjsip.conf", {SIP_BIND: f"bind=127.0.0.1:{ports.sip}"})
    ship(etc / "extensions.conf", {GATE: f"WERDA=127.0.0.1:{ports.agi}"})
    ship(etc / "modules.conf", {})
    ship(etc / "logger.conf", {LOG: f"{LOG},debug"})  # more than is shipped, to see what would leak
    (etc / "rtp.conf").write_text(f"[general]\nrtpstart={ports.rtp[0]}\nrtpend={ports.rtp[1]}\n")
    for shared in (tree / "usr/share/asterisk").iterdir():
        if shared.name != "sounds":
            (data / shared.name).symlink_to(shared)
    for voice in (tree / "usr/share/asterisk/sounds").iterdir():
        (data / "sounds" / voice.name).symlink_to(voice)
    (data / "sounds" / "werda").symlink_to(SOUNDS)
    modules = next((tree / "usr/lib").glob("*-linux-gnu/asterisk/modules"))
    places = {"etc": etc, "data": data, "db": folder, "log": folder / "log", "run": folder / "run"}
    places |= {"mod": modules, "varlib": data, "spool": folder / "spool", "key": folder / "keys"}
    lines = [f"ast{name}dir => {place}" for name, place in places.items()]
    (etc / "asterisk.conf").write_text(
        "\n".join(["[directories]", *lines, "[options]", "verbose = 5", "debug = 5", ""])
    )


def ship(target: Path, changes: dict[str, str]) -> None:
    """Copy a shipped file with a site's changes; each changed text stands in it exactly once."""
    text = (SHIPPED / target.name).read_text("utf-8")
    for shipped, changed in changes.items():
        assert text.count(shipped) == 1, f"{target.name} says {shipped!r} {text.count(shipped)} times"
        text = text.replace(shipped, changed)
    target.write_text(text, "utf-8")


def wait_until_ready(process: subprocess.Popen[bytes], log: Path, output: Path) -> None:
    """Return when Asterisk takes calls; raises `RuntimeError` with what it wrote when it does not."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if log.exists() and re.search(r"Asterisk Ready|asterisk\.c: .*Ready", log.read_text("utf-8", "replace")):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Asterisk did not start:\n{output.read_text('utf-8', 'replace')[-3000:]}")
