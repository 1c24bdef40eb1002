"""One system copies the topic into an empty table, and is watched."""

import datetime
import pathlib
import re
import time
from dataclasses import dataclass

from servers.kafka import Kafka

from .measure import Tree, Usage, bytes_written
from .systems import Command, Job, System
from .table import Findings, Target
from .topic import NAME, Digest

_PAUSE_SECONDS = 0.1
# More than a client asks before it reads; less than one fetch of a filled topic.
_FIRST_DATA_BYTES = 256 * 1024
_TOLD_BYTES = 3000


@dataclass(frozen=True)
class Moment:
    seconds: float
    """Since the start."""
    usage: Usage


@dataclass(frozen=True)
class Figures:
    """Of one run that did all of its work."""

    first_data: Moment
    """The broker has handed out its first data: what comes before is start-up."""
    all_rows: Moment
    """The last row is in the table, as the catalog shows it."""
    events: int
    findings: Findings
    first_poll_seconds: float | None
    """Since the start; None where the system does not tell."""

    @property
    def seconds(self) -> float:
        return self.all_rows.seconds - self.first_data.seconds

    @property
    def rows_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Per message, of all threads, net of start-up."""
        used = self.all_rows.usage.cpu_seconds - self.first_data.usage.cpu_seconds
        return used * 1e6 / self.events

    @property
    def whole_cpu_us(self) -> float:
        """Per message, with start-up."""
        return self.all_rows.usage.cpu_seconds * 1e6 / self.events


class Failed(Exception):
    """A system did not do all of its work, or not rightly."""


def run(
    system: System,
    kafka: Kafka,
    folder: pathlib.Path,
    expected: Digest,
    heap_mb: int | None,
    seconds: float,
) -> Figures:
    """Raises Failed when the rows are not all there in time, or are not those expected."""
    target = Target(folder)
    job = Job(folder, kafka, NAME, target, heap_mb)
    command = system.command(job)
    begin = time.time()
    first, last = _watch(command, job, expected.rows, seconds)
    findings = target.find()
    if findings.digest != expected:
        raise Failed(f"wrong rows: {findings.digest}, not {expected}")
    polled = _first_poll(command, job)
    return Figures(first, last, expected.rows, findings, polled - begin if polled else None)


def _first_poll(command: Command, job: Job) -> float | None:
    """In seconds since the epoch."""
    if not command.first_poll:
        return None
    told = re.search(command.first_poll, _log(job).read_text(errors="replace"), re.MULTILINE)
    return datetime.datetime.fromisoformat(told[1]).timestamp() if told else None


def _log(job: Job) -> pathlib.Path:
    return job.folder / "output.log"


def _watch(command: Command, job: Job, rows: int, seconds: float) -> tuple[Moment, Moment]:
    log = _log(job)
    broker = job.kafka.pid
    before = bytes_written(broker)
    begin = time.monotonic()
    tree = Tree.start(command.arguments, log, job.folder, command.environment)
    first: Moment | None = None
    try:
        while True:
            usage = tree.sample()
            now = Moment(time.monotonic() - begin, usage)
            if first is None:
                if bytes_written(broker) - before >= _FIRST_DATA_BYTES:
                    first = now
            there = job.target.rows()
            if there >= rows:
                now = Moment(time.monotonic() - begin, tree.sample(scan=True))
                return first or now, now
            if tree.ended() and job.target.rows() < rows:
                raise Failed(f"ended with {there:,} of {rows:,} rows\n{_tail(log)}")
            if now.seconds > seconds:
                raise Failed(f"{there:,} of {rows:,} rows after {seconds:.0f} s\n{_tail(log)}")
            time.sleep(_PAUSE_SECONDS if first else _PAUSE_SECONDS / 10)
    finally:
        tree.stop()


def _tail(log: pathlib.Path) -> str:
    return log.read_text(errors="replace")[-_TOLD_BYTES:]
