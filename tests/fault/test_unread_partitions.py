"""Partitions that a consumer group has left without a reader.

Cooperative members are told what to give up before it is handed out again, in a second round. One
that dies in between, and comes back under its group.instance.id, takes its place without that round:
the group has settled, and nobody has what was on its way.
"""

import sys

import pytest
from servers.process import Server

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

FIRST = "first"

# A member of a group that is not Frazil: servers, group and topic, its lasting name or "", and
# whether it dies when it is told to give partitions up. SIGTERM ends it in good order.
_MEMBER = """
import os, signal, sys
from confluent_kafka import Consumer
servers, group, topic, name, dies = sys.argv[1:]
settings = {
    "bootstrap.servers": servers, "group.id": group, "session.timeout.ms": 300000,
    "partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": False,
    "auto.offset.reset": "earliest"}
if name:
    settings["group.instance.id"] = name
consumer = Consumer(settings)
def assigned(consumer, partitions):
    consumer.incremental_assign(partitions)
    print("has", len(consumer.assignment()), flush=True)
def revoked(consumer, partitions):
    if dies == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    consumer.incremental_unassign(partitions)
is_over = False
def stop(*_):
    global is_over
    is_over = True
signal.signal(signal.SIGTERM, stop)
consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
while not is_over:
    consumer.poll(0.1)
consumer.close()
"""


@pytest.fixture
def member(kafka, tmp_path):
    """Starts members of groups."""
    started = []

    def start(topic: str, name: str = "", dies: bool = False) -> Server:
        arguments = [kafka.bootstrap, topic, topic, name, "dies" if dies else "lives"]
        log = tmp_path / f"member-{len(started)}.log"
        started.append(Server("member", [sys.executable, "-c", _MEMBER, *arguments], log))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def worker(kafka, lake, frazil):
    """Starts `frazil run` under a lasting name."""

    def start(topic: str, name: str) -> Server:
        identity = {"properties.group.id": topic, "properties.group.instance.id": name}
        text = script.copying(lake, kafka.bootstrap, topic, script.FROM_START | identity)
        return frazil.start("run", script.write(frazil.folder, text, name=f"{name}.sql"))

    return start


def fill(kafka, topic: str) -> None:
    for partition in range(4):
        kafka.produce_json(topic, ({"id": i} for i in range(100)), partition=partition)


@pytest.mark.slow
@pytest.mark.sample
def test_partitions_that_a_dead_worker_was_to_give_up_are_read(
    kafka, topic, lake, member, worker
):
    name = topic(partitions=4)
    fill(kafka, name)
    dying = member(name, FIRST, dies=True)
    until(lambda: "has 4" in dying.output(), "all partitions to be read", context=dying.tail)
    second = worker(name, "second")
    assert dying.exit_code(60) == -9
    first = worker(name, FIRST)  # in time to take the place of the one that died

    until(
        lambda: lake.count("events") == 400,
        "the rows of all partitions",
        90,
        lambda: f"{lake.count('events')} rows\n{first.tail()}\n\n{second.tail()}",
    )

    assert "no worker reads some partitions" in first.output() + second.output()
    for one in (first, second):
        one.stop()
    assert_exactly_once(lake, "events", held(kafka, name))


@pytest.mark.slow
def test_a_worker_that_reads_joins_anew_where_another_member_does_nothing(
    kafka, topic, lake, member, worker
):
    name = topic(partitions=4)
    fill(kafka, name)
    dying = member(name, FIRST, dies=True)
    until(lambda: "has 4" in dying.output(), "all partitions to be read", context=dying.tail)
    other = member(name)
    assert dying.exit_code(60) == -9
    first = worker(name, FIRST)
    until(lambda: lake.count("events") == 200, "its rows", context=first.tail)

    until(lambda: "has 2" in other.output(), "all to be handed out", 120, first.tail)
    assert "no worker reads some partitions" in first.output()
    other.stop()
    until(lambda: lake.count("events") == 400, "the rows of all partitions", 60, first.tail)
    assert first.process.poll() is None, first.tail()
    first.stop()
    assert_exactly_once(lake, "events", held(kafka, name))
