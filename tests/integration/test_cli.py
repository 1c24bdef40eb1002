"""The commands beside `run`: produce, demo."""

import json
import re
import time

from confluent_kafka import Consumer, TopicPartition

from support.waiting import until


def records(kafka, topic: str) -> dict[int, list[tuple[bytes | None, bytes | None]]]:
    """Key and value of every record, by partition."""
    bounds = kafka.offsets(topic)
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "frazil-test-cli"})
    found = {partition: [] for partition in bounds}
    try:
        consumer.assign([TopicPartition(topic, p, low) for p, (low, _) in bounds.items()])
        left = sum(high - low for low, high in bounds.values())
        while left > 0:
            message = consumer.poll(10)
            assert message is not None and message.error() is None, message
            found[message.partition()].append((message.key(), message.value()))
            left -= 1
    finally:
        consumer.close()
    return found


# --- produce --------------------------------------------------------------------------------------


def produce(frazil, kafka, topic: str, *arguments: object, **options) -> str:
    return frazil.ok(
        "produce", "--topic", topic, "--bootstrap-servers", kafka.bootstrap, *arguments, **options
    )


def test_the_same_seed_produces_the_same_records_in_the_same_partitions(kafka, topic, frazil):
    first, second, other = topic(partitions=3), topic(partitions=3), topic(partitions=3)
    said = produce(frazil, kafka, first, "--count", 500, "--seed", 7)
    assert "produced 500 records" in said and first in said
    produce(frazil, kafka, second, "--count", 200, "--seed", 7)
    produce(frazil, kafka, second, "--count", 300, "--seed", 7, "--first", 200)
    produce(frazil, kafka, other, "--count", 500, "--seed", 8)

    assert records(kafka, first) == records(kafka, second)
    assert records(kafka, first) != records(kafka, other)
    events = [json.loads(value) for part in records(kafka, first).values() for _, value in part]
    assert sorted(event["id"] for event in events) == list(range(500))
    # The key decides on the partition.
    keys = [{key for key, _ in part} for part in records(kafka, first).values()]
    assert all(keys) and len(set.union(*keys)) == sum(map(len, keys))


def test_every_shape_is_json_and_keys_can_be_left_out(kafka, topic, frazil):
    for shape in ("events", "orders", "flat"):
        name = topic()
        produce(frazil, kafka, name, "--count", 50, "--shape", shape, "--no-keys")
        ((_, found),) = records(kafka, name).items()
        assert len(found) == 50
        assert all(key is None and json.loads(value) for key, value in found)


def test_lines_of_a_file_become_records(kafka, topic, frazil):
    name = topic(partitions=1)
    lines = ['{"id": 1, "who": "ann"}', "not json", '{"id": 2, "who": "bob"}']
    file = frazil.folder / "lines.jsonl"
    file.write_text("\n".join(lines) + "\n\n")
    assert "produced 3 records" in produce(frazil, kafka, name, "--file", file)
    assert records(kafka, name) == {0: [(None, line.encode()) for line in lines]}

    file.write_text("\n".join([lines[0], lines[2]]))
    keyed = topic()
    produce(frazil, kafka, keyed, "--file", file, "--key-field", "who")
    assert [key for key, _ in records(kafka, keyed)[0]] == [b"ann", b"bob"]


def test_a_rate_is_kept_and_a_signal_ends_it_with_what_was_sent(kafka, topic, frazil):
    name = topic()
    began = time.monotonic()
    produce(frazil, kafka, name, "--count", 100, "--rate", 200)
    assert time.monotonic() - began >= 0.45

    endless = frazil.start(
        *("produce", "--topic", name, "--bootstrap-servers", kafka.bootstrap),
        *("--count", 10_000_000, "--rate", 500),
    )
    until(lambda: kafka.offsets(name)[0][1] > 150, "more records", context=endless.tail)
    endless.process.terminate()
    assert endless.exit_code() == 0
    assert f"stopped: produced {kafka.offsets(name)[0][1] - 100} records" in endless.output()


def test_a_topic_is_made_where_asked_and_a_missing_broker_is_said(kafka, frazil):
    name = f"made-by-produce-{time.time_ns()}"
    for _ in range(2):
        produce(frazil, kafka, name, "--count", 10, "--create-partitions", 3)
    assert len(kafka.offsets(name)) == 3
    assert sum(high for _, high in kafka.offsets(name).values()) == 20
    kafka.delete_topic(name)

    bad = frazil.run("produce", "--topic", "t", "--count", 1)
    assert bad.returncode == 2 and "--bootstrap-servers" in bad.stderr


# --- demo -----------------------------------------------------------------------------------------


def test_the_demo_makes_a_table_and_a_second_one_adds_to_it(frazil):
    first = frazil.ok("demo", "--events", 60_000)
    assert "Each of the 60000 events of this run is there exactly once" in first
    again = frazil.ok("demo", "--events", 5_000)
    assert "frazil-demo is there already" in again
    assert "Each of the 5000 events of this run is there exactly once" in again
    assert re.search(r"^rows +65000$", again, re.MULTILINE)
    assert re.search(r"^distinct ids +65000$", again, re.MULTILINE)

    (command,) = re.findall(r"frazil (query --script \S+) ", again)
    counted = frazil.ok(
        *command.split(), "SELECT count(*) AS n FROM lake.db.events", "--output", "csv"
    )
    assert counted == "n\n65000\n"


def test_the_demo_leaves_a_folder_of_others_alone(frazil):
    folder = frazil.folder / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("keep")
    done = frazil.run("demo", "--dir", folder, "--events", 10)
    assert done.returncode == 2
    assert "is not of an earlier demo" in done.stderr
    assert [(f.name, f.read_text()) for f in folder.iterdir()] == [("notes.txt", "keep")]


def test_a_stopped_demo_keeps_what_it_committed_and_goes_on_from_there(frazil):
    demo = frazil.start("demo", "--events", 50_000_000)
    count = ("query", "--script", "frazil-demo/pipeline.sql", "--output", "csv")

    def rows() -> int:
        done = frazil.run(*count, "SELECT count(*) AS n FROM lake.db.events")
        return int(done.stdout.split()[1]) if done.returncode == 0 else 0

    until(lambda: rows() > 0, "the first commit", context=demo.tail)
    demo.process.terminate()
    assert demo.exit_code() == 0
    before = rows()
    frazil.ok("demo", "--events", 1_000)
    assert rows() == before + 1_000
