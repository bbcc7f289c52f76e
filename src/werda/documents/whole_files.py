"""Files that belong together appear under their names when all are whole, or not at all.

They are written beside their names, readable for their owner only, and renamed in order; the last one's name is the
sign that all are there, and until it is renamed nobody else may write them. A crash leaves no half file under a final
name; what it leaves beside is written over next time.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class FilesAreBusy(RuntimeError):
    """Another process is writing the same files; wait for it, or choose another name."""


@contextmanager
def whole_or_not_at_all(*finals: Path) -> Iterator[list[Path]]:
    """Paths beside the given ones, to be written within the block. One that is still empty then gets no name; the last
    may not be.

    Whatever ends the block early removes them and leaves the final names alone. Raises `FilesAreBusy`.
    """
    parts = [final.with_name(f"{final.name}.part") for final in finals]
    lock = _take(parts[-1])
    try:
        for part in parts[:-1]:
            part.unlink(missing_ok=True)  # of a process that crashed
            os.close(_own(part))
        yield parts
        _put_in_place(parts, finals)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    finally:
        os.close(lock)


def _take(part: Path) -> int:
    """Open a file that nobody else may take meanwhile; a lock ends with the process that holds it."""
    while True:
        descriptor = _own(part)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FilesAreBusy(f"another process is writing {part.name}") from None
        with suppress(FileNotFoundError):
            if os.path.samestat(part.stat(), os.fstat(descriptor)):
                os.ftruncate(descriptor, 0)
                return descriptor
        os.close(descriptor)  # the one that held it has just renamed or removed it


def _own(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _put_in_place(parts: list[Path], finals: Sequence[Path]) -> None:
    """The old last file goes first: between the renames none vouches for files it does not belong to."""
    for part in parts:
        _sync(part)
    finals[-1].unlink(missing_ok=True)
    for part, final in zip(parts, finals, strict=True):
        if part.stat().st_size:
            part.rename(final)
        else:
            part.unlink()
            final.unlink(missing_ok=True)
    for folder in {final.parent for final in finals}:
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
