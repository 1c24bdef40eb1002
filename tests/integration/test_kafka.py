"""What is read from Kafka: starts, ends, topics, columns, transactions, gaps, sizes, codecs."""

import json
import time
from collections import Counter

import pytest

from support import script
from support.audit import assert_exactly_once, held
from support.topics import COMPACTED_SOON
from support.waiting import until


def run(frazil, *parts: str, name: str = "pipeline.sql") -> str:
    return frazil.ok("run", script.write(frazil.folder, *parts, name=name))


def produce_ids(kafka, topic: str, partition: int, ids, **options) -> None:
    kafka.produce_json(topic, [{"id": n} for n in ids], partition=partition, **options)


def ids_of(lake, table: str = "events") -> list[int]:
    return [row["id"] for row in lake.rows(table)]


# --- The main road --------------------------------------------------------------------------------


def test_four_partitions_are_copied_once_and_a_second_run_adds_nothing(
    kafka, topic, lake, frazil
):
    name = topic(partitions=4)
    for partition in range(4):
        produce_ids(kafka, name, partition, range(partition * 1000, partition * 1000 + 500))
    text = script.copying(lake, kafka.bootstrap, name)

    first = run(frazil, text)

    assert "read 2000 records" in first
    assert "committed 2000 rows" in first
    assert_exactly_once(lake, "events", held(kafka, name))
    assert ids_of(lake) == [p * 1000 + n for p in range(4) for n in range(500)]
    assert lake.ledger("events") == {(name, partition): 500 for partition in range(4)}

    snapshots = lake.snapshots("events")
    second = run(frazil, text)

    assert "read 0 records" in second
    assert lake.snapshots("events") == snapshots

    produce_ids(kafka, name, 2, [9000, 9001])
    run(frazil, text)
    assert_exactly_once(lake, "events", held(kafka, name))


def test_a_topic_without_records_makes_an_empty_table(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    run(frazil, script.copying(lake, kafka.bootstrap, name))
    assert ids_of(lake) == []
    assert lake.ledger("events") == {(name, 0): 0, (name, 1): 0}


# --- Where reading begins -------------------------------------------------------------------------

START_TIME_MS = 1_700_000_000_000


@pytest.fixture
def hundred(kafka, topic) -> str:
    """Two partitions of 50: id is the partition's number times 100 plus the offset; each record is
    a second younger than the one before."""
    name = topic(partitions=2, retention_ms=-1)  # they are old
    for partition in range(2):
        kafka.produce_records(
            name,
            (
                {
                    "value": json.dumps({"id": partition * 100 + n}),
                    "partition": partition,
                    "timestamp": START_TIME_MS + n * 1000,
                }
                for n in range(50)
            ),
        )
    return name


START_MODES = {
    "earliest-offset": ({}, [0, 0]),
    "latest-offset": ({}, [50, 50]),
    "timestamp": ({"scan.startup.timestamp-millis": str(START_TIME_MS + 30_000)}, [30, 30]),
    "specific-offsets": (
        {"scan.startup.specific-offsets": "partition:0,offset:10;partition:1,offset:45"},
        [10, 45],
    ),
    "group-offsets": ({"properties.group.id": "startup-modes"}, [7, 50]),
}


@pytest.mark.parametrize("mode", START_MODES)
def test_reading_begins_where_the_startup_mode_says(kafka, hundred, lake, frazil, mode):
    options, starts = START_MODES[mode]
    if mode == "group-offsets":
        kafka.commit_offsets("startup-modes", hundred, {0: 7, 1: 50})
    options = options | {"scan.startup.mode": mode, "scan.bounded.mode": "latest-offset"}
    text = script.copying(lake, kafka.bootstrap, hundred, options)

    run(frazil, text)

    expected = [p * 100 + n for p in range(2) for n in range(starts[p], 50)]
    assert ids_of(lake) == expected
    # Later starts go on from the table, whatever the mode says.
    produce_ids(kafka, hundred, 0, [50, 51])
    run(frazil, text)
    assert ids_of(lake) == sorted([*expected, 50, 51])


def test_a_timestamp_behind_all_records_starts_at_the_end(kafka, hundred, lake, frazil):
    options = {
        "scan.startup.mode": "timestamp",
        "scan.startup.timestamp-millis": str(START_TIME_MS + 3_600_000),
        "scan.bounded.mode": "latest-offset",
    }
    run(frazil, script.copying(lake, kafka.bootstrap, hundred, options))
    assert ids_of(lake) == []
    assert lake.ledger("events") == {(hundred, 0): 50, (hundred, 1): 50}


def test_a_group_without_offsets_asks_where_to_begin(kafka, hundred, lake, frazil):
    options = {
        "scan.startup.mode": "group-offsets",
        "properties.group.id": "never-seen",
        "scan.bounded.mode": "latest-offset",
    }
    file = script.write(frazil.folder, script.copying(lake, kafka.bootstrap, hundred, options))
    done = frazil.run("run", file)
    assert done.returncode == 2
    assert "never-seen" in done.stderr and "scan.startup.mode" in done.stderr

    options["properties.auto.offset.reset"] = "earliest"
    run(frazil, script.copying(lake, kafka.bootstrap, hundred, options))
    assert len(ids_of(lake)) == 100


# --- Where reading ends ---------------------------------------------------------------------------

END_MODES = {
    "latest-offset": ({}, [50, 50]),
    "timestamp": ({"scan.bounded.timestamp-millis": str(START_TIME_MS + 20_000)}, [20, 20]),
    "specific-offsets": (
        {"scan.bounded.specific-offsets": "partition:0,offset:3;partition:1,offset:49"},
        [3, 49],
    ),
    "group-offsets": ({"properties.group.id": "bounded-modes"}, [5, 6]),
}


@pytest.mark.parametrize("mode", END_MODES)
def test_reading_ends_where_the_bounded_mode_says(kafka, hundred, lake, frazil, mode):
    options, ends = END_MODES[mode]
    if mode == "group-offsets":
        kafka.commit_offsets("bounded-modes", hundred, {0: 5, 1: 6})
    options = script.FROM_START | options | {"scan.bounded.mode": mode}

    run(frazil, script.copying(lake, kafka.bootstrap, hundred, options))

    assert ids_of(lake) == [p * 100 + n for p in range(2) for n in range(ends[p])]
    assert lake.ledger("events") == {(hundred, p): ends[p] for p in range(2)}


def test_an_unbounded_source_goes_on_until_it_is_told_to_stop(kafka, hundred, lake, frazil):
    options = script.FROM_START | {"scan.bounded.mode": "unbounded"}
    file = script.write(frazil.folder, script.copying(lake, kafka.bootstrap, hundred, options))
    worker = frazil.start("run", file)
    until(lambda: lake.count("events") == 100, "the first rows", context=worker.tail)
    produce_ids(kafka, hundred, 1, [50])
    until(lambda: lake.count("events") == 101, "the row that came later", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
    assert_exactly_once(lake, "events", held(kafka, hundred))


# --- Which topics ---------------------------------------------------------------------------------


def copying_topics(lake, bootstrap: str, options: dict, settings: dict = script.QUICK) -> str:
    return (
        script.set_all(settings)
        + lake.ddl()
        + script.source(bootstrap, "", "id BIGINT, topic STRING METADATA", options)
        + script.target("events", "id BIGINT, topic STRING, part INT, pos BIGINT")
        + "INSERT INTO lake.db.events SELECT id, topic, part, pos FROM events;\n"
    )


def test_several_topics_are_read_into_one_table(kafka, topic, lake, frazil):
    first, second = topic(), topic(partitions=2)
    produce_ids(kafka, first, 0, range(20))
    produce_ids(kafka, second, 1, range(100, 130))

    run(
        frazil,
        copying_topics(lake, kafka.bootstrap, script.BOUNDED | {"topic": f"{first};{second}"}),
    )

    counts = Counter(row["topic"] for row in lake.rows("events"))
    assert counts == {first: 20, second: 30}
    assert lake.ledger("events") == {(first, 0): 20, (second, 0): 0, (second, 1): 30}


@pytest.mark.parametrize("assignment", ["static", "group"])
def test_a_pattern_finds_topics_also_while_it_runs(kafka, topic, lake, frazil, assignment):
    prefix = f"pattern-{assignment}-{time.time_ns()}"
    made = [f"{prefix}-{n}" for n in range(3)]
    other = topic()
    produce_ids(kafka, other, 0, [999])
    for n, name in enumerate(made[:2]):
        kafka.create_topic(name)
        produce_ids(kafka, name, 0, range(n * 10, n * 10 + 10))
    options = script.FROM_START | {
        "topic-pattern": f"{prefix}-[0-9]+",
        "scan.assignment": assignment,
        "scan.topic-partition-discovery.interval": "200 ms",
        "properties.group.id": prefix,
    }
    worker = frazil.start(
        "run", script.write(frazil.folder, copying_topics(lake, kafka.bootstrap, options))
    )
    until(lambda: lake.count("events") == 20, "the first topics", context=worker.tail)

    kafka.create_topic(made[2])
    produce_ids(kafka, made[2], 0, range(20, 30))

    until(lambda: lake.count("events") == 30, "the topic made later", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
    assert Counter(row["topic"] for row in lake.rows("events")) == dict.fromkeys(made, 10)
    for name in made:
        kafka.delete_topic(name)


@pytest.mark.parametrize("assignment", ["static", "group"])
def test_partitions_added_while_running_are_read_from_their_beginning(
    kafka, topic, lake, frazil, assignment
):
    name = topic(partitions=1)
    produce_ids(kafka, name, 0, range(10))
    options = script.FROM_START | {
        "scan.startup.mode": "latest-offset",  # what comes later is not "latest"
        "scan.assignment": assignment,
        "scan.topic-partition-discovery.interval": "200 ms",
    }
    worker = frazil.start(
        "run", script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name, options))
    )
    until(lambda: lake.ledger("events") == {(name, 0): 10}, "the start", context=worker.tail)

    kafka.add_partitions(name, 3)
    until(lambda: len(kafka.offsets(name)) == 3, "the new partitions")
    for partition in range(3):
        produce_ids(kafka, name, partition, range(100 * partition, 100 * partition + 20))

    until(lambda: lake.count("events") == 60, "all partitions", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
    expected = Counter(place for place in held(kafka, name) if place >= (0, 10))
    assert_exactly_once(lake, "events", expected)


def test_idle_partitions_hold_nothing_up(kafka, topic, lake, frazil):
    name = topic(partitions=6)
    produce_ids(kafka, name, 4, range(10))
    options = script.FROM_START | {"scan.assignment": "static"}
    worker = frazil.start(
        "run", script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name, options))
    )
    until(lambda: lake.count("events") == 10, "the one busy partition", context=worker.tail)
    produce_ids(kafka, name, 4, range(10, 20))
    until(lambda: lake.count("events") == 20, "its next records", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
    assert lake.ledger("events") == {(name, p): 20 if p == 4 else 0 for p in range(6)}


# --- Columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("timestamp_type", ["CreateTime", "LogAppendTime"])
def test_metadata_columns_tell_where_a_record_comes_from(
    kafka, topic, lake, frazil, timestamp_type
):
    name = topic(partitions=2, message_timestamp_type=timestamp_type, retention_ms=-1)
    before_ms = time.time_ns() // 1_000_000
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("none", None), ("trace", b"last")]
    kafka.produce_json(
        name, [{"id": 1}], partition=1, timestamp=START_TIME_MS + 123, headers=headers
    )
    kafka.produce_json(name, [{"id": 2}], partition=1, timestamp=START_TIME_MS)
    columns = (
        "id BIGINT, t STRING METADATA FROM 'topic', made TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',"
        " kind STRING METADATA FROM 'timestamp-type', headers MAP<STRING, BYTES> METADATA"
    )
    run(
        frazil,
        script.set_all(script.QUICK),
        lake.ddl(),
        script.source(kafka.bootstrap, name, columns),
        script.target(
            "events",
            "id BIGINT, t STRING, part INT, pos BIGINT, made TIMESTAMP_LTZ(6), kind STRING,"
            " headers MAP<STRING, BYTES>",
        ),
        "INSERT INTO lake.db.events SELECT id, t, part, pos, made, kind, headers FROM events;",
    )

    first, second = lake.rows("events")
    assert [first[key] for key in ("t", "part", "pos", "kind")] == [name, 1, 0, timestamp_type]
    assert dict(first["headers"]) == {"trace": b"last", "empty": b"", "none": None}
    assert (second["part"], second["pos"], dict(second["headers"])) == (1, 1, {})
    milliseconds = round(first["made"].timestamp() * 1000)
    if timestamp_type == "CreateTime":
        assert milliseconds == START_TIME_MS + 123
    else:
        assert before_ms <= milliseconds <= time.time_ns() // 1_000_000


def test_timestamps_that_are_none_or_too_large(kafka, topic, lake, frazil):
    """Microseconds end in the year 294247; -1 is how a producer says that it has no timestamp."""
    name = topic(retention_ms=-1, message_timestamp_after_max_ms=2**63 - 1)
    for n, stamp in enumerate([START_TIME_MS, -1, 9_223_372_036_854_776, 2**63 - 1]):
        kafka.produce_json(name, [{"id": n}], timestamp=stamp)
    run(
        frazil,
        script.set_all(script.QUICK | {"pipeline.name": "copy"}),
        lake.ddl(),
        script.source(
            kafka.bootstrap,
            name,
            "id BIGINT, made TIMESTAMP(3) METADATA FROM 'timestamp',"
            " kind STRING METADATA FROM 'timestamp-type'",
        ),
        script.target("events", "id BIGINT, made TIMESTAMP(6), kind STRING"),
        "INSERT INTO lake.db.events SELECT id, made, kind FROM events;",
    )

    first, second = lake.rows("events")
    assert (first["id"], first["kind"], second["id"]) == (0, "CreateTime", 1)
    assert (second["made"], second["kind"]) == (None, "NoTimestampType")
    dead = lake.rows("copy_dead_letters", order="offset")
    assert [(row["offset"], row["error_class"]) for row in dead] == [
        (2, "OutOfRange"),
        (3, "OutOfRange"),
    ]


def copying_keys(lake, bootstrap: str, topic: str, columns: str, options: dict) -> str:
    return (
        script.set_all(script.QUICK)
        + lake.ddl()
        + script.source(bootstrap, topic, columns, script.BOUNDED | options)
        + script.target("events", "id BIGINT, name STRING, note STRING")
        + "INSERT INTO lake.db.events "
    )


def test_key_fields_are_read_from_the_key(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(
        name, [{"id": 7, "note": "v", "name": "value"}], key=json.dumps({"id": 1, "name": "key"})
    )
    text = copying_keys(
        lake,
        kafka.bootstrap,
        name,
        "id BIGINT, name STRING, note STRING",
        {"key.format": "json", "key.fields": "id;name"},
    )
    run(frazil, text, "SELECT id, name, note FROM events;")
    assert lake.rows("events") == [{"id": 1, "name": "key", "note": "v"}]


def test_prefixed_key_fields_stand_beside_those_of_the_value(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": 7, "note": "v"}], key=json.dumps({"id": 1, "name": "key"}))
    text = copying_keys(
        lake,
        kafka.bootstrap,
        name,
        "k_id BIGINT, k_name STRING, id BIGINT, note STRING",
        {
            "key.format": "json",
            "key.fields": "k_id;k_name",
            "key.fields-prefix": "k_",
            "value.fields-include": "EXCEPT_KEY",
        },
    )
    run(frazil, text, "SELECT id * 10 + k_id, k_name, note FROM events;")
    assert lake.rows("events") == [{"id": 71, "name": "key", "note": "v"}]


def test_a_raw_key_is_one_column(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": 1, "note": "v"}], key="not { json")
    kafka.produce_json(name, [{"id": 2, "note": "w"}])
    text = copying_keys(
        lake,
        kafka.bootstrap,
        name,
        "k STRING, id BIGINT, note STRING",
        {"key.format": "raw", "key.fields": "k"},
    )
    run(frazil, text, "SELECT id, k, note FROM events;")
    assert lake.rows("events") == [
        {"id": 1, "name": "not { json", "note": "v"},
        {"id": 2, "name": None, "note": "w"},
    ]


# --- What a topic may hold ------------------------------------------------------------------------


def produce_transaction(producer, topic: str, ids, is_committed: bool) -> None:
    producer.begin_transaction()
    for n in ids:
        producer.produce(topic, json.dumps({"id": n}), partition=0)
    producer.flush(30)
    if is_committed:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def test_only_committed_transactions_are_read(kafka, topic, lake, frazil):
    name = topic()
    producer = kafka.transactional_producer(f"{name}-producer")
    for round_, is_committed in enumerate([True, False, True, False, False, True, False]):
        produce_transaction(producer, name, range(round_ * 10, round_ * 10 + 10), is_committed)
    text = script.copying(lake, kafka.bootstrap, name)

    run(frazil, text)

    assert ids_of(lake) == [*range(10), *range(20, 30), *range(50, 60)]
    assert_exactly_once(lake, "events", held(kafka, name))
    # Markers and aborted records are passed too, so that lag tools see the end.
    assert lake.ledger("events") == {(name, 0): kafka.offsets(name)[0][1]}


def test_an_open_transaction_is_waited_for_by_a_later_run(kafka, topic, lake, frazil):
    name = topic()
    produce_ids(kafka, name, 0, range(5))
    producer = kafka.transactional_producer(f"{name}-producer")
    producer.begin_transaction()
    producer.produce(name, json.dumps({"id": 5}), partition=0)
    producer.flush(30)
    produce_ids(kafka, name, 0, range(6, 9))  # behind the open one: not to be read yet
    text = script.copying(lake, kafka.bootstrap, name)

    run(frazil, text)
    assert ids_of(lake) == list(range(5))

    producer.commit_transaction(30)
    run(frazil, text)
    assert ids_of(lake) == list(range(9))
    assert_exactly_once(lake, "events", held(kafka, name))


def test_read_uncommitted_reads_aborted_records_too(kafka, topic, lake, frazil):
    name = topic()
    producer = kafka.transactional_producer(f"{name}-producer")
    produce_transaction(producer, name, range(3), is_committed=False)
    options = script.BOUNDED | {"properties.isolation.level": "read_uncommitted"}
    run(frazil, script.copying(lake, kafka.bootstrap, name, options))
    assert ids_of(lake) == [0, 1, 2]
    assert_exactly_once(lake, "events", held(kafka, name, "read_uncommitted"))


def test_gaps_of_a_compacted_topic_are_no_loss(kafka, topic, lake, frazil):
    name = topic(**COMPACTED_SOON)
    written = 0

    def is_compacted() -> bool:
        nonlocal written
        records = [
            {"key": str(n % 20), "value": json.dumps({"id": written + n})} for n in range(100)
        ]
        kafka.produce_records(name, records)
        written += 100
        return len(held(kafka, name)) < written // 2

    until(is_compacted, "the cleaner", seconds=60)
    expected = held(kafka, name)

    # Compaction may go on while we read; the newest of each key stays for certain.
    run(frazil, script.copying(lake, kafka.bootstrap, name))

    found = Counter((row["part"], row["pos"]) for row in lake.rows("events"))
    assert max(found.values()) == 1
    assert found.keys() <= expected.keys()
    assert found.keys() >= {(0, n) for n in range(written - 20, written)}
    assert lake.ledger("events") == {(name, 0): written}


def test_records_of_a_megabyte_pass(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    texts = [chr(ord("a") + n) * 1_000_000 for n in range(12)]
    for partition in range(2):
        kafka.produce_json(
            name,
            [{"id": n, "text": text} for n, text in enumerate(texts) if n % 2 == partition],
            partition=partition,
        )
    run(
        frazil,
        script.set_all(script.QUICK),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, text STRING"),
        script.target("events", "id BIGINT, text STRING, part INT, pos BIGINT"),
        "INSERT INTO lake.db.events SELECT id, text, part, pos FROM events;",
    )
    assert [row["text"] for row in lake.rows("events")] == texts
    assert_exactly_once(lake, "events", held(kafka, name))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec_is_read(kafka, topic, lake, frazil, codec):
    name = topic()
    kafka.produce_records(
        name,
        ({"value": json.dumps({"id": n})} for n in range(1000)),
        {"compression.type": codec, "linger.ms": 50},
    )
    run(frazil, script.copying(lake, kafka.bootstrap, name))
    assert_exactly_once(lake, "events", held(kafka, name))


def test_tombstones_make_no_row_and_empty_values_are_set_aside(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, [json.dumps({"id": 1}), None, "", json.dumps({"id": 2}), None], key="k")
    text = script.set_all({"pipeline.name": "copy"}) + script.copying(lake, kafka.bootstrap, name)
    run(frazil, text)
    assert ids_of(lake) == [1, 2]
    letters = lake.rows("copy_dead_letters", order="offset")
    assert [(one["offset"], one["payload"]) for one in letters] == [(2, b"")]
    assert lake.ledger("events") == {(name, 0): 5}
