"""A logo as SVG, of which a page need fear nothing: only shapes, only what is in the file, nothing that acts.

What is not on the list of harmless elements and attributes is refused, not removed: who draws a logo is told. It is
written anew from what was read, so that nothing travels in comments, entities or instructions.
"""

import re
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

LONGEST: Final = 32_768
"""Bytes. A logo is loaded with every page."""

_SVG: Final = "http://www.w3.org/2000/svg"
_NAMES: Final = r"[\w-]+"
_ELEMENTS: Final = frozenset(
    re.findall(
        _NAMES,
        "svg g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop clipPath title"
        " desc symbol use",
    )
)
_ATTRIBUTES: Final = frozenset(
    re.findall(
        _NAMES,
        "id viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform fill fill-rule fill-opacity"
        " stroke stroke-width stroke-linecap stroke-linejoin stroke-opacity stroke-dasharray stroke-miterlimit opacity"
        " offset stop-color stop-opacity gradientUnits gradientTransform clip-path clip-rule preserveAspectRatio href"
        " version role",
    )
)
_INSIDE: Final = re.compile(r"#[A-Za-z][\w.-]*|url\(#[A-Za-z][\w.-]*\)")
_REFERS: Final = re.compile(r"url\s*\(|javascript:|data:|//|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why this is no logo of ours; quotes names of elements and attributes, never what they say."""

    message: str


def read_logo(content: bytes) -> str | Refused:
    """The logo, written anew, or why it is refused."""
    if len(content) > LONGEST:
        return Refused(f"the logo has {len(content)} bytes and may have {LONGEST}; simplify its paths")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Refused("the logo is not UTF-8; save it as plain SVG")
    if "<!" in text.replace("<!--", "") or "<?xml-stylesheet" in text:
        return Refused("the logo has a DOCTYPE, CDATA or a style sheet; save it as plain SVG")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # entities need a DOCTYPE, and there is none
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return Refused("the logo is no well-formed XML; save it as plain SVG")
    if root.tag != f"{{{_SVG}}}svg" or "viewBox" not in root.attrib:
        return Refused("the logo is no SVG with a viewBox; save it as plain SVG")
    for element in root.iter():
        if refused := _refused(element):
            return refused
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _refused(element: ElementTree.Element) -> Refused | None:
    name = str(element.tag).removeprefix(f"{{{_SVG}}}")
    if name not in _ELEMENTS:
        return Refused(f"the logo holds <{_short(name)}>, which is not allowed; draw it with shapes only")
    for attribute, value in element.attrib.items():
        if attribute not in _ATTRIBUTES:
            return Refused(f"<{name}> has the attribute {_short(attribute)}, which is not allowed; remove it")
        if attribute == "href" and not value.startswith("#"):
            return Refused(f"<{name}> refers to something outside the logo; put it into the file")
        if _REFERS.search(value) and not _INSIDE.fullmatch(value.strip()):
            return Refused(f"{attribute} of <{name}> refers to something outside the logo; put it into the file")
    return None


def _short(name: str) -> str:
    return re.sub(r"[^\w:{}./-]", "", name.rpartition("}")[2])[:40]
