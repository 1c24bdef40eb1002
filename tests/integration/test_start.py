"""The start of a pipeline is work and answers of the broker: it waits for no clock."""

import contextlib
import datetime
import pathlib
import re
import time
from dataclasses import dataclass

import pytest

from support import script
from support.waiting import until

TRIES = 5

# Less than the intervals of a client: until it refreshes metadata, tries again, joins a group.
MOST_IDLE_SECONDS = 0.15
# It takes 0.07 to 0.1 s.
MOST_CPU_SECONDS = 0.6


@dataclass
class Work:
    """Of all threads of a process so far."""

    cpu_seconds: float = 0
    waited_seconds: float = 0
    """For a processor."""

    @classmethod
    def of(cls, pid: int) -> "Work":
        work = cls()
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has ended
                had, waited, _ = (thread / "schedstat").read_text().split()
                work.cpu_seconds += int(had) / 1e9
                work.waited_seconds += int(waited) / 1e9
        return work

    @property
    def seconds(self) -> float:
        return self.cpu_seconds + self.waited_seconds


@dataclass
class Start:
    """Of the process, up to reading."""

    idle_seconds: float
    """Without the time in which threads of its or of the broker's were at work or could have been
    if the machine had less to do; less than nothing where several were at a time."""
    cpu_seconds: float


def start_and_stop(frazil, file: pathlib.Path, broker: int) -> Start:
    before = Work.of(broker)
    begin = time.time()
    worker = frazil.start("run", file)
    reading = until(
        lambda: re.search(r"^(\S+) info +reading ", worker.output(), re.MULTILINE),
        "the first poll",
        context=worker.tail,
    )
    ours, after = Work.of(worker.process.pid), Work.of(broker)
    worker.process.terminate()
    assert worker.exit_code() == 0, worker.tail()
    seconds = datetime.datetime.fromisoformat(reading[1]).timestamp() - begin
    worked = ours.seconds + after.seconds - before.seconds
    return Start(seconds - worked, ours.cpu_seconds)


@pytest.mark.parametrize("assignment", ["static", "group"])
def test_the_first_poll_waits_for_no_clock(kafka, topic, lake, frazil, assignment):
    name = topic(partitions=4)
    named = script.set_all({"pipeline.name": "start"})
    text = script.copying(lake, kafka.bootstrap, name)
    frazil.ok("run", script.write(frazil.folder, named, text))
    starts = []
    for n in range(TRIES):
        options = script.FROM_START | {
            "scan.assignment": assignment,
            # The member of the last one is still in its group.
            "properties.group.id": f"{name}-{n}",
        }
        text = script.copying(lake, kafka.bootstrap, name, options)
        file = script.write(frazil.folder, named, text)
        starts.append(start_and_stop(frazil, file, kafka.pid))
    assert min(one.idle_seconds for one in starts) < MOST_IDLE_SECONDS, starts
    assert min(one.cpu_seconds for one in starts) < MOST_CPU_SECONDS, starts
