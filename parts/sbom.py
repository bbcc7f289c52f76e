"""Name everything that is installed, as CycloneDX 1.6 JSON: `make sbom` writes var/sbom.json.

Python packages with their licences and who needs whom; PostgreSQL from its wheel; fonts that are shipped; Debian
packages and the Asterisk tree of parts/bring.py where they are there. The same installation gives the same file, byte
for byte: it holds no time, and its number is made from what it lists.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from parts import bring

ROOT = Path(__file__).parents[1]

FONT = ("Atkinson Hyperlegible Next", "2.001", "OFL-1.1")


def component(kind: str, name: str, version: str, licence: str = "") -> Component:
    """One thing; `kind` is the type of its package URL."""
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY if kind == "pypi" else ComponentType.APPLICATION,
        purl=PackageURL(kind, None, name, version),
        bom_ref=f"{kind}:{name}@{version}",
        licenses=[DisjunctiveLicense(name=licence)] if licence else [],
    )


def python_packages() -> dict[str, tuple[Component, metadata.Distribution]]:
    """What is installed beside this interpreter, by canonical name."""
    found: dict[str, tuple[Component, metadata.Distribution]] = {}
    for one in metadata.distributions():
        name = canonicalize_name(one.metadata["Name"])
        about = one.metadata.json
        told = str(about.get("license_expression") or about.get("license") or "")
        found[name] = (component("pypi", name, one.version, told.strip().split("\n")[0][:100]), one)
    return found


def other_parts() -> Iterator[Component]:
    """What is not Python, as far as it is here."""
    from werda.store.postgres import binaries

    version = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    yield component("generic", "postgresql", version.split()[-1], "PostgreSQL")
    yield component("generic", *FONT)
    places = [(Path("/"), name) for name in bring.PACKAGES.values()]
    places += [(bring.CACHE / "asterisk", name) for name in bring.ASTERISK_PACKAGES.split(",")]
    for root, name in places:
        found = debian_version(root, name)
        if found is not None:
            yield component("deb", name, found)


def debian_version(root: Path, package: str) -> str | None:
    """The version of a Debian package that is installed under `root`."""
    status = root / "var/lib/dpkg/status"
    if not status.is_file():
        return None
    for paragraph in status.read_text(encoding="utf-8", errors="replace").split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in paragraph.split("\n") if line[:1].isalpha())
        if fields.get("Package") == package and fields.get("Status", "").endswith(" installed"):
            return fields["Version"]
    return None


def sbom() -> str:
    """The document."""
    bom = Bom()
    packages = python_packages()
    for one, _ in packages.values():
        bom.components.add(one)
    for one, installed in packages.values():
        needed = (Requirement(text) for text in installed.requires or ())
        names = {canonicalize_name(r.name) for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})}
        bom.register_dependency(one, [packages[name][0] for name in sorted(names & packages.keys())])
    for one in other_parts():
        bom.components.add(one)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"].pop("timestamp", None)
    document.pop("serialNumber", None)
    listed = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, listed)}"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write it."""
    file = ROOT / "var/sbom.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(sbom(), encoding="utf-8")
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
