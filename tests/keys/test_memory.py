"""Memory that held a key is never written to a disk, and a key in the environment does not stay there (B5)."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.database import TestDatabase
from tests.gates import running_gate
from werda.keys import ring
from werda.keys.ring import BadKeyRing, RingName

_LOAD = "from pathlib import Path; from werda.keys import ring; ring.load(Path({folder!r}), ring.RingName.CUSTODY);"


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a process that may leave cores, as far as the system lets it."""

    def allow_cores() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=allow_cores,
    )  # fmt: skip


def test_a_process_that_loaded_a_ring_leaves_no_core(tmp_path: Path) -> None:
    """B5: no limit, no dump, whatever the system's handler of cores is."""
    ring.create(tmp_path / "keys", RingName.CUSTODY)
    code = _LOAD.format(folder=str(tmp_path / "keys")) + (
        "import os, ctypes; print(open('/proc/self/limits').read());"
        "print('dumpable', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True); os.abort()"
    )
    died = python(code, tmp_path)
    assert died.returncode == -signal.SIGABRT
    [limit] = [line for line in died.stdout.splitlines() if line.startswith("Max core file size")]
    assert limit.split()[4:6] == ["0", "0"]
    assert "dumpable 0" in died.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]


def test_a_running_gate_cannot_be_dumped_and_can_be_watched(database: TestDatabase, tmp_path: Path) -> None:
    """B5: its memory is root's; that it lives, its threads and its children still show."""
    with running_gate(database, tmp_path / "gate.log") as gate:
        process = psutil.Process(gate.process.pid)
        assert process.is_running()
        assert process.children() == []
        assert process.num_threads() > 0
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        [limit] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert limit.split()[4:6] == ["0", "0"]
        gate.process.send_signal(signal.SIGABRT)
        gate.process.wait(20)
        assert not list(tmp_path.glob("core*"))


def test_a_ring_in_the_environment_is_taken_out_of_it(tmp_path: Path) -> None:
    """B5: neither a child nor the kernel's copy of the environment shows it, and the ring works."""
    text = ring.fresh(RingName.CUSTODY).reveal()
    code = _LOAD.format(folder=str(tmp_path)) + (
        "import os, subprocess, sys; print('WERDA_CUSTODY_KEYRING' in os.environ);"
        "print(os.access('/proc/self/environ', os.R_OK) and 'primaryKeyId' in open('/proc/self/environ').read());"
        "print('primaryKeyId' in subprocess.run(['env'], capture_output=True, text=True).stdout)"
    )
    done = python(code, tmp_path, WERDA_CUSTODY_KEYRING=text)
    assert done.stdout.split() == ["False", "False", "False"], done.stderr


def test_a_child_gets_the_rings_it_needs_and_no_other(tmp_path: Path) -> None:
    """B5: `werda serve` hands each part its own; a part forgets what it must not have."""
    code = (
        "from werda.keys.environment import handed_on, keep_only, taken; from werda.server.serve import _RINGS;"
        "print(sorted(handed_on(*_RINGS['gate'])), sorted(handed_on(*_RINGS['pages'])));"
        "keep_only('verifier'); print(sorted(taken()))"
    )
    rings = {f"WERDA_{name.upper()}_KEYRING": "x" for name in RingName}
    done = python(code, tmp_path, **rings)
    assert done.stdout.split("\n")[:2] == [
        "['WERDA_VERIFIER_KEYRING'] ['WERDA_SECOND_FACTOR_KEYRING']",
        "['WERDA_VERIFIER_KEYRING']",
    ], done.stderr


def test_a_folder_that_others_may_read_or_write_is_refused(tmp_path: Path) -> None:
    """B5: who may write there puts another ring in its place."""
    ring.create(tmp_path / "keys", RingName.CUSTODY)
    for mode in (0o750, 0o730, 0o701):
        (tmp_path / "keys").chmod(mode)
        with pytest.raises(BadKeyRing, match=f"run `chmod 700 {tmp_path}/keys`"):
            ring.load(tmp_path / "keys", RingName.CUSTODY)


def test_a_ring_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.create(tmp_path / "keys", RingName.CUSTODY)
    os.chown(tmp_path / "keys" / "custody.json", 4711, -1) if os.geteuid() == 0 else monkeypatch.setattr(
        os, "geteuid", lambda: 4711
    )
    with pytest.raises(BadKeyRing, match="belongs to another user; run `chown"):
        ring.load(tmp_path / "keys", RingName.CUSTODY)
