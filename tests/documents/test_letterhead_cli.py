"""`werda letterhead` as a person at the terminal uses it."""

from pathlib import Path

from click.testing import CliRunner, Result

from tests.documents.papers import KINDS
from werda.cli import main

EXAMPLE = str(Path(__file__).parents[2] / "examples/documents/letterhead.toml")


def werda(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["letterhead", "check", *arguments])


def test_letterhead_of_the_documentation_is_fine() -> None:
    result = werda(EXAMPLE)
    assert result.exit_code == 0
    assert result.stdout == f"{EXAMPLE}: ok, Nordfunk\n"


def test_problem_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "letterhead.toml"
    file.write_text(Path(EXAMPLE).read_text("utf-8").replace("#0b4f8a", "blue"), encoding="utf-8")
    result = werda(str(file))
    assert result.exit_code == 1
    assert result.stdout == f'{file}:10: accent: does not look like one; write accent = "#0b4f8a"\n'


def test_specimens_are_put_into_a_folder(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0,0h9v9z"/></svg>')
    result = werda(EXAMPLE, "--logo", str(logo), "--specimens", str(tmp_path / "look"), "--catalogue", "en")
    assert result.exit_code == 0
    files = [tmp_path / "look" / f"{kind}-en.pdf" for kind in KINDS]
    assert result.stdout.splitlines() == [str(file) for file in files]
    assert all(file.read_bytes().startswith(b"%PDF-1.7") for file in files)


def test_logo_that_is_no_drawing_is_told(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text("no drawing")
    result = werda(EXAMPLE, "--logo", str(logo), "--specimens", str(tmp_path / "look"))
    assert result.exit_code == 1
    assert "contract: the paper could not be set (base.typ line" in result.stdout
    assert "Without --logo" in result.stderr


def test_file_that_is_not_utf_8_is_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "letterhead.toml"
    file.write_bytes(b'name = "N\xf6rdfunk"')
    result = werda(str(file))
    assert result.exit_code == 2
    assert "is not UTF-8" in result.stderr
