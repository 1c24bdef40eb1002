"""Frazil beside other systems: the same topic of a real broker into an Iceberg table.

    ./dev bench [system...] [--events 8000000] [--heap MB] [--patience 1] [--keep folder]

Each system is measured alone, one after the other, on one topic and with one kind of catalog. What
comes out is only to be compared within one run. docs/benchmarks.md says what the figures mean.
"""

import argparse
import datetime
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from servers.kafka import Kafka

from . import measure, topic, trial
from .report import Entry, Report
from .systems import COMMIT_SECONDS, System, required
from .systems.connect import Connect
from .systems.flink import Flink
from .systems.frazil import Frazil, FrazilWithDuckDB
from .systems.spark import Spark
from .trial import Figures

SYSTEMS: list[System] = [Frazil(), FrazilWithDuckDB(), Flink(), Connect(), Spark()]

_OUTPUT = pathlib.Path(__file__).resolve().parents[1] / "build" / "bench"

_MINUTES = 18
"""For the systems; what has not begun by then is not run. The topic takes one or two more."""

# A system that is so much slower than the slowest seen hangs.
_LEAST_ROWS_PER_SECOND = 40_000
_LONGEST_START_SECONDS = 90
_SHORT_SECONDS = 20


def parse() -> argparse.Namespace:
    names = [system.name for system in SYSTEMS]
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*", metavar="system", help=f"of {', '.join(names)}; all")
    parser.add_argument("--events", type=int, default=8_000_000, help="(%(default)s)")
    parser.add_argument(
        "--heap", type=int, action="append", help="MB, of JVMs, instead of the usual; repeatable"
    )
    parser.add_argument("--patience", type=float, default=1, help="factor on all time limits")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for all that is written")
    arguments = parser.parse_args()
    unknown = set(arguments.systems) - set(names)
    if unknown:
        parser.error(f"no such system: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


def say(text: str) -> None:
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


class Comparison:
    """The topic, the time there is, and what came of the systems so far."""

    def __init__(
        self, kafka: Kafka, folder: pathlib.Path, contents: topic.Contents, seconds: float
    ) -> None:
        self._kafka = kafka
        self._folder = folder
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._contents = contents
        self.entries: list[Entry] = []

    def run_small(self, system: System, usual: Figures) -> None:
        """With the first of the system's small heaps with which it is not thrice as slow."""
        for heap_mb in system.small_heaps_mb:
            if self.run(system, heap_mb, 3 * usual.all_rows.seconds + _SHORT_SECONDS):
                return

    def run(self, system: System, heap_mb: int | None, seconds: float) -> Figures | None:
        """Goes on whatever happens: a system that fails is a line in the report."""
        place = self._folder / (system.name + (f"-{heap_mb}" if heap_mb else ""))
        place.mkdir()
        say(system.title + (f", heap {heap_mb} MB" if heap_mb else ""))
        left = self._deadline - time.monotonic()
        figures, failure = None, ""
        try:
            if left < _SHORT_SECONDS:
                raise trial.Failed(f"not run: {self._seconds / 60:.0f} minutes are over")
            expected = self._contents.digest
            figures = trial.run(
                system, self._kafka, place, expected, heap_mb, min(seconds, left)
            )
            say(_short(figures))
            shutil.rmtree(place / "warehouse")
        except Exception as caught:
            failure = str(caught) or repr(caught)
            say(f"failed: {failure}")
        self.entries.append(Entry(system.name, system.title, heap_mb, figures, failure))
        return figures


def _short(figures: Figures) -> str:
    return (
        f"{figures.rows_per_second:,.0f} rows/s, {figures.cpu_us:.2f} us/message,"
        f" {figures.all_rows.usage.peak_rss_bytes / 1e6:.0f} MB"
    )


def compare(arguments: argparse.Namespace, folder: pathlib.Path, kafka: Kafka) -> Report:
    """All systems as they are usually run, and then with as little memory as will do."""
    say(f"filling the topic with {arguments.events:,} events")
    topic.fill(kafka, required("FRAZIL_BIN"), arguments.events, folder / "produce.log")
    say("reading it, for what the tables must hold")
    contents = topic.read(kafka, folder)
    if contents.digest.rows != arguments.events:
        raise RuntimeError(f"the topic has {contents.digest.rows:,} events")
    patience = arguments.patience
    comparison = Comparison(kafka, folder, contents, patience * _MINUTES * 60)
    slow = patience * (_LONGEST_START_SECONDS + arguments.events / _LEAST_ROWS_PER_SECOND)
    wanted = [one for one in SYSTEMS if not arguments.systems or one.name in arguments.systems]
    if arguments.heap:
        for system in wanted:
            for heap_mb in arguments.heap if system.heap_mb else [None]:
                comparison.run(system, heap_mb, slow)
    else:
        usual = [(system, comparison.run(system, system.heap_mb, slow)) for system in wanted]
        for system, figures in usual:
            if figures:
                comparison.run_small(system, figures)
    date = f"{datetime.date.today():%Y-%m-%d}"
    return Report(contents, topic.PARTITIONS, COMMIT_SECONDS, date, comparison.entries)


def write(report: Report) -> pathlib.Path:
    _OUTPUT.mkdir(parents=True, exist_ok=True)
    file = _OUTPUT / f"{datetime.datetime.now():%Y%m%d-%H%M%S}.md"
    file.write_text(report.markdown())
    file.with_suffix(".json").write_text(report.json())
    return file


def main() -> int:
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    measure.adopt_orphans()
    folder = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="frazil-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    kafka = Kafka(folder / "kafka", pathlib.Path(required("FRAZIL_KAFKA_LIBS")))
    kafka.start()
    try:
        report = compare(arguments, folder, kafka)
    finally:
        kafka.stop()
        shutil.rmtree(folder / "kafka" / "data", ignore_errors=True)
    file = write(report)
    print(f"\n{report.markdown()}\n{os.path.relpath(file)} and .json have it")
    done = {entry.name for entry in report.entries if entry.figures}
    failed = any(entry.name not in done for entry in report.entries)
    if failed:
        print(f"what the systems wrote is in {folder}", file=sys.stderr)
    elif not arguments.keep:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
