"""The systems that copy the topic into the table: how each is started, and how it is tuned."""

import os
import pathlib
from dataclasses import dataclass, field
from typing import Protocol

from servers.kafka import Kafka

from ..table import Target

COMMIT_SECONDS = 10
"""Between two commits of every system."""


@dataclass(frozen=True)
class Job:
    """What one run has to do, and with what."""

    folder: pathlib.Path
    kafka: Kafka
    topic: str
    target: Target
    heap_mb: int | None
    """Of a JVM."""

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Command:
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    first_poll: str = ""
    """Finds in the log the time (ISO 8601) of the first poll, if it tells."""


class System(Protocol):
    """MUST copy all of the topic into the table that is there; it may end by itself or not."""

    name: str
    """For the command line."""

    title: str

    heap_mb: int | None
    """The usual one of its JVM; None for what has no JVM."""

    small_heaps_mb: tuple[int, ...]
    """Smaller ones, rising: measured with the first that is enough."""

    def command(self, job: Job) -> Command:
        """Prepares the folder."""


def required(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise RuntimeError(f"{variable} is not set; run this by ./dev bench")
    return value


def jvm_options(heap_mb: int) -> list[str]:
    return [f"-Xmx{heap_mb}m", "-XX:+ExitOnOutOfMemoryError"]
