"""Codes, PINs, PUKs and activation codes are on the paper and nowhere else (B9)."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from tests.documents import papers
from tests.documents.conftest import example
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, code_letter
from werda.documents.cover import Recipient
from werda.documents.sim_carrier import SimCarrier, sim_carrier
from werda.documents.typesetting import PaperFailed, Typesetter

BROKEN = replace(papers.LETTERHEAD, logo="<svg this is none")


def strings(thing: object, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Every text and name in an object and in what it refers to, but for what pages show."""
    if isinstance(thing, pikepdf.Object) and thing.is_indirect:
        if thing.objgen in seen:
            return
        seen.add(thing.objgen)
    match thing:
        case pikepdf.Dictionary() | pikepdf.Stream():
            for key, value in thing.items():
                yield key
                yield from strings(value, seen)
        case pikepdf.Array():
            for value in thing:
                yield from strings(value, seen)
        case pikepdf.Object():
            yield str(thing)


def test_metadata_titles_and_alternative_texts_hold_no_secret(paper: bytes) -> None:
    with pikepdf.open(BytesIO(paper)) as pdf:
        about = pdf.Root.Metadata.read_bytes().decode()
        found = " ".join([about, *strings(pdf.trailer, set())])
    assert "Nordfunk" in found
    assert not [secret for secret in papers.SECRETS if secret in found.replace(papers.CUSTOMER_NUMBER, "")]


def test_failure_tells_template_and_line_and_nothing_it_was_given(caplog: pytest.LogCaptureFixture) -> None:
    def letter() -> CodeLetter:
        return CodeLetter(replace(papers.cover("de-du"), letterhead=BROKEN), TellsCustomerCode(Secret(papers.CODE)))

    with caplog.at_level(logging.DEBUG), pytest.raises(PaperFailed, match=r"base\.typ line \d+") as failed:
        code_letter(letter())
    told = traceback.TracebackException.from_exception(failed.value, capture_locals=True)
    everything = "".join(told.format()) + repr(failed.value) + caplog.text
    assert "Maren Muster" in everything, "the frames' variables are not looked at"
    assert papers.CODE not in everything
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None


def test_failure_outside_of_any_template_tells_nothing_either() -> None:
    content = {"template": "code-letter", "title": "x", "code": Secret(papers.CODE), "odd": object()}
    with pytest.raises(PaperFailed, match="no place in a template") as failed:
        Typesetter().set([content], title="x", made_at=papers.cover("en").made_at)
    assert papers.CODE not in str(failed.value)
    assert failed.value.__context__ is None


def test_what_a_customer_is_called_is_never_an_instruction() -> None:
    from tests.documents import reading

    name = '#panic("x") *fett* $x$ \\u{41} `raw` @ref <label> // ü'
    recipient = Recipient((name, "#import", "25813 Husum"), "#{1+1}", "= Titel")
    pdf = code_letter(CodeLetter(papers.cover("de-sie", recipient), TellsCustomerCode(Secret(papers.CODE))))
    text = reading.running_text(pdf)
    assert "Guten Tag #{1+1} = Titel," in text
    for word in name.split():
        assert word in text


_WRITES_NO_FILE = """
import resource, sys
from tests.documents.papers import KINDS, paper
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # from here on, whoever writes a byte to a file fails
for kind in KINDS:
    sys.stdout.buffer.write(paper(kind, "de-du"))
"""


def test_setting_a_paper_writes_no_file() -> None:
    done = subprocess.run([sys.executable, "-B", "-c", _WRITES_NO_FILE], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"%PDF-1.7")
    assert done.stdout.count(b"%%EOF") == len(papers.KINDS)


def test_secrets_are_no_part_of_a_papers_own_text() -> None:
    carrier = SimCarrier(papers.cover("en"), (papers.CARD, papers.ESIM))
    shown = repr(carrier) + repr(papers.contract("en"))
    assert not [secret for secret in papers.SECRETS if secret in shown.replace(papers.CUSTOMER_NUMBER, "")]
    assert sim_carrier(carrier)


def test_fonts_of_the_machine_are_not_used() -> None:
    with pikepdf.open(BytesIO(example("contract"))) as pdf:
        names = {
            str(thing.BaseFont)
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary) and "/BaseFont" in thing
        }
    assert {name.partition("+")[2] for name in names} == {
        "AtkinsonHyperlegibleNext-Regular",
        "AtkinsonHyperlegibleNext-SemiBold",
    }
