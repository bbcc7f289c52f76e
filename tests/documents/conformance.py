"""What PDF/UA-1 and PDF/A-2a ask of a file, as far as a machine can tell from its structure.

Typst checks both standards as it writes and refuses what breaks them; these rules look at the finished file with
another pair of eyes. veraPDF, the reference validator, comes by none of the package registries the project is built
from; docs/documents.md says how to run it. Numbers name clauses of ISO 14289-1 (UA) and ISO 19005-2 (A).
"""

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pikepdf

Rule = Callable[[pikepdf.Pdf], list[str]]

_NAMES = {
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_PAINTS = re.compile(r"Tj|TJ|'|\"|S|s|f|F|f\*|B|B\*|b|b\*|sh|Do|EI|INLINE IMAGE")
_STANDARD_TYPE = re.compile(
    "/(?:Document|Part|Art|Sect|Div|BlockQuote|Caption|TOC|TOCI|Index|NonStruct|Private|P|H[1-6]?|L|LI|Lbl|LBody|Table|TR"
    "|TH|TD|THead|TBody|TFoot|Span|Quote|Note|Reference|BibEntry|Code|Link|Annot|Ruby|Warichu|Figure|Formula|Form)"
)


def identifies_archive(pdf: pikepdf.Pdf, conformance: str = "A") -> list[str]:
    """A 6.6.4: the metadata names part and level, and lies in the file uncompressed (A 6.6.2.1)."""
    faults = []
    if (_said(pdf, "pdfaid:part"), _said(pdf, "pdfaid:conformance")) != ("2", conformance):
        faults.append(f"the metadata does not say PDF/A-2{conformance.lower()}")
    if "/Filter" in pdf.Root.Metadata:
        faults.append("the metadata is compressed")
    return faults


def identifies_accessible(pdf: pikepdf.Pdf) -> list[str]:
    """UA 5: the metadata names PDF/UA-1."""
    return [] if _said(pdf, "pdfuaid:part") == "1" else ["the metadata does not say PDF/UA-1"]


def is_tagged(pdf: pikepdf.Pdf) -> list[str]:
    """UA 6.2, A 6.7.2.2: there is a structure tree, and nothing in it is doubtful."""
    marked = pdf.Root.get("/MarkInfo", pikepdf.Dictionary())
    faults = [] if bool(marked.get("/Marked")) else ["the file is not marked as tagged"]
    if bool(marked.get("/Suspects")):
        faults.append("the file has suspect tags")
    return faults if "/StructTreeRoot" in pdf.Root else [*faults, "there is no structure tree"]


def says_its_language(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.2, A 6.7.4."""
    return [] if str(pdf.Root.get("/Lang", "")) in {"de", "en"} else ["the file does not say its language"]


def shows_its_title(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.1: the title is in the metadata, and viewers show it in place of the file name."""
    title = _metadata(pdf).find(".//dc:title/rdf:Alt/rdf:li", _NAMES)
    faults = [] if title is not None and title.text else ["the metadata has no title"]
    preferences = pdf.Root.get("/ViewerPreferences", pikepdf.Dictionary())
    return faults if bool(preferences.get("/DisplayDocTitle")) else [*faults, "the title is not shown"]


def embeds_every_font(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.21.4 and 7.21.7, A 6.2.11.4 and 6.2.11.7: each font lies in the file and maps to Unicode."""
    faults = []
    for font in _fonts(pdf):
        name, inner = str(font.BaseFont), font
        if font.Subtype == "/Type0":
            inner = font.DescendantFonts[0]
            if inner.Subtype == "/CIDFontType2" and inner.get("/CIDToGIDMap") is None:
                faults.append(f"{name} does not say which glyph is which")
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys()):
            faults.append(f"{name} is not embedded")
        if "/ToUnicode" not in font:
            faults.append(f"{name} does not map to Unicode")
    return faults


def does_nothing(pdf: pikepdf.Pdf) -> list[str]:
    """A 6.5, 6.6.1, 6.1.3: no script, no action, no encryption, no attached file, no form."""
    faults = ["the file is encrypted"] if pdf.is_encrypted else []
    names = pdf.Root.get("/Names", pikepdf.Dictionary())
    faults += [f"the file has {key}" for key in ("/OpenAction", "/AA", "/AcroForm", "/AF") if key in pdf.Root]
    faults += [f"the file has {key}" for key in ("/JavaScript", "/EmbeddedFiles") if key in names]
    for number, page in enumerate(pdf.pages, start=1):
        faults += [f"page {number} has {key}" for key in ("/AA", "/Annots") if key in page]
    return faults


def says_what_its_colours_are(pdf: pikepdf.Pdf) -> list[str]:
    """A 6.2.3: an output intent with its profile."""
    intents = pdf.Root.get("/OutputIntents", pikepdf.Array())
    profiles = [intent for intent in intents if intent.S == "/GTS_PDFA1" and "/DestOutputProfile" in intent]
    return [] if len(profiles) == 1 else ["the file does not say what its colours are"]


def tags_all_it_shows(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.1: whatever a page shows is an artifact or belongs to exactly one element of the structure tree."""
    faults, marked = [], set()
    for number, page in enumerate(pdf.pages, start=1):
        inside: list[str] = []
        for instruction in pikepdf.parse_content_stream(page):
            operands, name = instruction.operands, str(instruction.operator)
            if name in {"BMC", "BDC"}:
                inside.append("artifact" if operands[0] == "/Artifact" else "tag")
                if name == "BDC" and isinstance(operands[1], pikepdf.Dictionary) and "/MCID" in operands[1]:
                    marked.add((number, int(operands[1].MCID)))
            elif name == "EMC":
                inside.pop()
            elif _PAINTS.fullmatch(name) and not inside:
                faults.append(f"page {number} shows something that is neither tagged nor an artifact")
    owned = list(_owned_content(pdf))
    faults += [
        f"page {page} has content {mcid} twice in the tree" for page, mcid in owned if owned.count((page, mcid)) > 1
    ]
    faults += [f"page {page}, content {mcid} is not in the tree" for page, mcid in marked - set(owned)]
    return faults + [f"page {page} has no content {mcid}" for page, mcid in set(owned) - marked]


def knows_the_owner_of_its_content(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.1 (ISO 32000-1, 14.7.4.4): from each page's content the parent tree leads back to its element."""
    tree = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
    return [
        f"page {number} is not in the parent tree"
        for number, page in enumerate(pdf.pages, start=1)
        if page.get("/StructParents") not in tree
    ]


def has_headings_in_order(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.4.2: the first heading is of level 1, and none goes down by more than one."""
    faults, level = [], 0
    for element in _elements(pdf):
        if heading := re.fullmatch(r"/H([1-6])", str(element.S)):
            if int(heading[1]) > level + 1:
                faults.append(f"a heading of level {heading[1]} follows level {level}")
            level = int(heading[1])
            if "/K" not in element:
                faults.append("a heading is empty")
    return faults if level else [*faults, "there is no heading"]


def uses_known_elements(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.1, A 6.7.3.4: each element is of a standard type, or says which one it is like."""
    roles = pdf.Root.StructTreeRoot.get("/RoleMap", pikepdf.Dictionary())
    kinds = {str(element.S) for element in _elements(pdf)}
    return [f"{kind} is no standard type" for kind in kinds if not _STANDARD_TYPE.fullmatch(str(roles.get(kind, kind)))]


def describes_its_pictures(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.3: a figure has a text for those who do not see it, and says where it stands."""
    figures = [element for element in _elements(pdf) if element.S == "/Figure"]
    faults = ["a figure has no alternative text" for figure in figures if not str(figure.get("/Alt", ""))]
    return faults + [
        "a figure does not say where it stands" for figure in figures if not _has_attribute(figure, "/BBox")
    ]


def heads_its_tables(pdf: pikepdf.Pdf) -> list[str]:
    """UA 7.5: rows are of one length, and each column has a head that says so."""
    faults = []
    for table in (element for element in _elements(pdf) if element.S == "/Table"):
        rows = [list(_children(row)) for row in _below(table) if row.S == "/TR"]
        if len({len(row) for row in rows}) != 1:
            faults.append("a table has rows of different length")
        if not all(cell.S == "/TH" and _has_attribute(cell, "/Scope") for cell in rows[0]):
            faults.append("a column of a table has no head")
    return faults


ARCHIVE: list[Rule] = [embeds_every_font, does_nothing, says_what_its_colours_are]
ACCESSIBLE: list[Rule] = [
    identifies_archive, identifies_accessible, is_tagged, says_its_language, shows_its_title, tags_all_it_shows,
    knows_the_owner_of_its_content, has_headings_in_order, uses_known_elements, describes_its_pictures,
    heads_its_tables, *ARCHIVE,
]  # fmt: skip


def _metadata(pdf: pikepdf.Pdf) -> ElementTree.Element:
    return ElementTree.fromstring(pdf.Root.Metadata.read_bytes())


def _said(pdf: pikepdf.Pdf, name: str) -> str:
    found = _metadata(pdf).find(f".//{name}", _NAMES)
    if found is not None:
        return found.text or ""
    space, _, local = name.partition(":")
    described = _metadata(pdf).find(f".//rdf:Description[@{{{_NAMES[space]}}}{local}]", _NAMES)
    return "" if described is None else described.attrib[f"{{{_NAMES[space]}}}{local}"]


def _fonts(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every font of the file, also those of drawings within a page."""
    return (thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and _is_font(thing))


def _is_font(thing: pikepdf.Object) -> bool:
    return thing.get("/Type") == "/Font" and str(thing.get("/Subtype")) not in {"/CIDFontType0", "/CIDFontType2"}


def _children(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The elements right below."""
    return (kid for kid in _kids(element) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid)


def _kids(element: pikepdf.Object) -> Iterator[object]:
    """What is right below: elements, references to content, ids of content."""
    kids: object = element.get("/K", pikepdf.Array())
    yield from kids if isinstance(kids, pikepdf.Array) else [kids]


def _below(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    for child in _children(element):
        yield child
        yield from _below(child)


def _elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every element in reading order."""
    return _below(pdf.Root.StructTreeRoot)


def _owned_content(pdf: pikepdf.Pdf) -> Iterator[tuple[int, int]]:
    """Page number and id of each piece of content that an element claims."""
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    for element in _elements(pdf):
        for kid in _kids(element):
            if isinstance(kid, int):
                yield numbers[element.Pg.objgen], kid
            elif isinstance(kid, pikepdf.Dictionary) and "/MCID" in kid:
                page = kid.Pg if "/Pg" in kid else element.Pg
                yield numbers[page.objgen], int(kid.MCID)


def _has_attribute(element: pikepdf.Object, name: str) -> bool:
    attributes = element.get("/A", pikepdf.Array())
    return any(name in each for each in (attributes if isinstance(attributes, pikepdf.Array) else [attributes]))
