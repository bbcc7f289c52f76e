"""What is said about the licence is the same everywhere."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_licence_is_apache_2_in_full_and_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"] == "Apache-2.0"
