"""What a call is about: customers say it when they take a call code, agents when they wrap up."""

from enum import StrEnum


class Topic(StrEnum):
    """Closed, so that it can be counted and never holds what somebody typed."""

    BILL = "bill"
    TARIFF = "tariff"
    SIM = "sim"
    FAULT = "fault"
    CONTRACT = "contract"
    OTHER = "other"


def topic_of(word: str) -> Topic | None:
    """The topic of that name; None for none and for any other text."""
    return next((topic for topic in Topic if topic.value == word), None)
