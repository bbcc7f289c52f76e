"""Keys rotate under a running hotline: gate, pages, sign-up, intake and worker follow, and nobody is restarted (B5)."""

import json
import os
import subprocess
import sys
import time
from typing import Any

from tests.journeys.demo_process import Demo


def keys(demo: Demo, *arguments: str) -> str:
    """A command of the operator beside the running demo."""
    environment = {**os.environ, "WERDA_HOME": str(demo.home)}
    command = [sys.executable, "-m", "werda", "keys", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown(demo: Demo, ring: str) -> dict[str, dict[str, int]]:
    """How many rows lie under the ring's keys, by their state."""
    answer: dict[str, Any] = json.loads(keys(demo, "show", "--json"))
    return {key["state"]: key["rows"] for key in answer[ring]["keys"]}


def verified(demo: Demo, call: str) -> bool:
    """Whether the gate lets a customer of the demo in with their code."""
    maren = demo.customer("Maren Muster")
    key = (demo.home / "keys" / "demo-api-key").read_text()
    body = {"brand": maren["brand"], "line": maren["lines"][0]["msisdn"], "digits": maren["code"], "call_id": call}
    answer = demo.ask(
        "POST",
        f"http://127.0.0.1:{demo.gate_port}/v1/verifications",
        json=body,
        headers={"Authorization": f"Bearer {key}"},
    )
    return bool(answer.json().get("result") == "verified")


def parts(demo: Demo) -> set[int]:
    """The processes of gate, pages, sign-up, intake and worker."""
    return {process.pid for process in demo.family() if "--only" in process.cmdline()}


def test_keys_rotate_under_a_running_hotline(demo: Demo) -> None:
    """B5: every process says what it holds and follows; the worker makes codes and PUKs anew by itself."""
    before = parts(demo)
    assert verified(demo, "before")
    assert keys(demo, "rotate", "all").count("is the primary one now") == 4
    assert verified(demo, "promoted")
    patience = time.monotonic() + 30
    while set(shown(demo, "custody")["former"]) or "customer codes" in shown(demo, "mac")["former"]:
        assert time.monotonic() < patience, "the worker does not rewrap"
        time.sleep(0.2)
    keys(demo, "rewrap")
    assert verified(demo, "rewrapped")
    assert "is retired" in keys(demo, "retire", "custody")
    assert "is retired" in keys(demo, "retire", "second-factor")
    assert verified(demo, "retired")
    assert parts(demo) == before
