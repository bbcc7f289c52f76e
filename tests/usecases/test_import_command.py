"""`werda import` as its user runs it: exit codes, output, a mapping, and a crash in the middle (issue item 3)."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import pytest

from tests.database import werda
from tests.usecases.importing_town import ImportingTown

CUSTOMERS = "customer_number;msisdn;customer_code\n"
GOOD = "K1;+4917604000001;4711\n"
BAD = "K2;+4917604000002;47x1\n"
ROWS = 60_000
EXAMPLES = Path(__file__).parents[2] / "examples" / "import"


def run(town: ImportingTown, *arguments: str) -> subprocess.CompletedProcess[str]:
    return werda("import", *arguments, "--brand", "nordfunk", environment=town.database.environment)


def test_exit_code_is_0_when_every_row_is_in(town: ImportingTown) -> None:
    done = run(town, "customers", str(town.file(CUSTOMERS + GOOD)))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 rows read, 1 changed something, 0 rejected, 0 with a warning\n"


def test_exit_code_is_1_when_rows_were_rejected_and_their_file_lies_beside(town: ImportingTown) -> None:
    file = town.file(CUSTOMERS + GOOD + BAD)
    done = run(town, "customers", str(file), "--json")
    assert done.returncode == 1
    beside = f"{file}.rejects.csv"
    report = json.loads(done.stdout)
    assert (report["rows"], report["changed"], report["rejected"], report["rejects"]) == (2, 1, 1, beside)
    assert Path(beside).read_text() == "line,column,reason\n3,customer_code,a customer code has exactly 4 digits\n"
    assert beside in done.stderr
    assert "47x1" not in done.stdout + done.stderr  # B9


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("nothing\nuseful\n", (), "lacks customer_number"),
        (CUSTOMERS, ("--as-of", "yesterday"), "--as-of is no time"),
        (CUSTOMERS, ("--as-of", "2999-01-01"), "lies in the future"),
        (CUSTOMERS, ("--brand", "südfunk"), "there is no brand südfunk; there is nordfunk"),
        (CUSTOMERS, ("--map", "missing.toml"), "missing.toml: No such file"),
    ],
)
def test_exit_code_is_2_when_nothing_can_be_done_and_the_message_says_why(
    town: ImportingTown, content: str, options: tuple[str, ...], message: str
) -> None:
    arguments = ["--brand", "nordfunk", *options]
    done = werda("import", "customers", str(town.file(content)), *arguments, environment=town.database.environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_mapping_file_names_the_vendors_columns(town: ImportingTown) -> None:
    mapping = town.file('[columns]\n"Card No." = "iccid"\n"Unblock 1" = "puk1"\n', "vendor.toml")
    file = town.file("Card No.,Ki,Unblock 1,Batch\n8949440000001672706,A0A0,12345678,7\n")
    done = run(town, "sims", str(file), "--map", str(mapping))
    assert done.returncode == 0
    assert done.stderr == "dropped unread: Ki\nignored, not known: Batch\n"
    assert town.database.rows("select iccid from sim_profile") == [("8949440000001672706",)]


def test_dry_run_says_what_would_happen(town: ImportingTown) -> None:
    done = run(town, "customers", str(town.file(CUSTOMERS + GOOD)), "--dry-run")
    assert "1 would change something" in done.stdout
    assert town.database.rows("select count(*) from customer") == [(0,)]


def test_killed_import_goes_on_where_it_was_and_loses_and_repeats_nothing(town: ImportingTown) -> None:
    rows = (f"K{n};+49176040{n:05};{'471' if n % 1000 == 0 else f'{n % 10000:04}'}\n" for n in range(1, ROWS + 1))
    file = town.file(CUSTOMERS + "".join(rows))
    command = [sys.executable, "-m", "werda", "import", "customers", str(file), "--brand", "nordfunk"]
    process = subprocess.Popen(command, env=town.database.environment, stdout=subprocess.DEVNULL)
    done = _rows_done(town)
    while done == 0:
        assert process.poll() is None, "the import ended before it could be killed"
        time.sleep(0.01)
        done = _rows_done(town)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert _rows_done(town) < ROWS

    again = run(town, "customers", str(file), "--json")
    assert again.returncode == 1
    assert "went on after line" in again.stderr
    report = json.loads(again.stdout)
    assert (report["rows"], report["changed"], report["rejected"]) == (ROWS, ROWS - 60, 60)
    assert town.database.rows("select count(*) from customer") == [(ROWS - 60,)]
    assert town.database.rows("select count(*) from sealed_secret") == [(ROWS - 60,)]
    with file.with_name(f"{file.name}.rejects.csv").open(newline="") as rejects:
        lines = [int(row["line"]) for row in csv.DictReader(rejects)]
    assert lines == [n + 1 for n in range(1000, ROWS + 1, 1000)]
    assert town.database.rows("select count(*) from event where kind = 'import:finished'") == [(1,)]


def _rows_done(town: ImportingTown) -> int:
    done = town.database.rows("select rows from import_run")
    return done[0][0] if done else 0


def test_examples_go_in_as_they_are(town: ImportingTown) -> None:
    options_toml = resources.files("werda.demo").joinpath("options/nordfunk-2026.toml").read_text(encoding="utf-8")
    assert werda("option", "activate", "-", input=options_toml, environment=town.database.environment).returncode == 0
    for kind, name, *options in (
        ("customers", "customers.csv"),
        ("sims", "sim-vendor-output.csv", "--map", str(EXAMPLES / "sim-vendor.toml")),
        ("sims", "sims-of-customers.csv"),
        ("bookings", "bookings.csv"),
    ):
        copy = town.file((EXAMPLES / name).read_bytes(), name)
        done = run(town, kind, str(copy), *options)
        assert (done.returncode, done.stdout.count(" 0 rejected, 0 with a warning")) == (0, 1), done.stderr
    assert town.database.rows("select count(*) from credential where method = 2 and customer_id >= 0") == [(3,)]


def test_two_imports_of_a_brand_take_turns(town: ImportingTown) -> None:
    rows = "".join(f"K{n};+49176040{n:05};\n" for n in range(3000))
    files = [town.file(CUSTOMERS + rows, name) for name in ("one.csv", "two.csv")]
    with ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda file: run(town, "customers", str(file), "--as-of", "2023-01-01"), files))
    assert [process.returncode for process in done] == [0, 0], [process.stderr for process in done]
    assert town.database.rows("select count(*) from customer") == [(3000,)]
