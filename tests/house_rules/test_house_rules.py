"""The rules of the house that no linter knows, each with a proof that it sees a breach.

A rule is a function from a file's path and text to what is wrong with it; it is applied to every file that git knows
or would take.
"""

import ast
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 400

Rule = Callable[[str, str], list[str]]


@cache
def files() -> dict[str, str]:
    """The text of every file of the project by its path."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = {}
    for path in filter(None, listing.stdout.split("\0")):
        try:
            found[path] = (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a sound, a picture, or a file that was just removed
    return found


def name_says_what_it_is(path: str, _: str) -> list[str]:
    """A module named for being useful collects what belongs elsewhere."""
    vague = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
    return [f"{path}: names no concept of the house" for part in Path(path).parts if Path(part).stem in vague]


def opens_with_a_docstring(path: str, text: str) -> list[str]:
    """A module states the rule it implements; an empty package and a generated migration have none."""
    if not path.endswith(".py") or "/migrations/" in path or not text.strip():
        return []
    return [] if ast.get_docstring(ast.parse(text)) else [f"{path}: does not open with a docstring"]


def is_short_enough_to_read(path: str, text: str) -> list[str]:
    """A module that is longer holds two concepts."""
    if not path.startswith("src/") or not path.endswith((".py", ".sql")) or "/migrations/" in path:
        return []
    length = text.count("\n")
    return [f"{path}: has {length} lines, more than {LONGEST_MODULE}"] if length > LONGEST_MODULE else []


def knows_no_machine(path: str, text: str) -> list[str]:
    """No package source and no folder of a developer's machine stands in a file; both belong to the environment."""
    machine = re.compile(
        r"""(?:^|[\s"'`(=:])/(?:work|home|root|Users)/\w"""  # a folder that exists on one machine
        r"""|pypi\.org|pythonhosted\.org|npmjs\.org|deb\.debian\.org"""
        r"""|--(?:extra-)?index-url|^\s*registry\s*=\s*["']?http""",
        re.MULTILINE,
    )
    return [f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0].strip()}" for hit in machine.finditer(text)]


RULES: list[Rule] = [name_says_what_it_is, opens_with_a_docstring, is_short_enough_to_read, knows_no_machine]
THIS_FILE = Path(__file__).relative_to(ROOT).as_posix()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_keeps_its_rule(rule: Rule) -> None:
    # This file must name what it forbids.
    breaches = [breach for path, text in files().items() if path != THIS_FILE for breach in rule(path, text)]
    assert breaches == []


def test_rules_are_applied_to_the_whole_house() -> None:
    assert {"src/werda/core/policy.py", "docs/policy.md", "Makefile", "pyproject.toml"} <= files().keys()


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (name_says_what_it_is, "src/werda/core/utils.py", ""),
        (name_says_what_it_is, "src/werda/common/code.py", ""),
        (name_says_what_it_is, "tests/helpers.py", ""),
        (opens_with_a_docstring, "src/werda/core/code.py", "import re\n"),
        (opens_with_a_docstring, "tests/test_code.py", '# why\nimport re\n"""late"""\n'),
        (is_short_enough_to_read, "src/werda/core/code.py", "\n" * (LONGEST_MODULE + 1)),
        (knows_no_machine, "Makefile", "cd /work/main"),
        (knows_no_machine, "docs/a.md", "`/home/somebody/werda`"),
        (knows_no_machine, "parts/bring.py", '"https://files.pythonhosted.org/x"'),
        (knows_no_machine, ".npmrc", "registry=https://packages.example"),
        (knows_no_machine, "requirements.txt", "--index-url https://packages.example"),
    ],
)
def test_rule_sees_a_breach(rule: Rule, path: str, text: str) -> None:
    assert rule(path, text)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (name_says_what_it_is, "src/werda/core/customer_code.py", ""),
        (opens_with_a_docstring, "src/werda/core/__init__.py", ""),
        (opens_with_a_docstring, "src/werda/store/migrations/0001_initial.py", "import re\n"),
        (is_short_enough_to_read, "src/werda/core/code.py", "\n" * LONGEST_MODULE),
        (knows_no_machine, "deploy/README.md", "put it into /etc/asterisk/ and /var/lib/werda/home/x"),
    ],
)
def test_rule_lets_the_rest_be(rule: Rule, path: str, text: str) -> None:
    assert rule(path, text) == []
