"""The two words by which agent and customer know that they are in the same call (D5), alike in German and English.

They are said by the agent and read in portal or app. They prove nothing of the customer, and nobody asks for them.
"""

from typing import Final

_WRITTEN: Final = """
    Arm Ball Band Bank Bus Butter Chef Clown Cello Computer Diesel Echo Film Finger Flamingo Garage Gold Golf Gorilla
    Hammer Hand Horn Hotel Jaguar Jazz Jeans Kilo Koala Land Laser Lava Lift Magnet Mango Marathon Motor Museum Nest
    Nylon Oboe Orange Panda Papaya Park Piano Pilot Pizza Pony Pool Pudding Pullover Puma Quiz Radio Ring Rose Sand
    Sauna Silo Ski Sofa Sport Studio Tango
"""
WORDS: Final = tuple(_WRITTEN.split())
"""Sixty-four of them."""

NUMBERS: Final = len(WORDS) ** 2
"""A call's number is below this."""


def call_words(number: int) -> str:
    """The two words of a call, such as ``Panda Tango``."""
    first, second = divmod(number % NUMBERS, len(WORDS))
    return f"{WORDS[first]} {WORDS[second]}"
