"""Every paper is accessible (PDF/UA-1) and can be archived (PDF/A-2a); each rule is proved to see a breach (S6)."""

import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest

from tests.documents import conformance
from tests.documents.conftest import example


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def test_paper_keeps_pdf_ua_and_pdf_a(paper: bytes) -> None:
    with opened(paper) as pdf:
        assert {rule.__name__: faults for rule in conformance.ACCESSIBLE if (faults := rule(pdf))} == {}
        assert pdf.check_pdf_syntax() == []


def first(pdf: pikepdf.Pdf, kind: str) -> pikepdf.Object:
    """The first element of that kind."""
    return next(element for element in conformance._elements(pdf) if kind == element.S)


def replace_metadata(pdf: pikepdf.Pdf, old: bytes, new: bytes) -> None:
    pdf.Root.Metadata.write(pdf.Root.Metadata.read_bytes().replace(old, new))


def compress_metadata(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata.write(zlib.compress(pdf.Root.Metadata.read_bytes()), filter=pikepdf.Name.FlateDecode)


def show_something_untagged(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 10 10 re f")


def forget_the_first_paragraph(pdf: pikepdf.Pdf) -> None:
    document = first(pdf, "/Document")
    document.K = pikepdf.Array(list(document.K)[1:])


def own_a_paragraph_twice(pdf: pikepdf.Pdf) -> None:
    document = first(pdf, "/Document")
    document.K = pikepdf.Array([*document.K, document.K[0]])


def remove(where: Callable[[pikepdf.Pdf], pikepdf.Object], key: str) -> Callable[[pikepdf.Pdf], None]:
    def breach(pdf: pikepdf.Pdf) -> None:
        del where(pdf)[key]

    return breach


def put(where: Callable[[pikepdf.Pdf], pikepdf.Object], key: str, value: object) -> Callable[[pikepdf.Pdf], None]:
    def breach(pdf: pikepdf.Pdf) -> None:
        where(pdf)[key] = value

    return breach


def root(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.Root


def font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return next(conformance._fonts(pdf))


BREACHES: list[tuple[conformance.Rule, Callable[[pikepdf.Pdf], None]]] = [
    (conformance.identifies_archive, lambda pdf: replace_metadata(pdf, b"pdfaid:part>2<", b"pdfaid:part>3<")),
    (conformance.identifies_archive, compress_metadata),
    (conformance.identifies_accessible, lambda pdf: replace_metadata(pdf, b"pdfuaid:part>1<", b"pdfuaid:part>2<")),
    (conformance.is_tagged, put(lambda pdf: pdf.Root.MarkInfo, "/Marked", False)),
    (conformance.is_tagged, put(lambda pdf: pdf.Root.MarkInfo, "/Suspects", True)),
    (conformance.is_tagged, remove(root, "/StructTreeRoot")),
    (conformance.says_its_language, remove(root, "/Lang")),
    (conformance.shows_its_title, remove(root, "/ViewerPreferences")),
    (conformance.shows_its_title, lambda pdf: replace_metadata(pdf, b"dc:title", b"dc:subject")),
    (conformance.embeds_every_font, remove(font, "/ToUnicode")),
    (conformance.embeds_every_font, remove(lambda pdf: font(pdf).DescendantFonts[0].FontDescriptor, "/FontFile2")),
    (conformance.embeds_every_font, remove(lambda pdf: font(pdf).DescendantFonts[0], "/CIDToGIDMap")),
    (conformance.does_nothing, put(root, "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript))),
    (conformance.does_nothing, put(root, "/Names", pikepdf.Dictionary(JavaScript=pikepdf.Dictionary()))),
    (conformance.does_nothing, put(lambda pdf: pdf.pages[0].obj, "/Annots", pikepdf.Array())),
    (conformance.says_what_its_colours_are, remove(root, "/OutputIntents")),
    (conformance.tags_all_it_shows, show_something_untagged),
    (conformance.tags_all_it_shows, forget_the_first_paragraph),
    (conformance.tags_all_it_shows, own_a_paragraph_twice),
    (conformance.knows_the_owner_of_its_content, remove(lambda pdf: pdf.pages[0].obj, "/StructParents")),
    (conformance.has_headings_in_order, put(lambda pdf: first(pdf, "/H1"), "/S", pikepdf.Name.H2)),
    (conformance.has_headings_in_order, remove(lambda pdf: first(pdf, "/H2"), "/K")),
    (conformance.uses_known_elements, put(lambda pdf: first(pdf, "/P"), "/S", pikepdf.Name.Absatz)),
    (conformance.describes_its_pictures, put(lambda pdf: first(pdf, "/P"), "/S", pikepdf.Name.Figure)),
    (conformance.heads_its_tables, put(lambda pdf: first(pdf, "/TH"), "/S", pikepdf.Name.P)),
    (conformance.heads_its_tables, put(lambda pdf: first(pdf, "/TR"), "/K", pikepdf.Array())),
]


@pytest.mark.parametrize(("rule", "breach"), BREACHES, ids=lambda value: getattr(value, "__name__", ""))
def test_rule_sees_a_breach(rule: conformance.Rule, breach: Callable[[pikepdf.Pdf], None]) -> None:
    with opened(example("contract")) as pdf:
        assert rule(pdf) == []
        breach(pdf)
        assert rule(pdf) != []


def test_every_rule_is_proved() -> None:
    assert {rule for rule, _ in BREACHES} == set(conformance.ACCESSIBLE)
