"""What is ordered from the operator, and where an order can be (design decision 10)."""

from enum import StrEnum
from typing import Final


class OrderKind(StrEnum):
    """What the operator is asked for. The names are part of the message's type."""

    PRODUCT = "product"  # a new contract, from the order flow or an existing shop
    REPLACE_SIM = "replace_sim"
    PORT_OUT = "port_out"
    END_CONTRACT = "end_contract"
    BOOK_OPTION = "book_option"  # S13
    CANCEL_OPTION = "cancel_option"


class OrderState(StrEnum):
    """Where an order is; people see these words."""

    WAITING = "waiting"
    """The customer was told and can cancel it; the operator hears of it once `release_at` has come (A6)."""
    ORDERED = "ordered"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """It waited, and the operator never heard of it."""


RESULTS: Final = frozenset({OrderState.DONE, OrderState.FAILED})
"""What the operator can say of an order."""
