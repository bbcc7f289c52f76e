"""One PDF out of many, written as they come: what is in the file already is not in memory any more.

PDF libraries merge by holding every page. Here the pages of each part are copied object by object and numbered on; of
what was written only the places are kept, in a temporary file, for the table at the end (ISO 32000-1, 7.5). The whole
keeps PDF/A-2b when its parts do. Tags are not copied: a print run is read by machines.
"""

import hashlib
from collections import deque
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Final
from xml.sax.saxutils import escape

import pikepdf

_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_ROOT: Final = 1
"""The number of the root of the page tree, which every part's pages name as their parent."""
_NOT_COPIED: Final = frozenset({"/StructParents", "/StructParent", "/Tabs"})
_BLANK: Final = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595.2756 841.8898]/Resources<<>>>>" % _ROOT

_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<xmp:CreateDate>{made_at}</xmp:CreateDate><xmp:ModifyDate>{made_at}</xmp:ModifyDate><xmp:CreatorTool>Werda</xmp:CreatorTool>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


class PdfFile:
    """A PDF being written to `file`, which is open for binary writing and empty. `finish` makes it whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._table = TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._digest = hashlib.sha256()
        self._parts: list[int] = []
        self._output_intent = 0
        self._last = _ROOT
        self._at = 0
        self.pages = 0
        self._write(_HEADER)

    def add(self, part: bytes, *, even: bool = False) -> int:
        """Append the pages of a PDF, and a blank one if their number must be `even` and is not; gives that number."""
        self._digest.update(part)
        with pikepdf.open(BytesIO(part)) as pdf:
            copy = _Copy(self, pdf)
            if not self._output_intent:
                self._output_intent = copy.all_of(pdf.Root.OutputIntents[0])
            self._parts.append(copy.all_of(pdf.Root.Pages))
            count = len(pdf.pages)
        if even and count % 2:
            self._parts.append(self.new_object())
            self.write_object(self._parts[-1], _BLANK)
            count += 1
        self.pages += count
        return count

    def finish(self, *, title: str, made_at: datetime) -> None:
        """Write what binds the parts together. There must be one."""
        kids = b" ".join(b"%d 0 R" % part for part in self._parts)
        self.write_object(_ROOT, b"<</Type/Pages/Count %d/Kids[%b]>>" % (self.pages, kids))
        about = _XMP.format(title=escape(title), made_at=made_at.isoformat(timespec="seconds")).encode()
        metadata = self.new_object()
        self.write_object(metadata, b"<</Type/Metadata/Subtype/XML/Length %d>>" % len(about), about)
        catalog = self.new_object()
        self.write_object(
            catalog,
            b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%d 0 R]>>"
            % (_ROOT, metadata, self._output_intent),
        )
        self._write_table(catalog)

    def close(self) -> None:
        """Let the table go, also of a file that is not finished."""
        self._table.close()

    def new_object(self) -> int:
        """The next number."""
        self._last += 1
        return self._last

    def write_object(self, number: int, value: bytes, stream: bytes | None = None) -> None:
        """Write an indirect object, with its stream if it has one."""
        self._table.seek(20 * number)
        self._table.write(b"%010d 00000 n \n" % self._at)
        data = b"" if stream is None else b"\nstream\n%b\nendstream" % stream
        self._write(b"%d 0 obj\n%b%b\nendobj\n" % (number, value, data))

    def _write_table(self, catalog: int) -> None:
        start, size = self._at, self._last + 1
        self._write(b"xref\n0 %d\n" % size)
        self._table.seek(0)
        self._table.write(b"%010d 65535 f \n" % 0)
        self._table.seek(0)
        while piece := self._table.read(20 * 4096):
            self._write(piece)
        name = self._digest.hexdigest()[:32].encode()
        self._write(b"trailer\n<</Size %d/Root %d 0 R/ID[<%b><%b>]>>\n" % (size, catalog, name, name))
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


class _Copy:
    """Copies what hangs on an object of `pdf`, each indirect object once and under a new number."""

    def __init__(self, file: PdfFile, pdf: pikepdf.Pdf) -> None:
        self._file = file
        self._numbers: dict[tuple[int, int], int] = {}
        self._waiting: deque[pikepdf.Object] = deque()
        self._top = pdf.Root.Pages.objgen

    def all_of(self, thing: pikepdf.Object) -> int:
        """Copy an indirect object and everything it refers to; gives its new number."""
        number = self._number(thing)
        while self._waiting:
            this = self._waiting.popleft()
            stream = this.read_raw_bytes() if isinstance(this, pikepdf.Stream) else None
            self._file.write_object(self._number(this), self._value(this), stream)
        return number

    def _number(self, thing: pikepdf.Object) -> int:
        if thing.objgen not in self._numbers:
            self._numbers[thing.objgen] = self._file.new_object()
            self._waiting.append(thing)
        return self._numbers[thing.objgen]

    def _value(self, thing: object) -> bytes:
        """A value as it is written; what it refers to is not."""
        match thing:
            case pikepdf.Dictionary() | pikepdf.Stream():
                entries = {name: value for name, value in thing.items() if name not in _NOT_COPIED}
                written = [b"%b %b" % (name.encode(), self._inner(value)) for name, value in entries.items()]
                if thing.objgen == self._top:
                    written.append(b"/Parent %d 0 R" % _ROOT)
                return b"<<%b>>" % b" ".join(written)
            case pikepdf.Array():
                return b"[%b]" % b" ".join(map(self._inner, thing))
            case pikepdf.Object():
                return thing.unparse()
            case bool():
                return b"true" if thing else b"false"
            case Decimal() | int():
                return format(thing, "f" if isinstance(thing, Decimal) else "d").encode()
            case None:
                return b"null"
        raise TypeError(f"a PDF holds no {type(thing).__name__}")

    def _inner(self, value: object) -> bytes:
        if isinstance(value, pikepdf.Object) and value.is_indirect:
            return b"%d 0 R" % self._number(value)
        return self._value(value)
