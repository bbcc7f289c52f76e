"""Whatever is fed to a parser, it gives a value or a documented error, soon, and quotes nothing of it (B9).

A run of the suite tries a few texts, the same ones each time; ``WERDA_FUZZ=20000`` in `make drill` tries so many new
ones.
"""

import ast
import os
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import ELSEWHERE, MARK, NO_PARSERS, PARSERS, Parser

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "werda"
LONG = int(os.environ.get("WERDA_FUZZ", "0"))
NAMES = ("parse", "read_", "from_environment", "normalise", "load", "keyed")
SLOWEST = 1.0  # seconds for one text, on a busy machine

profile = settings(
    max_examples=LONG or 15,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_a_parser_gives_a_value_or_its_own_error_and_quotes_nothing(parser: Parser) -> None:
    @given(fed=parser.feed)
    @profile
    def feed(fed: object) -> None:
        begun = time.process_time()
        said = ""
        try:
            value = parser.parse(fed)
        except parser.errors as error:
            said = f"{error!r} {error} {error.__cause__!r}"
        else:
            if type(value).__name__ in ("Malformed", "Problem", "list"):
                said = repr(value)
        assert time.process_time() - begun < SLOWEST
        assert MARK not in said

    feed()


@pytest.mark.parametrize("parser", [p for p in PARSERS if "document" in p.name], ids=lambda parser: parser.name)
def test_a_long_document_takes_memory_in_proportion(parser: Parser) -> None:
    text = "\n".join(f'key{n} = "{"x" * 80}"' for n in range(5_000))
    tracemalloc.start()
    try:
        parser.parse(text)
        assert tracemalloc.get_traced_memory()[1] < 60 * len(text)
    finally:
        tracemalloc.stop()


def modules_with_parsers() -> set[str]:
    """Modules that define something named like a parser of what comes from elsewhere."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        room = file.relative_to(SOURCE).parts[0]
        if room in ("demo", "cli", "store") and file.name != "roles.py":
            continue  # the demo's own data, arguments that click reads, and rows of the database
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(NAMES):
                found.add(file.relative_to(SOURCE).with_suffix("").as_posix().replace("/", "."))
    return found


def test_every_parser_is_fuzzed() -> None:
    """A new module with a parser is named in parsers.py, with its fuzz or the reason why it needs none."""
    fuzzed = {parser.name.split(" ")[0] for parser in PARSERS}
    assert modules_with_parsers() - fuzzed - ELSEWHERE.keys() - NO_PARSERS.keys() == set()


def test_the_fuzz_that_stands_elsewhere_is_there() -> None:
    for module, file in ELSEWHERE.items():
        assert (SOURCE / f"{module.replace('.', '/')}.py").exists(), module
        assert "@given" in (ROOT / file).read_text(encoding="utf-8"), file


@given(words=st.lists(st.text(max_size=30).filter(lambda t: "\0" not in t) | st.just(MARK), max_size=5))
@example(words=["import", "customers", "/nowhere", "--brand", MARK])
@profile
def test_the_command_line_ends_in_order_whatever_is_typed(words: list[str]) -> None:
    """click reads arguments; nothing of ours sees them before their form is right."""
    from click.testing import CliRunner

    from werda.cli import main

    words = [word for word in words if word not in ("serve", "demo")]
    done = CliRunner().invoke(main, ["--help", *words])
    assert done.exit_code in (0, 1, 2)
    assert done.exception is None or isinstance(done.exception, SystemExit)
