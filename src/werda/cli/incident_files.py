"""The files of a timeline: JSON and CSV for machines, a PDF for people (A7). A file is new and its writer's alone."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from werda.cli.failing import Unusable
from werda.core.incident import Incident
from werda.documents.incident_report import Line, Report, incident_report
from werda.store.queries.incident_timeline import Moment

Writer = Callable[[Incident, Sequence[Moment], ZoneInfo, str, datetime], bytes]


def as_json(incident: Incident, moments: Sequence[Moment], _: ZoneInfo, __: str, now: datetime) -> bytes:
    """Everything, times in UTC."""
    content = {
        "incident": {**asdict(incident), "state": incident.state.value},
        "clocks": [asdict(clock) for clock in incident.clocks(now)],
        "exported_at": now,
        "timeline": [asdict(moment) for moment in moments],
    }
    return (json.dumps(content, default=_time, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(_: Incident, moments: Sequence[Moment], __: ZoneInfo, ___: str, ____: datetime) -> bytes:
    """The timeline alone, one line for each moment, times in UTC (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(Moment.__slots__)
    for moment in moments:
        cells = {**asdict(moment), "at": moment.at.isoformat() if moment.at else ""}
        writer.writerow([_harmless(str(cell)) for cell in cells.values()])
    return out.getvalue().encode()


def as_pdf(incident: Incident, moments: Sequence[Moment], zone: ZoneInfo, language: str, now: datetime) -> bytes:
    """The report for people."""
    lines = [Line(m.at, m.what, m.id, m.customer, m.call, m.said, m.by, m.marked, m.hash) for m in moments]
    return incident_report(Report(incident, lines, zone, language, now))


WRITERS: Final[Mapping[str, Writer]] = {".json": as_json, ".csv": as_csv, ".pdf": as_pdf}


def write_new(file: Path, content: bytes) -> None:
    """Write a file that must not be there yet, readable by its owner only."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Unusable(f"{file} is there already; name a new file") from None
    except OSError as problem:
        raise Unusable(f"{file} cannot be written: {problem.strerror}") from None
    with os.fdopen(handle, "wb") as out:
        out.write(content)


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: what a caller's network says could be one."""
    return f"'{cell}" if re.match(r"[=+\-@\t\r]", cell) else cell


def _time(value: object) -> str:
    assert isinstance(value, datetime), "nothing else is not JSON"
    return value.isoformat()
