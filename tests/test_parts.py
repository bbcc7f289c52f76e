"""A part that is not there: a skip that says how to get it, and in CI a failure."""

from pathlib import Path

import pytest

from tests import parts


def test_missing_part_skips_the_test_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make parts"):
        parts.require("no-such-part")


def test_missing_part_fails_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="make parts"):
        parts.require("no-such-part")


def test_half_built_asterisk_is_no_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parts, "CACHE", tmp_path)
    program = tmp_path / "asterisk/usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.touch()
    assert parts.find("asterisk") is None
    (tmp_path / "asterisk.built-from").touch()
    assert parts.find("asterisk") == tmp_path / "asterisk"
