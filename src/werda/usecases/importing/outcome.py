"""What an import says about rows: which stayed out and why, and what deserves a look. Never what a cell held (B9)."""

from dataclasses import dataclass, field


class UnusableFile(ValueError):
    """The whole file cannot be used; the message says why and what to do. Nothing of it that is bad went in."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a row. `line` counts from 1, the header; `column` is empty when it is the row as a whole."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Outcome:
    """What became of a chunk of rows. `changed` holds the lines whose row added or changed anything."""

    changed: set[int] = field(default_factory=set)
    rejects: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def reject(self, line: int, column: str, reason: str) -> None:
        """Keep the row of `line` out, for this reason."""
        self.rejects.append(Remark(line, column, reason))

    def warn(self, line: int, column: str, reason: str) -> None:
        """Say what deserves a look; the row goes in."""
        self.warnings.append(Remark(line, column, reason))
