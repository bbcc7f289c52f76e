"""`werda demo` as a process: up quickly, as it was before, and leaving nothing behind (issue, item 8)."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.journeys import demo_process
from tests.journeys.demo_process import Demo


def test_demo_starts_again_with_what_it_had_and_leaves_nothing_running() -> None:
    with TemporaryDirectory(prefix="werda-demo-") as folder:
        first = demo_process.start(Path(folder))
        before, family = first.everybody(), first.family()
        assert len(before["customers"]) == 1000
        first.process.send_signal(signal.SIGINT)  # Ctrl-C
        assert first.process.wait(timeout=demo_process.GONE_WITHIN) == 0
        assert demo_process.all_gone(family)
        assert not any(demo_process.is_open(port) for port in first.ports)

        again = demo_process.start(Path(folder))
        assert again.seconds < 30
        assert again.everybody()["customers"] == before["customers"]
        assert again.everybody()["api_key"] == before["api_key"]
        family = again.family()
        again.process.kill()
        again.process.wait()
        assert demo_process.all_gone(family)
        assert not any(demo_process.is_open(port) for port in again.ports)


def test_demo_that_was_killed_while_it_was_founded_goes_on() -> None:
    with TemporaryDirectory(prefix="werda-demo-") as folder:
        killed = demo_process.start(Path(folder), until="Bringing in nordfunk-sims.csv")
        family = killed.family()
        killed.process.kill()
        killed.process.wait()
        assert demo_process.all_gone(family)
        with demo_process.running(Path(folder)) as demo:
            customers = demo.everybody()["customers"]
            assert len(customers) == 1000
            assert sum(len(customer["puks"]) for customer in customers) > 1000
            assert list(Path(folder).glob("*.csv")) == []


def test_demo_says_which_port_is_taken(demo: Demo) -> None:
    environment = {**os.environ, "WERDA_HOME": str(demo.home), "WERDA_PAGES_PORT": str(demo.pages_port)}
    command = [sys.executable, "-m", "werda", "demo"]
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 2
    assert f"port {demo.pages_port} cannot be used" in second.stderr
    assert "WERDA_PAGES_PORT" in second.stderr
    assert demo_process.is_open(demo.pages_port)


def test_demo_prints_where_to_look_and_a_key_that_verifies(demo: Demo) -> None:
    maren = demo.customer("Maren Muster")
    key = (demo.home / "keys" / "demo-api-key").read_text()
    assert f"{demo.pages}/" in demo.log
    assert key in demo.log
    assert key == demo.everybody()["api_key"]
    answer = demo.ask(
        "POST",
        f"http://127.0.0.1:{demo.gate_port}/v1/verifications",
        headers={"Authorization": f"Bearer {key}"},
        json={"brand": maren["brand"], "line": maren["lines"][0]["msisdn"], "digits": maren["code"], "call_id": "a-1"},
    )
    assert answer.json()["result"] == "verified"


def test_demo_keeps_its_secrets_from_other_users(demo: Demo) -> None:
    for file in (demo.home / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert list(demo.home.glob("*.csv")) == []  # the files with codes and PUKs in the clear are gone
    assert stat.S_IMODE(demo.home.stat().st_mode) & 0o077 == 0


def test_phone_takes_no_call_without_a_form_token(demo: Demo) -> None:
    answer = demo.ask("POST", f"{demo.pages}/phone/calls", data={"calling": "", "trunk": "carrier"})
    assert answer.status_code == 403
