"""`make drill`: lose the leader of three database nodes, fill the disk; docs/reliability.md keeps what happened."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

_folder = Path(mkdtemp(prefix="werda-drill-"))
os.environ["WERDA_HOME"] = str(_folder / "home")
os.environ["REQUIRE_ALL"] = "1"

from bench import report  # noqa: E402
from drill import failover, full_disk  # noqa: E402

PARTS = {"failover": failover, "full disk": full_disk}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m drill", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/reliability.md")
    chosen = parser.parse_args(arguments)
    for name in [chosen.only] if chosen.only else PARTS:
        folder = _folder / name.replace(" ", "-")
        folder.mkdir(parents=True)
        _folder.chmod(0o755)
        table = report.Table(name.capitalize(), PARTS[name].measure(folder), PARTS[name].HEADINGS)
        print(table, flush=True)
        if chosen.write:
            report.keep([table], Path("docs/reliability.md"))
    shutil.rmtree(_folder)  # what failed stays, with its logs


if __name__ == "__main__":
    main(sys.argv[1:])
