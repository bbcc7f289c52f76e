"""The shapes of answers, as JSON Schema (draft 2020-12, OpenAPI 3.1): every field of every object has its type."""

from typing import Any, Final

Shape = dict[str, Any]

TEXT: Final[Shape] = {"type": "string"}
TEXT_OR_NONE: Final[Shape] = {"type": ["string", "null"]}
TIME: Final[Shape] = {"type": "string", "format": "date-time"}
TIME_OR_NONE: Final[Shape] = {"type": ["string", "null"], "format": "date-time"}
DAY: Final[Shape] = {"type": "string", "format": "date"}
DAY_OR_NONE: Final[Shape] = {"type": ["string", "null"], "format": "date"}
ID: Final[Shape] = {"type": "string", "format": "uuid"}
MONEY: Final[Shape] = {"type": "string", "pattern": r"^\d+\.\d{2}$", "description": "An amount with two decimals"}
YES_OR_NO: Final[Shape] = {"type": "boolean"}
NUMBER: Final[Shape] = {"type": "integer"}


def thing(**fields: Shape) -> Shape:
    """An object with these fields, all of which are there, and no others."""
    return {"type": "object", "required": list(fields), "properties": fields, "additionalProperties": False}


def thing_or_none(**fields: Shape) -> Shape:
    """The same, or null."""
    return thing(**fields) | {"type": ["object", "null"]}


def many(of: Shape) -> Shape:
    """A list of these."""
    return {"type": "array", "items": of}


def one_of(*words: str) -> Shape:
    """One of these words."""
    return {"enum": list(words)}
