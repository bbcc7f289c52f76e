"""CPU time and memory of processes, as the operating system counts them."""

from dataclasses import dataclass

import psutil


def _alive(pids: list[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def cpu_seconds(*pids: int) -> float:
    """CPU seconds used so far by these processes and all their children, alive or gone."""
    total = 0.0
    for process in _alive(list(pids)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass(frozen=True)
class Memory:
    """Megabytes: `private` belongs to the processes alone, `resident` counts what they share as well."""

    private: float
    resident: float


def memory(*pids: int) -> Memory:
    """The memory of these processes and their children."""
    infos = [process.memory_full_info() for process in _alive(list(pids))]
    return Memory(sum(i.uss for i in infos) / 1e6, max((i.rss for i in infos), default=0) / 1e6)
