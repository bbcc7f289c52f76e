"""Every kind of paper in every catalogue, set once for all tests of this folder."""

from functools import cache

import pytest

from tests.documents import papers
from werda.documents.wording import CATALOGUES

EVERY_PAPER = [(name, catalogue) for name in papers.KINDS for catalogue in CATALOGUES]


@cache
def example(name: str, catalogue: str = "de-du") -> bytes:
    """The PDF of an example paper."""
    return papers.paper(name, catalogue)


@pytest.fixture(params=EVERY_PAPER, ids="-".join)
def paper(request: pytest.FixtureRequest) -> bytes:
    """Each example paper in turn."""
    return example(*request.param)
