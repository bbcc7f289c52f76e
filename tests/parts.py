"""Parts that are not Python (`make parts`): a test asks for one by name and is skipped, saying how to get it.

With REQUIRE_ALL=1, as in CI, a missing part fails the test instead.
"""

import os
import shutil
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("WERDA_PARTS") or Path.home() / ".cache" / "werda-parts")


def find(part: str) -> Path | None:
    """Where a part is: ``chromium``, ``sipp``, ``espeak-ng``, and poppler's ``pdftoppm``, ``pdftotext``, ``pdfinfo``
    a program, ``postgresql`` the folder of the newest server's programs, ``asterisk`` the root of its tree; None when
    this machine does not have it."""
    if part == "asterisk":
        tree = CACHE / "asterisk"
        return tree if (CACHE / "asterisk.built-from").is_file() and (tree / "usr/sbin/asterisk").exists() else None
    if part == "postgresql":
        servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda at: int(at.parts[-3]))
        return servers[-1].parent if servers else None
    program = shutil.which(part)
    return Path(program) if program else None


def require(part: str) -> Path:
    """Where a part is; without it the test is skipped, or fails when REQUIRE_ALL=1."""
    place = find(part)
    if place is not None:
        return place
    missing = f"{part} is not on this machine: make parts"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
