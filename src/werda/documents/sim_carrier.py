"""The SIM carrier letter: cards to break out and eSIM profiles to download, with PIN and PUK (S9, S10, S12).

Several profiles of a line fit into one letter. Each lies between the folds of the sheet, and none in the panel that
shows through the window. The PIN is called that of delivery: what it is later only the card knows (S9).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.core.sim import ActivationCode, DeliveryPin, Eid, Iccid, Puk, SimRole
from werda.documents.cover import Cover, cover_content
from werda.documents.qr_code import qr_code
from werda.documents.typesetting import Content, typeset
from werda.documents.wording import Wording


@dataclass(frozen=True, slots=True)
class Card:
    """A physical SIM. `number` is the phone number as people read it. Raises `ValueError` for what is malformed."""

    number: str
    iccid: str
    pin: Secret
    puk: Secret
    role: SimRole = SimRole.PRIMARY

    def __post_init__(self) -> None:
        _refuse_malformed(Iccid.parse(self.iccid), DeliveryPin.parse(self.pin), Puk.parse(self.puk))


@dataclass(frozen=True, slots=True)
class EsimProfile:
    """An eSIM profile; `eid` is that of the chip it is meant for, None while that is open. Raises as `Card`.

    `activation_code` is a bearer secret: whoever has it has the profile.
    """

    number: str
    iccid: str
    pin: Secret
    puk: Secret
    activation_code: Secret
    eid: str | None = None
    role: SimRole = SimRole.PRIMARY

    def __post_init__(self) -> None:
        _refuse_malformed(Iccid.parse(self.iccid), DeliveryPin.parse(self.pin), Puk.parse(self.puk))
        _refuse_malformed(ActivationCode.parse(self.activation_code), Eid.parse(self.eid) if self.eid else None)


@dataclass(frozen=True, slots=True)
class SimCarrier:
    """One letter with at least one profile. Raises `ValueError` without any."""

    cover: Cover
    profiles: tuple[Card | EsimProfile, ...]

    def __post_init__(self) -> None:
        if not self.profiles:
            raise ValueError("a SIM carrier letter carries at least one profile")


def sim_carrier(letter: SimCarrier) -> bytes:
    """The letter as PDF. Raises `Unprintable`, `PaperFailed`."""
    return typeset(content(letter), made_at=letter.cover.made_at)


def content(letter: SimCarrier) -> Content:
    """What the template is given."""
    words, places = letter.cover.wording, letter.cover.letterhead.places
    match letter.profiles:
        case [Card()]:
            title = "sim.card_title"
        case [EsimProfile()]:
            title = "sim.esim_title"
        case _:
            title = "sim.several_title"
    return {
        "template": "sim-carrier",
        **cover_content(letter.cover, words.say(title)),
        "intro": words.say("sim.intro", **places),
        "profiles": [_profile(words, profile) for profile in letter.profiles],
        "pin": words.say("sim.pin"),
        "puk": words.say("sim.puk"),
        "reveal": words.say("sim.reveal"),
        "damaged": [words.say("sim.damaged"), words.say("sim.damaged_text", **places)],
        "notes_title": words.say("sim.notes_title"),
        "notes": [
            [words.say("sim.notes_pin_title"), words.say("sim.notes_pin")],
            [words.say("sim.notes_puk_title"), words.say("sim.notes_puk")],
        ],
    }


def _profile(words: Wording, profile: Card | EsimProfile) -> Mapping[str, object]:
    role = words.say("sim.primary" if profile.role is SimRole.PRIMARY else "sim.secondary")
    facts = [(words.say("sim.number"), profile.number)]
    match profile:
        case Card():
            kind = words.say("sim.card")
            facts.append((words.say("sim.iccid"), _by_fours(profile.iccid)))
            carries: dict[str, object] = {
                "card": {"title": words.say("sim.card_here"), "sizes": words.say("sim.card_sizes")}
            }
        case EsimProfile():
            kind = words.say("sim.esim")
            facts.append((words.say("sim.profile_iccid"), _by_fours(profile.iccid)))
            if profile.eid:
                facts.append((words.say("sim.eid"), _by_fours(profile.eid)))
            carries = {
                "esim": {
                    "title": words.say("sim.activation_code"),
                    "code": profile.activation_code,
                    "picture": qr_code(profile.activation_code),
                    "says": words.say("sim.qr"),
                    "bearer": words.say("sim.bearer"),
                }
            }
    return {"title": f"{kind} · {role}", "facts": facts, "pin": profile.pin, "puk": profile.puk, **carries}


def _by_fours(digits: str) -> str:
    digits = "".join(digits.split())
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _refuse_malformed(*parsed: object) -> None:
    for value in parsed:
        if isinstance(value, Malformed):
            raise ValueError(value.reason)  # never quotes what it read
