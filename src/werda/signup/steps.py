"""The steps of an order, which of them are whole, and the order they make together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from werda.core.product_order import NumberChoice, Party, ProductOrder
from werda.core.tariff import LineKind, Tariff, TariffCatalogue
from werda.usecases.fill_in_order import Draft
from werda.usecases.read_order import read_number, read_order, read_party, read_sims

TARIFF, YOU, NUMBER, SIM, CODE, SUMMARY = "tariff", "you", "number", "sim", "code", "summary"
ALL: Final = (TARIFF, YOU, NUMBER, SIM, CODE, SUMMARY)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a draft stands: its tariff, the steps it has, and the first of them that is not whole."""

    tariff: Tariff | None
    steps: tuple[str, ...]
    open: str

    def may(self, step: str) -> bool:
        """Whether everything before the step is whole."""
        return step in self.steps and self.steps.index(step) <= self.steps.index(self.open)

    def after(self, step: str) -> str:
        """The next step."""
        return self.steps[min(self.steps.index(step) + 1, len(self.steps) - 1)]

    def before(self, step: str) -> str:
        """The step before."""
        return self.steps[max(self.steps.index(step) - 1, 0)]


def progress(draft: Draft | None, catalogue: TariffCatalogue, today: date) -> Progress:
    """Read the draft anew: what was right yesterday may not be today."""
    tariff = catalogue.find(draft.step(TARIFF).get("tariff", "")) if draft else None
    if draft is None or tariff is None:
        return Progress(None, ALL, TARIFF)
    steps = tuple(step for step in ALL if step != SIM or tariff.line is LineKind.MOBILE)
    whole: Mapping[str, bool] = {
        TARIFF: True,
        YOU: isinstance(read_party(draft.step(YOU), tariff.payment, today), Party),
        NUMBER: isinstance(read_number(draft.step(NUMBER), tariff.line), NumberChoice),
        SIM: isinstance(read_sims(draft.step(SIM), tariff.line), tuple),
        CODE: draft.has_code,
    }
    return Progress(tariff, steps, next((step for step in steps if not whole.get(step, False)), SUMMARY))


def whole_order(draft: Draft, catalogue: TariffCatalogue, language: str, today: date) -> ProductOrder | None:
    """The order that the draft makes; None while something is missing."""
    found = read_order(
        catalogue,
        draft.step(TARIFF).get("tariff", ""),
        draft.step(YOU),
        draft.step(NUMBER),
        draft.step(SIM),
        language=language,
        today=today,
    )
    return found if isinstance(found, ProductOrder) else None
