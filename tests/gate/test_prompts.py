"""Prompts: a text and a sound for everything the dialogue can say, short enough to listen to."""

import dataclasses
import wave
from datetime import date

import pytest

from werda.core.call import BrandFacts
from werda.core.dialogue import Prompt
from werda.gate.prompts import CATALOGUES, catalogue_of, sound_file, spoken, transcript

BRAND = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "mein.nordfunk.example")
SOUNDS = [(prompt, catalogue) for catalogue in ("de-du", "de-sie", "en") for prompt in Prompt]


@pytest.mark.parametrize(("prompt", "catalogue"), SOUNDS)
def test_every_prompt_is_a_short_telephone_sound(prompt: Prompt, catalogue: str) -> None:
    with wave.open(str(sound_file(prompt, catalogue)), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        seconds = sound.getnframes() / sound.getframerate()
        assert 0.5 < seconds < 20
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert max(samples) > 5000  # something is said


@pytest.mark.parametrize(("prompt", "catalogue"), SOUNDS)
def test_every_prompt_has_words_without_gaps(prompt: Prompt, catalogue: str) -> None:
    text = spoken(prompt, catalogue)
    assert text.endswith(".")
    assert not set("{}") & set(text)
    assert "  " not in text
    assert " ." not in text


def test_no_catalogue_is_left_over() -> None:
    assert set(CATALOGUES) == {"de-du", "de-sie", "en"}


@pytest.mark.parametrize(
    ("language", "form", "catalogue"),
    [("de", "du", "de-du"), ("de", "sie", "de-sie"), ("en", "du", "en"), ("en", "sie", "en"), ("fr", "du", "en")],
)
def test_brand_chooses_how_it_speaks(language: str, form: str, catalogue: str) -> None:
    assert catalogue_of(dataclasses.replace(BRAND, language=language, form=form)) == catalogue


def test_transcript_names_brand_portal_and_date() -> None:
    assert transcript(Prompt.WELCOME, BRAND) == "Willkommen bei Nordfunk."
    assert "im Kundenportal mein.nordfunk.example." in transcript(Prompt.SECRET_AGAIN, BRAND)
    assert "Ab dem 16. Februar 2023 brauchst du" in transcript(Prompt.ANNOUNCE, BRAND, date(2023, 2, 16))
    english = dataclasses.replace(BRAND, language="en")
    assert "From 16 February 2023 on" in transcript(Prompt.ANNOUNCE, english, date(2023, 2, 16))


def test_formal_catalogue_never_says_du() -> None:
    for prompt in Prompt:
        words = set(spoken(prompt, "de-sie").replace(",", " ").replace(".", " ").split())
        assert not words & {"du", "dein", "deine", "deinen", "dich", "gib", "Gib", "drück"}
