"""How many of a brand's customers may hold the same code (B3).

A cap keeps the most frequent code near its fair share whatever people choose: against it, one guess on every account
opens at most three times what it would open if all codes were random. It counts for random codes, too.
"""

from typing import Final

from werda.core.customer_code import CodeFormat

ALWAYS: Final = 10
"""So many may hold a code in a small brand, where chance alone would exceed its share."""

TIMES_THE_SHARE: Final = 3


def cap(customers: int, code_format: CodeFormat) -> int:
    """The most holders of one code among so many customers: three times the uniform share, and never below ten (B3).

    A fraction of a holder is nobody: 40 000 customers with four digits have a share of 4 and a cap of 12.
    """
    values: int = 10**code_format.digits
    return max(ALWAYS, TIMES_THE_SHARE * customers // values)
