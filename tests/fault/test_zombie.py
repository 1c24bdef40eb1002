"""A worker that stands still while others take its partitions, and then goes on."""

import pathlib
import signal

import pytest

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

SESSION = {"properties.session.timeout.ms": "6000", "properties.heartbeat.interval.ms": "1000"}


class Stream:
    """Records for all partitions, as many as a test asks for."""

    def __init__(self, kafka, topic: str, partitions: int) -> None:
        self._kafka = kafka
        self._topic = topic
        self._partitions = partitions
        self.produced = 0

    def produce(self, count: int = 40) -> None:
        for partition in range(self._partitions):
            ids = range(self.produced, self.produced + count // self._partitions)
            self._kafka.produce_json(self._topic, [{"id": n} for n in ids], partition=partition)
            self.produced += count // self._partitions


def is_stopped(worker) -> bool:
    status = pathlib.Path(f"/proc/{worker.process.pid}/stat").read_text()
    return status.rpartition(")")[2].split()[0] == "T"


@pytest.mark.slow
@pytest.mark.sample
@pytest.mark.parametrize(
    "where", ["anywhere", "commit.manifest.before", "commit.swap.before", "commit.swap.after"]
)
def test_a_worker_stopped_through_a_rebalance_doubles_nothing(
    kafka, topic, lake, frazil, faulty_frazil, where
):
    name = topic(partitions=4)
    stream = Stream(kafka, name, 4)
    options = script.FROM_START | SESSION | {"properties.group.id": name}
    text = script.copying(lake, kafka.bootstrap, name, options, {"commit.interval": "200 ms"})
    file = script.write(frazil.folder, text)

    # The first worker has everything to itself, until it stands still.
    if where == "anywhere":
        zombie = frazil.start("run", file)
        until(lambda: lake.count("events") > 100 or stream.produce(), "rows", context=zombie.tail)
        stream.produce()
        zombie.process.send_signal(signal.SIGSTOP)
    else:
        zombie = faulty_frazil.start("run", file, FRAZIL_FAULTS=f"{where}=stop@4")

    def stands_still() -> bool:
        if is_stopped(zombie):
            return True
        stream.produce()
        return False

    until(stands_still, "the first worker to stand still", context=zombie.tail)

    # Another one takes all partitions over, and commits records that the first one has read.
    left_at = lake.ledger("events")
    heir = frazil.start("run", file)

    def has_taken_over() -> bool:
        stream.produce()
        ledger = lake.ledger("events")
        return all(ledger[place] > offset for place, offset in left_at.items())

    until(has_taken_over, "the other worker to inherit", 60, heir.tail)
    assert is_stopped(zombie)
    assert heir.output().count("reading") == 4

    # The first one wakes with files for records that are in the table already.
    zombie.process.send_signal(signal.SIGCONT)
    until(lambda: "starting again from the ledger" in zombie.output(), "it to notice", 60)
    stream.produce(400)
    until(lambda: lake.count("events") >= stream.produced, "all rows", 60, heir.tail)
    for worker in (zombie, heir):
        worker.process.terminate()
    for worker in (zombie, heir):
        assert worker.exit_code(60) == 0, worker.tail()
    stream.produce()
    bounded = {"scan.bounded.mode": "latest-offset", "scan.assignment": "static"}
    rest = script.copying(lake, kafka.bootstrap, name, options | bounded)
    frazil.ok("run", script.write(frazil.folder, rest, name="rest.sql"))
    assert_exactly_once(lake, "events", held(kafka, name))
