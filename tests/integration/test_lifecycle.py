"""A pipeline through its life: stops, kills, brokers and topics that go and come back."""

import contextlib
import json
import os
import re
import signal
import sqlite3
from collections import Counter

import pytest

from support import script
from support.audit import assert_exactly_once, held
from support.topics import make_again
from support.waiting import stays, until
from support.workers import (
    STATIC,
    assert_the_rest_is_read,
    produce_ids,
    run,
    start,
    start_and_read,
    stop,
)

SMALL_BATCHES = {"batch.num.messages": 20}


def produce_in_small_batches(kafka, topic: str, ids) -> None:
    """So that one fetch of a few bytes does not bring all of them."""
    records = ({"value": json.dumps({"id": n})} for n in ids)
    kafka.produce_records(topic, records, SMALL_BATCHES)


def open_files(lake) -> list[str]:
    """Data files that are being written, under their hidden names."""
    return [str(file) for file in lake.warehouse.rglob("data/**/.*.tmp")]


def start_and_write(kafka, lake, frazil, name: str, ids, options=STATIC):
    """A worker that has begun to write rows of these ids, and commits none by itself."""
    text = script.copying(lake, kafka.bootstrap, name, options, script.NEVER)
    worker = start(frazil, text)
    until(lambda: lake.ledger("events"), "the first ledger", context=worker.tail)
    produce_ids(kafka, name, ids)
    until(lambda: open_files(lake), "rows on their way", context=worker.tail)
    return worker


# --- Stops ----------------------------------------------------------------------------------------


def test_sigterm_commits_what_was_read(kafka, topic, lake, frazil):
    name = topic()
    worker = start_and_write(kafka, lake, frazil, name, range(500))

    worker.process.terminate()

    assert worker.exit_code() == 0
    committed = lake.count("events")
    assert committed > 0
    assert lake.ledger("events") == {(name, 0): committed}
    assert f"committed {committed} rows" in worker.output()
    assert not open_files(lake)
    assert_the_rest_is_read(kafka, lake, frazil, name)


def test_sigint_is_sigterm(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    worker = start_and_read(kafka, lake, frazil, name, text)
    worker.process.send_signal(signal.SIGINT)
    assert worker.exit_code() == 0


@pytest.mark.parametrize("sign", ["created the table", "reading"])
def test_a_stop_while_it_starts_ends_it(kafka, topic, lake, frazil, sign):
    name = topic()
    produce_ids(kafka, name, range(10))
    worker = start(frazil, script.copying(lake, kafka.bootstrap, name, script.FROM_START))
    until(lambda: sign in worker.output(), "the start", context=worker.tail)
    stop(worker)
    assert_the_rest_is_read(kafka, lake, frazil, name)


def test_a_second_signal_abandons_what_is_not_committed(kafka, topic, lake, frazil):
    name = topic()
    worker = start_and_write(kafka, lake, frazil, name, range(500))

    # Somebody holds the catalog, so the last commit cannot go through.
    with contextlib.closing(sqlite3.connect(lake.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        worker.process.terminate()
        until(lambda: "stopping" in worker.output(), "the first signal's effect")
        worker.process.terminate()
        assert worker.exit_code() == 130, worker.tail()

    assert "abandon" in worker.output()
    assert lake.count("events") == 0
    assert_the_rest_is_read(kafka, lake, frazil, name)


def test_a_stop_while_the_broker_is_away_does_not_wait_for_it(own_kafka, lake, frazil):
    name = own_kafka.create_topic("away")
    text = script.copying(lake, own_kafka.bootstrap, name, STATIC)
    worker = start_and_read(own_kafka, lake, frazil, name, text)
    own_kafka.kill()
    worker.process.terminate()
    assert worker.exit_code() == 0
    own_kafka.start()
    assert_exactly_once(lake, "events", held(own_kafka, name))


@pytest.mark.parametrize("rows", ["committed", "on their way"])
def test_a_stop_after_the_group_has_ended_is_no_failure_if_all_is_committed(
    own_kafka, lake, frazil, rows
):
    name = own_kafka.create_topic("gone")
    settings = script.QUICK if rows == "committed" else script.NEVER
    text = script.copying(lake, own_kafka.bootstrap, name, script.FROM_START, settings)
    worker = start(frazil, text)
    until(lambda: lake.ledger("events"), "the first ledger", context=worker.tail)
    produce_ids(own_kafka, name, range(200))
    if rows == "committed":
        until(lambda: lake.count("events") == 200, "the rows", context=worker.tail)
    else:
        until(lambda: open_files(lake), "rows on their way", context=worker.tail)

    own_kafka.kill()
    # The session lasts 10 s.
    until(lambda: "starting again" in worker.output(), "its end", 40, context=worker.tail)
    worker.process.terminate()

    assert worker.exit_code(40) == (0 if rows == "committed" else 4), worker.tail()
    assert "another worker" not in worker.output()
    own_kafka.start()
    assert run(frazil, script.copying(lake, own_kafka.bootstrap, name)).returncode == 0
    assert_exactly_once(lake, "events", held(own_kafka, name))


@pytest.mark.parametrize("assignment", ["static", "group"])
@pytest.mark.parametrize("rows", ["committed", "on their way"])
def test_a_stop_while_the_broker_hangs_does_not_wait_for_it(
    own_kafka, lake, frazil, assignment, rows
):
    name = own_kafka.create_topic("hanging")
    options = script.FROM_START | {"scan.assignment": assignment}
    settings = {} if rows == "committed" else script.NEVER
    text = script.copying(lake, own_kafka.bootstrap, name, options, settings)
    worker = start(frazil, text)
    until(lambda: lake.ledger("events"), "the first ledger", context=worker.tail)
    produce_ids(own_kafka, name, range(200))
    if rows == "committed":
        until(lambda: lake.count("events") == 200, "the rows", context=worker.tail)
    else:
        until(lambda: open_files(lake), "rows on their way", context=worker.tail)

    os.kill(own_kafka.pid, signal.SIGSTOP)  # its connections stay open
    try:
        worker.process.terminate()
        code = worker.exit_code(40)
    finally:
        os.kill(own_kafka.pid, signal.SIGCONT)

    assert code == (0 if rows == "committed" else 4), worker.tail()
    assert run(frazil, script.copying(lake, own_kafka.bootstrap, name)).returncode == 0
    assert_exactly_once(lake, "events", held(own_kafka, name))


# --- Quiet times ----------------------------------------------------------------------------------


def test_nothing_is_committed_when_nothing_came(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    text = script.copying(lake, kafka.bootstrap, name, STATIC, {"commit.interval": "20 ms"})
    worker = start_and_read(kafka, lake, frazil, name, text)
    before = lake.snapshots("events")
    stays(lambda: lake.snapshots("events") == before, "no commit without rows", 1.5)
    stop(worker)
    assert lake.snapshots("events") == before


def test_filtered_records_move_the_ledger_but_seldom(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC, {"commit.interval": "50 ms"})
    worker = start(frazil, text.replace("FROM events;", "FROM events WHERE id < 0;"))
    until(lambda: lake.ledger("events"), "the first ledger", context=worker.tail)
    produced = 0
    while lake.ledger("events") == {(name, 0): 0}:
        produce_ids(kafka, name, range(produced, produced + 10))
        produced += 10
        assert produced < 100_000, worker.tail()
    snapshots = lake.snapshots("events")
    assert len(snapshots) <= 3
    stop(worker)
    # A stop commits the progress that was held back: all that was read by then.
    read = int(re.search(r"read (\d+) records", worker.output())[1])
    assert lake.ledger("events") == {(name, 0): read}
    assert all("added-data-files" not in one["summary"] for one in lake.snapshots("events"))
    assert lake.count("events") == 0


def test_max_rows_commits_before_the_interval_is_over(kafka, topic, lake, frazil):
    name = topic()
    options = STATIC | {"properties.max.partition.fetch.bytes": "1024"}
    settings = script.NEVER | {"commit.max-rows": "200"}
    worker = start(frazil, script.copying(lake, kafka.bootstrap, name, options, settings))
    produce_in_small_batches(kafka, name, range(1000))
    until(lambda: lake.count("events") >= 800, "early commits", context=worker.tail)
    sizes = [int(one["summary"].get("added-records", 0)) for one in lake.snapshots("events")]
    assert len([size for size in sizes if size]) >= 2, sizes
    stop(worker)
    # What it had not read yet.
    assert_the_rest_is_read(kafka, lake, frazil, name)


def test_max_bytes_commits_before_the_interval_is_over(kafka, topic, lake, frazil):
    name = topic()
    options = STATIC | {"properties.max.partition.fetch.bytes": "1024"}
    settings = script.NEVER | {"commit.max-bytes": "4 KiB"}
    worker = start(frazil, script.copying(lake, kafka.bootstrap, name, options, settings))
    produce_in_small_batches(kafka, name, range(1000))
    until(lambda: lake.count("events") >= 400, "early commits", context=worker.tail)
    stop(worker)
    # What it had not read yet.
    assert_the_rest_is_read(kafka, lake, frazil, name)


# --- Kills ----------------------------------------------------------------------------------------


def test_latest_and_a_kill_before_the_first_commit_lose_nothing(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    produce_ids(kafka, name, range(20))  # before the start: not to be read
    already = held(kafka, name)
    latest = {"scan.startup.mode": "latest-offset", "scan.assignment": "static"}
    worker = start_and_write(kafka, lake, frazil, name, range(100, 400), latest)
    worker.kill()
    assert lake.count("events") == 0
    produce_ids(kafka, name, range(400, 500))

    bounded = latest | {"scan.bounded.mode": "latest-offset"}
    done = run(frazil, script.copying(lake, kafka.bootstrap, name, bounded))

    assert done.returncode == 0, done.stderr
    assert_exactly_once(lake, "events", held(kafka, name) - already)
    assert [row["id"] for row in lake.rows("events")] == list(range(100, 500))


def test_workers_share_the_partitions_and_inherit_them(kafka, topic, lake, frazil):
    name = topic(partitions=4)
    options = script.FROM_START | {"properties.group.id": name}
    text = script.copying(lake, kafka.bootstrap, name, options)
    produced = 0

    def produce() -> bool:
        nonlocal produced
        produce_ids(kafka, name, range(produced, produced + 40))
        produced += 40
        return True

    first = start(frazil, text)
    until(lambda: produce() and lake.count("events") > 0, "rows", context=first.tail)
    second = start(frazil, text)
    until(
        lambda: produce() and "gave up" in first.output() and "reading" in second.output(),
        "the second worker's part",
        context=lambda: first.tail() + second.tail(),
    )
    stop(first)
    produce()
    until(
        lambda: lake.count("events") == produced,
        "the second worker to have all",
        seconds=40,  # a static member leaves when its session is over
        context=second.tail,
    )
    stop(second)
    assert_exactly_once(lake, "events", held(kafka, name))


# --- Brokers and topics ---------------------------------------------------------------------------


@pytest.mark.parametrize("assignment", ["static", "group"])
def test_a_broker_that_restarts_is_waited_for(own_kafka, lake, frazil, assignment):
    name = own_kafka.create_topic("restarted", 2)
    options = script.FROM_START | {"scan.assignment": assignment}
    text = script.copying(lake, own_kafka.bootstrap, name, options)
    worker = start_and_read(own_kafka, lake, frazil, name, text, 100)

    own_kafka.kill()
    own_kafka.start()
    produce_ids(own_kafka, name, range(100, 200))

    until(lambda: lake.count("events") == 200, "rows after it", seconds=60, context=worker.tail)
    stop(worker)
    assert_exactly_once(lake, "events", held(own_kafka, name))


def test_a_warehouse_that_is_unmounted_is_waited_for(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, script.FROM_START)
    worker = start_and_read(kafka, lake, frazil, name, text, 100)

    away = lake.warehouse.with_name("away")
    lake.warehouse.rename(away)
    lake.warehouse.mkdir()  # what is left of a mount
    produce_ids(kafka, name, range(100, 200))
    until(
        lambda: "is gone, which was there" in worker.output(), "a warning", context=worker.tail
    )
    assert not list(lake.warehouse.iterdir())
    lake.warehouse.rmdir()
    away.rename(lake.warehouse)

    until(lambda: lake.count("events") == 200, "rows after it", seconds=60, context=worker.tail)
    stop(worker)
    assert_exactly_once(lake, "events", held(kafka, name))


def test_a_topic_made_again_between_runs_stops_the_pipeline(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    produce_ids(kafka, name, range(100))
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    old = kafka.topic_id(name)
    make_again(kafka, name, 2)
    produce_ids(kafka, name, range(1000, 1300))

    done = run(frazil, text)

    assert done.returncode == 5, done.stderr
    for expected in (name, old, kafka.topic_id(name), "'on-data-loss' = 'continue'"):
        assert expected in done.stderr
    assert lake.count("events") == 100

    done = run(frazil, script.set_all({"on-data-loss": "continue"}), text)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in lake.rows("events")] == [*range(100), *range(1000, 1300)]
    assert run(frazil, text).returncode == 0
    assert lake.count("events") == 400


@pytest.mark.parametrize("assignment", ["static", "group"])
def test_a_topic_made_again_while_running_stops_the_pipeline(
    kafka, topic, lake, frazil, assignment
):
    name = topic()
    options = script.FROM_START | {"scan.assignment": assignment}
    text = script.copying(lake, kafka.bootstrap, name, options)
    worker = start_and_read(kafka, lake, frazil, name, text, 50)

    make_again(kafka, name, 1)
    # More than the old one had: the next offset to read is there, but means another record.
    produce_ids(kafka, name, range(1000, 1200))

    # It may also have looked while there was no topic.
    code = worker.exit_code()
    assert code in (3, 5), worker.tail()
    assert name in worker.output()
    assert [row["id"] for row in lake.rows("events")] == list(range(50))
    assert run(frazil, text).returncode == 5
    bounded = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, script.set_all({"on-data-loss": "continue"}), bounded).returncode == 0
    assert [row["id"] for row in lake.rows("events")] == [*range(50), *range(1000, 1200)]


def test_a_deleted_topic_stops_the_pipeline(kafka, lake, frazil):
    name = kafka.create_topic("deleted-while-running")
    options = STATIC | {"scan.topic-partition-discovery.interval": "300 ms"}
    text = script.copying(lake, kafka.bootstrap, name, options)
    worker = start_and_read(kafka, lake, frazil, name, text, 50)
    kafka.delete_topic(name)
    assert worker.exit_code() == 3, worker.tail()
    assert name in worker.output() and "deleted" in worker.output()


def test_records_behind_retention_stop_the_pipeline(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    for partition in range(2):
        produce_ids(kafka, name, range(partition * 100, partition * 100 + 50), partition=partition)
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    for partition in range(2):
        produce_ids(kafka, name, range(1000, 1050), partition=partition)
    kafka.delete_records(name, {1: 70})

    done = run(frazil, text)

    assert done.returncode == 5, done.stderr
    assert f"{name}-1" in done.stderr and "50" in done.stderr and "70" in done.stderr
    assert "on-data-loss" in done.stderr

    done = run(frazil, script.set_all({"on-data-loss": "continue"}), text)
    assert done.returncode == 0, done.stderr
    expected = Counter({(p, n): 1 for p in range(2) for n in range(100)})
    for lost in range(50, 70):
        del expected[1, lost]
    assert_exactly_once(lake, "events", expected)


def test_a_topic_that_became_shorter_is_read_on_at_its_end_if_told_so(own_kafka, lake, frazil):
    name = own_kafka.create_topic("shortened")
    produce_ids(own_kafka, name, range(100))
    text = script.copying(lake, own_kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    # As after an unclean election: the topic is the same, but its records are gone.
    before = own_kafka.topic_id(name)
    own_kafka.stop()
    for file in (own_kafka.folder / "data" / f"{name}-0").iterdir():
        if file.name != "partition.metadata":
            file.unlink()
    own_kafka.start()
    assert own_kafka.topic_id(name) == before
    produce_ids(own_kafka, name, range(1000, 1030))

    done = run(frazil, text)

    assert done.returncode == 5, done.stderr
    for expected in (f"{name}-0", "100", "30", "'on-data-loss' = 'continue'", "ledger reset"):
        assert expected in done.stderr
    done = run(frazil, script.set_all({"on-data-loss": "continue"}), text)
    assert done.returncode == 0, done.stderr
    assert lake.ledger("events") == {(name, 0): 30}
    produce_ids(own_kafka, name, range(2000, 2010))
    assert run(frazil, text).returncode == 0
    ids = sorted(row["id"] for row in lake.rows("events"))
    assert ids == [*range(100), *range(2000, 2010)]


def test_records_deleted_while_it_runs_are_passed_over_if_told_so(kafka, topic, lake, frazil):
    name = topic()
    # No fetch is left at the broker that would bring the records before they are deleted.
    options = STATIC | {"properties.fetch.max.wait.ms": "10"}
    text = script.set_all({"on-data-loss": "continue"})
    text += script.copying(lake, kafka.bootstrap, name, options)
    worker = start_and_read(kafka, lake, frazil, name, text, 50)

    worker.process.send_signal(signal.SIGSTOP)
    produce_ids(kafka, name, range(50, 100))
    kafka.delete_records(name, {0: 70})
    worker.process.send_signal(signal.SIGCONT)

    until(
        lambda: lake.ledger("events") == {(name, 0): 100},
        "the records that are left",
        context=worker.tail,
    )
    stop(worker)
    read = Counter(row["id"] for row in lake.rows("events"))
    assert set(read.values()) == {1}
    assert set(read) >= {*range(50), *range(70, 100)}


def test_log_lines_can_be_json(kafka, topic, lake, frazil):
    name = topic()
    produce_ids(kafka, name, range(3))
    file = script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name))
    done = frazil.run("run", file, "--log-format", "json")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"time", "level", "message"} <= set.intersection(*map(set, lines))
    committed = [line for line in lines if line["message"] == "committed"]
    assert sum(int(line["rows"]) for line in committed) == 3
