"""What Werda is made of is known, pinned, and asked about: audit, list of ignored vulnerabilities, SBOM."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from parts import audit, sbom

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 26)
HOLE = {"id": "GHSA-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}


def report(*holes: object) -> dict[str, object]:
    return {"dependencies": [{"name": "a", "version": "1.0", "vulns": list(holes)}]}


def test_whatever_is_ignored_has_a_reason_and_an_end_within_a_year() -> None:
    for entry in audit.ignored((ROOT / "parts/ignored.toml").read_text(encoding="utf-8")):
        assert len(entry.reason) > 20, entry
        assert date.today() <= entry.until <= date.today() + timedelta(days=366), entry


def test_an_entry_without_a_reason_or_an_end_is_refused() -> None:
    with pytest.raises(TypeError, match="reason"):
        audit.ignored('[[ignored]]\nid = "GHSA-1"\npackage = "a"\nuntil = 2027-01-01')
    with pytest.raises(TypeError, match="until"):
        audit.ignored('[[ignored]]\nid = "GHSA-1"\npackage = "a"\nreason = "not reachable"')


def test_a_vulnerability_fails_and_one_that_is_ignored_passes_until_its_end() -> None:
    passing = [audit.Ignored("CVE-2026-1", "a", "not reachable from here", TODAY)]
    assert audit.verdict(report(HOLE), [], TODAY)[0] == 1
    assert audit.verdict(report(HOLE), passing, TODAY)[0] == 0
    assert audit.verdict(report(HOLE), passing, TODAY + timedelta(days=1))[0] == 1
    assert audit.verdict(report(), [], TODAY)[0] == 0


@pytest.mark.parametrize("nothing", [None, {"dependencies": [{"name": "a", "skip_reason": "not found"}]}])
def test_without_an_advisory_database_it_says_so_and_passes(nothing: object) -> None:
    code, lines = audit.verdict(nothing, [], TODAY)
    assert code == 0
    assert "NOT DONE" in lines[0]


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in audit.REQUIREMENTS:
        entries = re.findall(r"^[a-z0-9].*?(?=^\S|\Z)", (ROOT / name).read_text(encoding="utf-8"), re.M | re.S)
        assert len(entries) > 20
        for entry in entries:
            assert re.match(r"[a-zA-Z0-9_.\[\]-]+==\S+", entry), entry[:60]
            assert "--hash=sha256:" in entry, entry[:60]


def test_ci_asks_for_vulnerabilities() -> None:
    assert "make audit" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_sbom_is_valid_whole_and_the_same_each_time() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = sbom.sbom()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert sbom.sbom() == text
    document = json.loads(text)
    named = {component["name"] for component in document["components"]}
    assert {"django", "tink", "postgresql", "Atkinson Hyperlegible Next"} <= named
    assert all(component.get("version") for component in document["components"])
    assert "timestamp" not in document["metadata"]
