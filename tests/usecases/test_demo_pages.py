"""The demo's pages show secrets, so they exist in the demo and nowhere else (issue, item 8)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RESOLVE = """
import sys
import django
django.setup()
from django.apps import apps
from django.urls import Resolver404, resolve
assert apps.is_installed("werda.desk")
for address in sys.argv[1:]:
    try:
        print(resolve(address).view_name)
    except Resolver404:
        print("nothing")
"""
ADDRESSES = ["/phone", "/phone/calls", "/demo/customers.json", "/demo/sign-in"]


def pages(home: Path, demo: str) -> list[str]:
    """What answers under the demo's addresses in a process of the pages."""
    settings = {"DJANGO_SETTINGS_MODULE": "werda.server.django_settings", "WERDA_HOME": str(home), "WERDA_DEMO": demo}
    asked = subprocess.run(
        [sys.executable, "-c", RESOLVE, *ADDRESSES],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return asked.stdout.split()


@pytest.mark.parametrize("demo", ["", "0", "yes"])
def test_outside_the_demo_there_are_no_demo_pages(tmp_path: Path, demo: str) -> None:
    assert pages(tmp_path, demo) == ["nothing"] * len(ADDRESSES)


def test_in_the_demo_there_are(tmp_path: Path) -> None:
    assert pages(tmp_path, "1") == ["demo:phone", "demo:dial", "demo:customers", "demo:sign_in"]
