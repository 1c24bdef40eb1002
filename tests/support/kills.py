"""Workers that are killed at random under a running load, and what is left of the truth."""

import json
import pathlib
import random
import threading

from confluent_kafka import Producer

from servers.kafka import Kafka
from servers.process import Server

from . import script
from .audit import assert_exactly_once, held
from .lake import Lake
from .program import Frazil
from .waiting import until

PARTITIONS = 4


class Load:
    """A thread that produces until it is stopped, some records per second on all partitions."""

    def __init__(self, kafka: Kafka, topic: str, per_second: int) -> None:
        self._kafka = kafka
        self._topic = topic
        self._pause_seconds = 0.01
        self._per_pause = max(1, round(per_second * self._pause_seconds))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None
        self.produced = 0

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Returns when the broker has everything."""
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure

    def wait_for(self, records: int) -> None:
        """Until so many more are produced."""
        goal = self.produced + records
        until(lambda: self._failure or self.produced >= goal, "the load", 120)
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            producer = Producer(
                {
                    "bootstrap.servers": self._kafka.bootstrap,
                    "enable.idempotence": True,
                    "linger.ms": 5,
                }
            )
            while not self._stop.wait(self._pause_seconds):
                for _ in range(self._per_pause):
                    value = json.dumps({"id": self.produced})
                    producer.produce(self._topic, value, partition=self.produced % PARTITIONS)
                    self.produced += 1
                producer.poll(0)
            if producer.flush(60):
                raise RuntimeError("the broker did not take all of the load")
        except BaseException as failure:  # told in the caller's thread
            self._failure = failure


class Workers:
    """Workers of one pipeline, each with logs of its own."""

    def __init__(self, frazil: Frazil, file: pathlib.Path, count: int) -> None:
        self._frazil = frazil
        self._file = file
        self.all = [self._start() for _ in range(count)]

    def _start(self) -> Server:
        return self._frazil.start("run", self._file)

    def kill_and_restart(self, index: int) -> None:
        assert self.all[index].process.poll() is None, self.tails()
        self.all[index].kill()
        self.all[index] = self._start()

    def stop(self) -> None:
        for worker in self.all:
            worker.process.terminate()
        for worker in self.all:
            assert worker.exit_code(60) == 0, worker.tail()

    def tails(self) -> str:
        return "\n\n".join(worker.tail() for worker in self.all)


def kill_at_random(
    kafka: Kafka,
    topic: str,
    lake: Lake,
    frazil: Frazil,
    kills: int,
    seed: int,
    per_second: int = 2000,
    told=lambda line: None,
) -> int:
    """Kills one of two workers after a random part of the load, again and again. Then every record
    must be in the table exactly once. Returns how many records there were."""
    choose = random.Random(seed)
    options = script.FROM_START | {"properties.group.id": topic}
    settings = {"commit.interval": "200 ms"}
    text = script.copying(lake, kafka.bootstrap, topic, options, settings)
    with Load(kafka, topic, per_second) as load:
        workers = Workers(frazil, script.write(frazil.folder, text), 2)
        until(lambda: lake.count("events") > 0, "the first rows", 60, workers.tails)
        for kill in range(kills):
            load.wait_for(choose.randint(1, per_second * 3 // 2))
            worker = choose.randrange(2)
            workers.kill_and_restart(worker)
            told(
                f"kill {kill + 1} of {kills}: worker {worker} at {load.produced} records,"
                f" {lake.count('events')} rows"
            )
        load.stop()
    expected = held(kafka, topic)
    assert len(expected) == load.produced
    until(
        lambda: lake.count("events") >= load.produced,
        f"all {load.produced} rows",
        120,
        lambda: f"{lake.count('events')} rows\n{workers.tails()}",
    )
    workers.stop()
    assert_exactly_once(lake, "events", expected)
    return load.produced
