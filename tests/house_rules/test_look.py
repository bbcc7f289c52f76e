"""The look keeps its promises: contrast, nothing inline, nothing from elsewhere, every word in German too."""

import ast
import gettext
import re
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils.translation.template import templatize

from werda.portal.areas import AREAS as AREA_NAMES

SOURCE = Path(__file__).parents[2] / "src" / "werda"
AREAS = [SOURCE / "portal" / area for area in AREA_NAMES]
ROOMS = [SOURCE / "look", SOURCE / "desk", SOURCE / "demo", SOURCE / "signup", SOURCE / "portal", *AREAS]
TEMPLATES = sorted(file for room in ROOMS for file in (room / "templates").rglob("*.html"))
SCRIPTS = sorted(file for room in ROOMS for file in (room / "static").rglob("*.js"))
STYLES = sorted(file for room in ROOMS for file in (room / "static").rglob("*.css"))


def relative(file: Path) -> str:
    """The file as tests are named by it."""
    return str(file.relative_to(SOURCE))


# Contrast (WCAG 2.2, 1.4.3 and 1.4.11) -------------------------------------------------------------------------------


def tokens(scheme: str) -> dict[str, str]:
    """The colours of `light` or `dark`."""
    css = (SOURCE / "look/static/look/tokens.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


TEXT = [("ink", "paper"), ("ink", "sheet"), ("soft", "paper"), ("soft", "sheet"), ("refused", "sheet")]
STATES = ["none", "verified", "strong", "legacy", "refused"]
TEXT += [(state, f"{state}-tint") for state in STATES]
TEXT += [(ink, f"{state}-tint") for state in STATES for ink in ("ink", "soft")]


@pytest.mark.parametrize(("scheme", "pair"), list(product(["light", "dark"], TEXT)))
def test_text_stands_out_from_its_ground(scheme: str, pair: tuple[str, str]) -> None:
    colours = tokens(scheme)
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize(("scheme", "ground"), list(product(["light", "dark"], ["paper", "sheet"])))
def test_borders_of_fields_and_the_focus_ring_stand_out(scheme: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours["edge"], colours[ground]) >= 3
    assert contrast(colours["focus"], colours[ground]) >= 3


# Nothing inline, nothing from elsewhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("file", TEMPLATES, ids=relative)
def test_a_template_holds_no_script_no_style_and_no_address_of_another_host(file: Path) -> None:
    html = file.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"(?:https?:)?//[a-z]", html.replace("http://www.w3.org/2000/svg", ""))


@pytest.mark.parametrize("file", STYLES + SCRIPTS, ids=relative)
def test_style_sheets_and_scripts_fetch_from_this_host_only(file: Path) -> None:
    assert not re.search(r"(?:https?:)?//[a-z]+\.|@import|\beval\(|new Function", file.read_text(encoding="utf-8"))


def test_every_icon_that_is_used_is_in_the_sprite_and_every_drawn_one_is_used() -> None:
    sprite = ElementTree.parse(SOURCE / "look/static/look/icons.svg").getroot()
    drawn = {symbol.attrib["id"] for symbol in sprite}
    templates = "".join(file.read_text(encoding="utf-8") for file in TEMPLATES)
    python = "".join(file.read_text(encoding="utf-8") for room in ROOMS for file in room.rglob("*.py"))
    used = set(re.findall(r'{% icon "([a-z-]+)"', templates))
    assert used <= drawn
    assert {name for name in drawn - used if f'"{name}"' not in python} == set()


def test_the_font_travels_with_its_licence() -> None:
    folder = SOURCE / "look/static/look/fonts"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    css = (SOURCE / "look/static/look/tokens.css").read_text(encoding="utf-8")
    shipped = {file.name for file in folder.glob("*.woff2")}
    assert set(re.findall(r'url\("fonts/([^"]+)"\)', css)) == shipped


# Words ---------------------------------------------------------------------------------------------------------------


CALL = re.compile(r"""\b(?:_|gettext|gettext_lazy)\(\s*u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def marked(room: Path) -> set[str]:
    """Every text of a room that is marked for translation."""
    templates = (templatize(file.read_text(encoding="utf-8")) for file in (room / "templates").rglob("*.html"))
    within = [other for other in ROOMS if room in other.parents]  # rooms in a room have words of their own
    files = (file for file in room.rglob("*.py") if not any(other in file.parents for other in within))
    modules = (file.read_text(encoding="utf-8") for file in files)
    return {ast.literal_eval(text) for code in (*templates, *modules) for text in CALL.findall(code)}


CATALOGUES = sorted(file.parent for room in ROOMS for file in (room / "locale").rglob("django.po"))
"""German, and where customers are spoken to, German with Sie (de-x-sie) beside German with du."""


def catalogue(folder: Path) -> dict[str, str]:
    """What a compiled catalogue says."""
    with (folder / "django.mo").open("rb") as file:
        translations = gettext.GNUTranslations(file)
    return {key: translations.gettext(key) for key in translations._catalog if key}  # type: ignore[attr-defined]


@pytest.mark.parametrize("folder", CATALOGUES, ids=relative)
def test_every_word_is_there_in_german_and_none_is_left_over(folder: Path) -> None:
    texts = marked(folder.parents[2])
    assert texts, "the search for marked texts finds nothing"
    assert texts == set(catalogue(folder))


@pytest.mark.parametrize("folder", CATALOGUES, ids=relative)
def test_the_compiled_catalogue_is_the_one_that_can_be_read(folder: Path) -> None:
    source = (folder / "django.po").read_text(encoding="utf-8")
    assert "fuzzy" not in source
    entries = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', source, re.MULTILINE))
    assert entries == catalogue(folder)


@pytest.mark.parametrize("folder", CATALOGUES, ids=relative)
def test_placeholders_survive_the_translation(folder: Path) -> None:
    for english, german in catalogue(folder).items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", german)), english


INFORMAL = [room / "locale/de/LC_MESSAGES" for room in (SOURCE / "signup", SOURCE / "portal", *AREAS)]


def test_agents_and_customers_of_a_formal_brand_are_never_spoken_to_with_du() -> None:
    for folder in [folder for folder in CATALOGUES if folder not in INFORMAL]:
        for german in catalogue(folder).values():
            assert not re.search(r"\b(?:du|dein\w*|dich|dir)\b", german, re.IGNORECASE), german


def test_customers_of_an_informal_brand_are_never_spoken_to_with_sie() -> None:
    for folder in INFORMAL:
        for german in catalogue(folder).values():
            assert not re.search(r"\b(?:Ihr(?:e[mnrs]?)?|Ihnen)\b|[a-z]en Sie\b", german), german
