"""Tables of results, for the terminal and for docs/performance.md."""

import os
import platform
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

import psutil

HEADINGS = ("what", "figure", "to pgbench", "goal", "CPU for one", "p50 / p99")
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True)
class Row:
    """One measured thing; empty where a column does not apply."""

    what: str
    figure: str
    ratio: str
    goal: str
    cpu: str
    latency: str


@dataclass(frozen=True)
class Table:
    """What was measured in one setting."""

    title: str
    rows: Sequence[Row | tuple[str, ...]]
    headings: tuple[str, ...] = HEADINGS

    def __str__(self) -> str:
        lines = [self.headings, *(row if isinstance(row, tuple) else astuple(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headings))]
        body = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |" for line in lines]
        body.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
        return "\n".join([f"### {self.title}", "", *body, ""])


def machine() -> str:
    """The machine the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    gib = psutil.virtual_memory().total / 2**30
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({model}), {gib:.0f} GiB, {system}"


def keep(tables: Sequence[Table], page: Path) -> None:
    """Put the tables between the page's two marks; tables that were not measured now stay, and so does what a person
    wrote around them."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    kept = dict(_titled(section) for section in rest.partition(END)[0].split("### ")[1:])
    measured = f"\nMeasured on {date.today().isoformat()}: {machine()}.\n\n"
    kept |= {table.title: f"{table}{measured}" for table in tables}
    page.write_text(f"{before}{BEGIN}\n{''.join(kept.values())}{END}{after}", encoding="utf-8")


def _titled(section: str) -> tuple[str, str]:
    return section.partition("\n")[0], f"### {section}"
