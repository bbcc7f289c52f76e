"""What the SIM carrier letter carries, and where it lies on the sheet (S9, S10, S12)."""

from dataclasses import replace

import pytest
import zxingcpp

from tests.documents import papers, reading
from tests.documents.conftest import example
from werda.core.secret import Secret
from werda.core.sim import SimRole
from werda.documents.sim_carrier import Card, EsimProfile, SimCarrier, sim_carrier
from werda.documents.wording import CATALOGUES

FOLDS = (105, 210)
REVEAL_AREAS = [(1, 172), (1, 261), (2, 70), (2, 160), (2, 261)]
"""Page and upper edge in millimetres, as docs/documents.md tells the printer."""


def letter(*profiles: Card | EsimProfile) -> bytes:
    return sim_carrier(SimCarrier(papers.cover("de-du"), profiles))


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_letter_carries_number_iccid_pin_and_puk_of_each_profile(catalogue: str) -> None:  # S10, S12
    text = reading.digits_and_letters(example("sim-carrier-several", catalogue))
    for profile in (papers.CARD, papers.ESIM, papers.SECOND_CARD):
        for fact in (profile.iccid, profile.pin.reveal(), profile.puk.reveal()):
            assert fact in text
    assert "01760400" in text
    assert papers.ESIM.eid
    assert papers.ESIM.eid in text
    assert papers.ACTIVATION_CODE in "".join(
        word.text for word in reading.words(example("sim-carrier-several", catalogue))
    )


@pytest.mark.parametrize(
    ("catalogue", "pin", "damaged"),
    [
        ("de-du", "PIN bei Auslieferung", "Brief beschädigt? Melde dich."),
        ("de-sie", "PIN bei Auslieferung", "Brief beschädigt? Melden Sie sich."),
        ("en", "PIN at delivery", "Letter damaged? Tell us."),
    ],
)
def test_pin_is_called_that_of_delivery_and_damage_is_to_be_told(catalogue: str, pin: str, damaged: str) -> None:  # S9
    for kind in ("sim-carrier", "sim-carrier-several"):
        first_page = reading.running_text(example(kind, catalogue), page=1)
        assert pin in first_page
        assert damaged in first_page


def test_qr_code_is_read_back_as_the_activation_code() -> None:  # S12
    page = reading.pages(example("sim-carrier-several"), dpi=150)[0]
    found = [code.text for code in zxingcpp.read_barcodes(page)]
    assert found == [papers.ACTIVATION_CODE]


def test_esim_letter_says_that_its_code_is_for_nobody_else() -> None:
    text = reading.spoken(letter(papers.ESIM))
    assert "Dein eSIM-Profil" in text
    assert "Wer diesen Code hat, hat das Profil. Zeig ihn niemandem." in text
    assert "2FF" not in text


def test_card_letter_shows_the_sizes_of_the_card() -> None:
    assert "2FF, 3FF oder" in reading.running_text(example("sim-carrier"))


def test_profile_without_eid_leaves_it_out() -> None:
    assert "EID" not in reading.text(letter(replace(papers.ESIM, eid=None)))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6])
def test_every_puk_lies_in_its_reveal_area(count: int) -> None:  # S10
    profiles = [replace(papers.CARD, puk=Secret(f"5{n}39{n}71{n}")) for n in range(count)]
    words = reading.words(letter(*profiles))
    for n, profile in enumerate(profiles):
        puk = profile.puk.reveal()
        page, top = REVEAL_AREAS[n] if n < 5 else (3, 70)
        halves = [word for word in words if word.page == page and word.text in (puk[:4], puk[4:], puk)]
        inside = [word for word in halves if top <= word.top and word.bottom <= top + 9.1]
        assert "".join(word.text for word in inside) == puk
        assert all(word.left >= 117.6 and word.right <= 117.6 + 52 for word in inside)


def test_no_secret_lies_on_a_fold_or_above_the_first_one_on_the_sheet_in_the_window() -> None:
    secrets = {papers.PIN, papers.PUK[:4], papers.PUK[4:], papers.ESIM_PIN, papers.ESIM_PUK[:4], papers.ESIM_PUK[4:]}
    secrets |= set(papers.ACTIVATION_CODE.partition("example$")[::2])
    for pdf in (letter(papers.CARD, papers.ESIM), letter(papers.ESIM, papers.CARD)):
        found = [word for word in reading.words(pdf) if any(secret in word.text for secret in secrets)]
        assert len(found) >= 6
        for word in found:
            assert word.top > FOLDS[0] + 4
            assert not any(word.top - 4 < fold < word.bottom + 4 for fold in FOLDS)


def test_letter_of_many_profiles_goes_on_on_further_pages() -> None:
    cards = [replace(papers.CARD, number=f"0176 0400 {n:04}", role=SimRole(1 + (n > 0))) for n in range(7)]
    pdf = letter(*cards)
    assert len(reading.pages(pdf, dpi=20)) == 3
    text = reading.running_text(pdf)
    assert all(card.number in text for card in cards)
    assert text.count("Hauptkarte") == 1
    assert text.count("Zweitkarte") == 6
    assert text.index("Gut zu wissen") > text.index(cards[-1].number)


def test_long_activation_code_is_set_smaller_and_stays_whole() -> None:
    code = (
        "LPA:1$a-very-long-name-of-a-server.rsp.subscription-manager.nordfunk.example$"
        + "ABCD-" * 9
        + "7$1.3.6.1.4.1.31746$1"
    )
    pdf = letter(replace(papers.ESIM, activation_code=Secret(code)))
    assert code in "".join(reading.spoken(pdf).split())
    assert [each.text for each in zxingcpp.read_barcodes(reading.pages(pdf, dpi=200)[0])] == [code]
    assert all(word.right <= 111 for word in reading.words(pdf) if word.text[:8] in (code[:8], "ABCD-ABC"))


@pytest.mark.parametrize(
    ("profile", "wrong", "reason"),
    [
        (papers.CARD, {"iccid": "123"}, "an ICCID has"),
        (papers.CARD, {"pin": Secret("9")}, "a PIN has"),
        (papers.CARD, {"puk": Secret("1234567")}, "a PUK has"),
        (papers.ESIM, {"activation_code": Secret("1$HOST$7418")}, "an activation code reads"),
        (papers.ESIM, {"eid": "89044011112233441122334411223320"}, "check digits of the EID"),
    ],
)
def test_malformed_profile_is_refused_without_quoting_it(
    profile: Card | EsimProfile, wrong: dict[str, Secret | str], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        replace(profile, **wrong)  # type: ignore[arg-type]
    assert "7418" not in str(refused.value)


def test_letter_without_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one profile"):
        SimCarrier(papers.cover("en"), ())
