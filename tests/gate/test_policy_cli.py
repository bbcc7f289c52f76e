"""`werda policy` as a person at the terminal and a script use it."""

import json
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from werda.cli import main

SHIPPED = resources.files("werda") / "demo" / "policies"
OLD, NEW = (str(SHIPPED / f"nordfunk-{year}.toml") for year in (2022, 2023))


def werda(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["policy", *arguments], input=text)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.toml"
    path.write_text(Path(NEW).read_text(encoding="utf-8").replace("failures = 3", "failures = 5"), encoding="utf-8")
    return str(path)


def test_shipped_policies_pass_and_the_old_way_is_warned_of_on_stderr() -> None:  # A1
    result = werda("check", OLD, NEW)
    assert result.exit_code == 0
    assert "nordfunk-2022.toml: warning: legacy" in result.stderr
    assert "2023-02-16 00:00:00 Europe/Berlin" in result.stderr
    assert "warning" not in result.stdout
    assert result.stdout.count(": ok, nordfunk version") == 2


def test_problem_is_told_with_file_line_and_key(broken: str) -> None:
    result = werda("check", broken)
    assert result.exit_code == 1
    assert result.stdout == f"{broken}:38: budget.failures: is 5; write a whole number from 1 to 3 (C1)\n"


def test_check_reads_standard_input() -> None:
    assert werda("check", "-", text=Path(NEW).read_text(encoding="utf-8")).exit_code == 0
    assert werda("check", "-", text="brand = 1").exit_code == 1


def test_check_tells_scripts_the_same_as_json(broken: str) -> None:
    result = werda("check", "--json", OLD, broken)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    assert [file["ok"] for file in report["files"]] == [True, False]
    assert report["files"][0]["effective_from"] == "2022-01-01T00:00:00+01:00"
    assert "legacy" in report["files"][0]["warnings"][0]
    assert report["files"][1]["problems"][0]["key"] == "budget.failures"
    assert report["files"][1]["problems"][0]["line"] == 38


def test_two_versions_with_one_beginning_are_a_problem(tmp_path: Path) -> None:
    twin = tmp_path / "twin.toml"
    twin.write_text(Path(NEW).read_text(encoding="utf-8").replace('"2023"', '"twin"'), encoding="utf-8")
    result = werda("check", NEW, str(twin))
    assert result.exit_code == 1
    assert "versions 2023 and twin have the same effective_from" in result.stdout


def test_file_that_is_not_utf_8_is_a_problem(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'brand = "x"\nversion = "f\xfcr"\n')
    result = werda("check", str(latin))
    assert result.exit_code == 1
    assert f"{latin}:2: is not UTF-8" in result.stdout


def test_file_that_is_not_there_is_wrong_use() -> None:
    assert werda("check", "nowhere.toml").exit_code == 2
    assert werda("check").exit_code == 2


@pytest.mark.parametrize(
    ("at", "version", "legacy"),
    [("2023-02-15T23:59:59", "2022", True), ("2023-02-16T00:00:00", "2023", False)],
)
def test_show_tells_which_version_is_in_force_to_the_second(at: str, version: str, legacy: bool) -> None:  # S2
    result = werda("show", OLD, NEW, "--at", at)
    assert result.exit_code == 0
    assert f"version {version}, in force since" in result.stdout
    assert ("legacy: level 1 by agent" in result.stdout) is legacy


def test_show_tells_scripts_the_same_as_json() -> None:
    report = json.loads(werda("show", OLD, NEW, "--json", "--at", "2023-02-15T12:00:00").stdout)
    assert report["version"] == "2022"
    assert report["accepts"]["legacy"] == {"agent": 1}
    assert report["announced"] == "2023-02-16"
    assert report["next"] == {"version": "2023", "effective_from": "2023-02-16T00:00:00+01:00"}


def test_show_takes_a_time_with_an_offset() -> None:
    assert "version 2022, in force" in werda("show", OLD, NEW, "--at", "2023-02-15T22:59:59Z").stdout
    assert "version 2023, in force" in werda("show", OLD, NEW, "--at", "2023-02-15T23:00:00Z").stdout


def test_show_without_a_time_tells_what_is_in_force_now() -> None:
    assert "version 2023, in force" in werda("show", OLD, NEW).stdout


@pytest.mark.parametrize("at", ["tomorrow", "2023-03-26T02:30:00", "2023-10-29T02:30:00", "0001-01-01T00:00:00"])
def test_time_that_is_no_moment_is_wrong_use(at: str) -> None:
    assert werda("show", NEW, "--at", at).exit_code == 2


def test_show_before_the_first_version_says_when_it_begins() -> None:
    result = werda("show", NEW, "--at", "2023-01-01T00:00:00")
    assert result.exit_code == 1
    assert "the first begins 2023-02-16 00:00:00 Europe/Berlin" in result.stderr


def test_show_sends_a_broken_document_to_check(broken: str) -> None:
    result = werda("show", broken)
    assert result.exit_code == 1
    assert f"werda policy check {broken}" in result.stderr


def test_output_carries_no_colour() -> None:
    assert "\x1b" not in CliRunner().invoke(main, ["policy", "show", OLD, NEW], color=True).output
