"""The threat model is shown, not claimed: each row names tests that are there, and says why where it is open."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\|(?!---)(.+)\|$", re.MULTILINE)


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the section on threats, headings left out."""
    threats = text.partition("\n## Threats")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(threats)]
    return [row for row in cells if row[0] != "threat"]


def faults(row: list[str], tests: set[str]) -> list[str]:
    """What is wrong with a row."""
    if len(row) != 3:
        return [f"{row[0]}: has {len(row)} cells"]
    threat, stops, shown = row
    named = re.findall(r"`([^`]+)`", shown)
    wrong = [f"{threat}: {name} is no test" for name in named if name not in tests and not (ROOT / name).is_file()]
    is_open = re.search(r"\bopen\b", f"{stops} {shown}")
    if is_open and "because" not in stops:
        wrong.append(f"{threat}: is open and does not say why")
    if not named and not is_open:
        wrong.append(f"{threat}: names no test")
    return wrong


def all_tests() -> set[str]:
    """The names of all tests."""
    found = subprocess.run(
        ["git", "grep", "-hoE", "--untracked", r"def test_\w+", "--", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.removeprefix("def ") for line in found.stdout.splitlines()}


def test_every_threat_names_what_shows_that_it_is_stopped() -> None:
    tests = all_tests()
    model = rows((ROOT / "docs/threat-model.md").read_text(encoding="utf-8"))
    assert len(model) > 40
    assert [fault for row in model for fault in faults(row, tests)] == []


@pytest.mark.parametrize(
    "row",
    [
        ["a threat", "something", "`test_that_nobody_wrote`"],
        ["a threat", "something", "`tests/no/such_file.py`"],
        ["a threat", "something", ""],
        ["a threat", "open", ""],
        ["a threat", "something"],
    ],
)
def test_a_row_that_shows_nothing_is_seen(row: list[str]) -> None:
    assert faults(row, {"test_of_somebody"})


def test_every_process_of_the_architecture_has_a_section_or_row() -> None:
    """STRIDE over the picture of docs/architecture.md: each process and edge is named in the model."""
    model = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").lower()
    for edge in (
        "fastagi",
        "unix socket",
        "http",
        "desk",
        "sign-up",
        "intake",
        "outbox",
        "worker",
        "demo",
        "command line",
    ):
        assert edge in model, edge
    for place in ("database", "backup", "files", "logs", "papers"):
        assert place in model, place
