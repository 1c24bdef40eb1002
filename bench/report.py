"""What was measured, as a table for people and as JSON for programs."""

import dataclasses
import json
import os
import pathlib
import platform
from dataclasses import dataclass

from .topic import Contents
from .trial import Figures

_HEADER = """\
| system | heap MB | rows/s | Frazil's by its | CPU us/message | its by Frazil's | with start-up | peak RSS MB | largest process | start-up s | s | files | MB | snapshots |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""

BASELINE = "frazil"

_MB = 1_000_000


@dataclass(frozen=True)
class Entry:
    """A system with one heap, and what came of it."""

    name: str
    title: str
    heap_mb: int | None
    figures: Figures | None
    failure: str = ""


@dataclass(frozen=True)
class Report:
    contents: Contents
    partitions: int
    commit_seconds: int
    date: str
    entries: list[Entry]

    def markdown(self) -> str:
        rows = self.contents.digest.rows
        base = next((one.figures for one in self.entries if one.name == BASELINE), None)
        text = (
            f"{rows:,} events of {self.contents.message_bytes:.0f} bytes,"
            f" {self.partitions} partitions, lz4, a commit each {self.commit_seconds} s;"
            f" {processor()}, {len(os.sched_getaffinity(0))} cores; {self.date}.\n\n{_HEADER}"
        )
        text += "".join(_line(entry, base) for entry in self.entries)
        text += (
            f"\nEach table in it was read by DuckDB and has {rows:,} rows with the checksum of the"
            f" topic, {self.contents.digest.checksum}.\n"
        )
        for entry in self.entries:
            if entry.figures and entry.figures.first_poll_seconds:
                text += (
                    f"\n{entry.title}: first poll {1000 * entry.figures.first_poll_seconds:.0f} ms"
                    " after the start of the process.\n"
                )
        failures = [entry for entry in self.entries if entry.failure]
        for entry in failures:
            heap = f", heap {entry.heap_mb} MB" if entry.heap_mb else ""
            text += f"\n{entry.title}{heap}, failed: {_first_line(entry)}\n"
        return text

    def json(self) -> str:
        return json.dumps(
            {
                "date": self.date,
                "processor": processor(),
                "cores": len(os.sched_getaffinity(0)),
                "kernel": platform.release(),
                "message_bytes": self.contents.message_bytes,
                "expected": dataclasses.asdict(self.contents.digest),
                "entries": [
                    dataclasses.asdict(entry) | {"derived": _derived(entry.figures)}
                    for entry in self.entries
                ],
            },
            indent=1,
        )


def processor() -> str:
    """Its name, as the kernel tells it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _line(entry: Entry, base: Figures | None) -> str:
    heap = entry.heap_mb or ""
    figures = entry.figures
    if figures is None:
        return f"| {entry.title} | {heap} | failed" + " |" * 12 + "\n"
    usage = figures.all_rows.usage
    # Both are larger than 1 where Frazil is better.
    speed = base.rows_per_second / figures.rows_per_second if base else 0
    work = figures.cpu_us / base.cpu_us if base else 0
    return (
        f"| {entry.title} | {heap} | {figures.rows_per_second:,.0f} | {_ratio(speed)} |"
        f" {figures.cpu_us:.2f} | {_ratio(work)} | {figures.whole_cpu_us:.2f} |"
        f" {usage.peak_rss_bytes / _MB:.0f} | {usage.largest_rss_bytes / _MB:.0f} |"
        f" {figures.first_data.seconds:.2f} | {figures.seconds:.1f} | {figures.findings.files} |"
        f" {figures.findings.file_bytes / _MB:.0f} | {figures.findings.snapshots} |\n"
    )


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value else ""


def _derived(figures: Figures | None) -> dict[str, float]:
    if figures is None:
        return {}
    names = ("seconds", "rows_per_second", "cpu_us", "whole_cpu_us")
    return {name: getattr(figures, name) for name in names}


def _first_line(entry: Entry) -> str:
    return entry.failure.partition("\n")[0]
