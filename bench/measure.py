"""CPU time and memory of a process with all it starts, from /proc."""

import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass, field

from servers.process import die_with_parent

_PR_SET_CHILD_SUBREAPER = 36
_TICKS = os.sysconf("SC_CLK_TCK")
_SCAN_SECONDS = 0.5


def adopt_orphans() -> None:
    """Makes this process the parent of what its descendants leave behind, so that the CPU time of
    those is not lost with them."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


@dataclass
class _Process:
    started: int
    rss: int = 0
    highest_rss: int = 0
    samples: int = 0


@dataclass
class Usage:
    """What a tree of processes has used up to a moment."""

    cpu_seconds: float = 0
    peak_rss_bytes: int = 0
    """The largest sum over the processes."""
    largest_rss_bytes: int = 0
    """The peak of the process with the highest one."""


@dataclass
class Tree:
    """A process in a session of its own, with all processes of that session."""

    process: subprocess.Popen
    _known: dict[int, _Process] = field(default_factory=dict)
    _scanned: float = 0
    _usage: Usage = field(default_factory=Usage)

    @classmethod
    def start(
        cls,
        arguments: list[str],
        log: pathlib.Path,
        folder: pathlib.Path,
        environment: dict[str, str] | None = None,
    ) -> "Tree":
        """In the given working folder; `environment` is added to ours."""
        with log.open("ab") as output:
            return cls(
                subprocess.Popen(
                    arguments,
                    cwd=folder,
                    env=os.environ | (environment or {}),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            )

    @property
    def session(self) -> int:
        return self.process.pid

    def ended(self) -> bool:
        """Whether the first process has ended. It stays a zombie, whose times can be read."""
        state = os.waitid(os.P_PID, self.session, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None

    def sample(self, scan: bool = False) -> Usage:
        """Looks at the tree; for new processes at times, or when told to."""
        now = time.monotonic()
        if scan or now - self._scanned >= _SCAN_SECONDS:
            self._scanned = now
            self._scan()
        total = rss = 0
        # Parents before children: one that ends meanwhile is missed now, and never counted twice.
        for pid in sorted(self._known, key=lambda one: self._known[one].started):
            stat = _stat(pid)
            if stat is None or stat.started != self._known[pid].started:
                del self._known[pid]  # its parent has its times
                continue
            total += stat.cpu_ticks
            rss += self._look_at_memory(pid)
        usage = self._usage
        # A process that just ended may be seen neither by itself nor in its parent's sum.
        usage.cpu_seconds = max(usage.cpu_seconds, total / _TICKS)
        usage.largest_rss_bytes = max(
            [usage.largest_rss_bytes, *(one.highest_rss for one in self._known.values())]
        )
        usage.peak_rss_bytes = max(usage.peak_rss_bytes, rss, usage.largest_rss_bytes)
        return Usage(**vars(usage))

    def stop(self, seconds: float = 20) -> None:
        """SIGTERM to all of them, SIGKILL after a while; nothing of them is left."""
        deadline = time.monotonic() + seconds
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.session, sent)
            while self._alive():
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            else:
                break
            deadline = time.monotonic() + seconds
        self.process.wait()
        for pid in self._known:  # adopted ones wait for this
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def _alive(self) -> bool:
        self._scan()
        return any(
            stat is not None and stat.state != "Z" for stat in map(_stat, list(self._known))
        )

    def _scan(self) -> None:
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            pid = int(name)
            stat = _stat(pid)
            if stat is not None and stat.session == self.session:
                if pid not in self._known or self._known[pid].started != stat.started:
                    self._known[pid] = _Process(stat.started)

    def _look_at_memory(self, pid: int) -> int:
        one = self._known[pid]
        with contextlib.suppress(OSError):
            sizes = _kib_of(pathlib.Path(f"/proc/{pid}/status").read_text())
            one.rss = sizes.get("VmRSS", 0)
            one.samples += 1
            # A child between vfork and exec shows its parent's memory: only what stays counts.
            if one.samples > 1:
                one.highest_rss = sizes.get("VmHWM", one.highest_rss)
        return one.rss if one.samples > 1 else 0


@dataclass(frozen=True)
class _Stat:
    state: str
    session: int
    cpu_ticks: int
    started: int


def _stat(pid: int) -> _Stat | None:
    """User and system time include those of the children that were waited for."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return _Stat(fields[0], int(fields[3]), sum(map(int, fields[11:15])), int(fields[19]))


def _kib_of(status: str) -> dict[str, int]:
    sizes = {}
    for line in status.splitlines():
        if line.startswith(("VmRSS:", "VmHWM:")):
            name, value, _ = line.split()
            sizes[name.rstrip(":")] = int(value) * 1024
    return sizes


def bytes_written(pid: int) -> int:
    """All that the process has written so far, into files and sockets, sendfile included."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/{pid}/io has no wchar")
