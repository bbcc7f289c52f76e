"""Tokens that nobody could read are refused, with what was measured and what would pass; logos can do nothing."""

import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.brand_tokens import PLAIN, BrandTokens, parse
from werda.core.contrast import DARK, LIGHT, contrast, nearest, passes
from werda.core.logo import LONGEST, Refused, read_logo

BRAND = resources.files("werda.demo").joinpath("brand")
DOCUMENT = BRAND.joinpath("nordfunk.toml").read_text(encoding="utf-8")
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def test_the_demos_brand_is_dressed_well() -> None:
    tokens = parse(DOCUMENT)
    assert isinstance(tokens, BrandTokens)
    assert (tokens.name, tokens.light.colour) == ("Nordfunk", "#0b5d66")


def test_a_pale_accent_is_refused_with_what_was_measured_and_what_passes() -> None:
    problems = parse(DOCUMENT.replace('accent = "#0b5d66"', 'accent = "#ffd200"'))
    assert isinstance(problems, list)
    [problem] = problems
    assert problem.key == "light.accent"
    assert "1.45 : 1 and needs 4.5" in problem.message
    assert "1.32 : 1 against the page and needs 3" in problem.message
    better = re.search(r'accent = "(#[0-9a-f]{6})"', problem.message)
    assert better is not None
    assert isinstance(parse(DOCUMENT.replace('accent = "#0b5d66"', f'accent = "{better[1]}"')), BrandTokens)


def test_the_dark_accent_is_measured_on_the_dark_page() -> None:
    problems = parse(DOCUMENT.replace('accent = "#6fcfc6"', 'accent = "#0b5d66"'))
    assert isinstance(problems, list)
    assert [problem.key for problem in problems] == ["dark.accent"]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ('name = "Nordfunk"', 'name = "<b>Nordfunk</b>"'),
        ('logo = "nordfunk.svg"', 'logo = "../secret.svg"'),
        ('imprint = "https://nordfunk.example.org/impressum"', 'imprint = "javascript:alert(1)"'),
        ('imprint = "https://nordfunk.example.org/impressum"', 'imprint = "http://nordfunk.example.org/"'),
        ('ink = "#ffffff"', 'ink = "white; } * { display: none"'),
        ('short_name = "Nordfunk"', 'short_name = "Nordfunk Mobilfunk"'),
        ("[links]", "[link]"),
    ],
)
def test_what_does_not_fit_is_refused(written: str, wrong: str) -> None:
    assert written in DOCUMENT
    assert isinstance(parse(DOCUMENT.replace(written, wrong)), list)


@given(COLOURS, COLOURS)
def test_the_nearest_colour_passes(colour: str, ink: str) -> None:
    for grounds in (LIGHT, DARK):
        found = nearest(colour, ink, grounds)
        assert found is None or passes(found, ink, grounds)
        assert found == colour or not passes(colour, ink, grounds)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_what_is_measured_against_is_the_page_of_the_style_sheet() -> None:
    css = (Path(__file__).parents[2] / "src/werda/look/static/look/tokens.css").read_text(encoding="utf-8")
    for name, pair in (("paper", 0), ("sheet", 1)):
        assert re.findall(rf"--{name}: (#[0-9a-f]{{6}})", css) == [LIGHT[pair], DARK[pair]]
    assert passes(PLAIN.light.colour, PLAIN.light.ink, LIGHT)
    assert passes(PLAIN.dark.colour, PLAIN.dark.ink, DARK)


# Logos ---------------------------------------------------------------------------------------------------------------


def svg(inside: str = "", attributes: str = "") -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 9 9"{attributes}>'
        f"{inside}</svg>"
    ).encode()


def test_the_demos_logo_is_taken() -> None:
    assert not isinstance(read_logo(BRAND.joinpath("nordfunk.svg").read_bytes()), Refused)


def test_gradients_and_clips_of_its_own_are_taken() -> None:
    own = '<defs><linearGradient id="a"><stop offset="1"/></linearGradient></defs><path d="M0 0h9" fill="url(#a)"/>'
    assert not isinstance(read_logo(svg(own)), Refused)


@pytest.mark.parametrize(
    "content",
    [
        svg("<script>alert(1)</script>"),
        svg("<foreignObject><p/></foreignObject>"),
        svg(attributes=' onload="alert(1)"'),
        svg('<a href="https://example.org"><path d="M0 0"/></a>'),
        svg('<use href="https://example.org/a.svg#b"/>'),
        svg('<use xlink:href="#b"/>'),
        svg('<image href="data:image/png;base64,AAAA"/>'),
        svg('<path d="M0 0" fill="url(https://example.org/a#b)"/>'),
        svg('<path d="M0 0" fill="url(#a) url(//example.org)"/>'),
        svg('<path d="M0 0" style="background: url(//example.org)"/>'),
        svg("<style>@import 'https://example.org/a.css'</style>"),
        svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
        svg('<html:script xmlns:html="http://www.w3.org/1999/xhtml">alert(1)</html:script>'),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("<title>&a;</title>"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE svg>' + svg().decode()).encode("utf-16"),
        b'<?xml-stylesheet href="https://example.org/a.css"?>' + svg(),
        svg("<g>" * 10),
        svg(" " * LONGEST),
        b"<html/>",
        b"",
    ],
)
def test_a_logo_that_could_act_or_fetch_is_refused(content: bytes) -> None:
    assert isinstance(read_logo(content), Refused)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: svg(text)))
def test_whatever_is_given_is_read_or_refused(content: bytes) -> None:
    assert isinstance(read_logo(content), str | Refused)
