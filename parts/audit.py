"""Ask for known vulnerabilities of everything that is pinned: `make audit`, a step of CI.

pip-audit asks the package index's advisory database. A machine that cannot reach one is told so, and CI goes on; a
vulnerability that was found ends with 1. parts/ignored.toml names what may pass, with a reason and an end.
"""

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
AWAY = re.compile(r"ConnectionError|ConnectTimeout|Max retries|timed out|ServiceError|connection", re.IGNORECASE)


@dataclass(frozen=True)
class Ignored:
    """A vulnerability that may pass until a day."""

    id: str
    package: str
    reason: str
    until: date


def ignored(text: str) -> list[Ignored]:
    """The entries of an ignored.toml. Raises `TypeError` for one that lacks something."""
    return [Ignored(**entry) for entry in tomllib.loads(text)["ignored"]]


def verdict(report: Any, may_pass: list[Ignored], today: date) -> tuple[int, list[str]]:
    """Exit code and lines of a pip-audit report in JSON; None: there was no database."""
    if report is None:
        return 0, ["audit: NOT DONE, no advisory database can be reached from here; run it where one can"]
    living = {entry.id for entry in may_pass if entry.until >= today}
    lines, found, asked = [], 0, 0
    for package in report["dependencies"]:
        asked += "skip_reason" not in package
        for hole in package.get("vulns", []):
            names = {hole["id"], *hole.get("aliases", [])}
            passes = bool(names & living)
            found += not passes
            mended = ", ".join(hole.get("fix_versions", [])) or "no release yet"
            state = "ignored" if passes else "VULNERABLE"
            lines.append(f"{state}: {package['name']} {package.get('version', '')}: {hole['id']}, mended in {mended}")
    total = len(report["dependencies"])
    if not asked:
        return 0, [f"audit: NOT DONE, the index reached from here knows advisories of none of {total} packages"]
    if asked < total:
        lines.append(f"audit: {total - asked} of {total} packages are unknown to the advisory database")
    return (1 if found else 0), [*lines, f"audit: {asked} packages asked, {found} vulnerabilities"]


def ask(file: str) -> Any:
    """pip-audit's report, or None when it reached no database. Ends the program when it failed otherwise."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "15", "-f", "json"]
    command = [sys.executable, "-m", "pip_audit", "-r", str(ROOT / file), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1][:200]
        if AWAY.search(done.stderr):
            return None
        sys.exit(f"audit: pip-audit failed: {last}")


def main() -> int:
    """Ask, and say what was found; 1 when anything was."""
    may_pass = ignored((ROOT / "parts/ignored.toml").read_text(encoding="utf-8"))
    worst = 0
    for file in REQUIREMENTS:
        code, lines = verdict(ask(file), may_pass, date.today())
        print("\n".join([file, *lines]))
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())
