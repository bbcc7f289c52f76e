"""A secret never shows itself by accident (B9)."""

import copy
import json
import pickle
import traceback

import pytest

from werda.core.secret import MASK, Secret


def test_no_usual_way_of_writing_it_down_shows_it() -> None:
    secret = Secret("83417")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", "%s %r" % (secret, secret), str([secret])]  # noqa: UP031
    assert all("83417" not in text for text in shown)
    assert str(secret) == MASK


def test_a_traceback_does_not_show_it() -> None:
    secret = Secret("83417")
    try:
        raise ValueError(secret)
    except ValueError:
        assert "83417" not in traceback.format_exc()


def test_it_is_not_copied_into_another_process() -> None:
    secret = Secret("83417")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_equal_values_are_equal_and_neither_is_a_key_of_a_dict() -> None:
    assert Secret("1") == Secret("1")
    assert Secret("1") != Secret("2")
    assert Secret("1") != "1"
    with pytest.raises(TypeError):
        hash(Secret("1"))
