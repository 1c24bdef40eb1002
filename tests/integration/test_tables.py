"""What is written: several tables, dead letters, required columns, partitions."""

import datetime
import json
from collections import Counter

import pytest

from support import readers, script
from support.audit import assert_exactly_once, held, places_of


def run(frazil, *parts: str):
    return frazil.run("run", script.write(frazil.folder, *parts))


def ok(frazil, *parts: str) -> None:
    done = run(frazil, *parts)
    assert done.returncode == 0, done.stderr


def produce_rows(kafka, topic: str, rows, partitions: int = 1) -> None:
    for partition in range(partitions):
        kafka.produce_json(topic, rows[partition::partitions], partition=partition)


# --- Several INSERTs ------------------------------------------------------------------------------


def test_inserts_into_several_tables_run_together(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    produce_rows(kafka, name, [{"id": n, "kind": n % 3} for n in range(900)], 2)
    inserts = "".join(
        script.target(f"kind{kind}", "id BIGINT, part INT, pos BIGINT")
        + f"INSERT INTO lake.db.kind{kind} SELECT id, part, pos FROM events WHERE kind = {kind};\n"
        for kind in range(3)
    )
    text = (
        script.set_all(script.QUICK)
        + lake.ddl()
        + script.source(kafka.bootstrap, name, "id BIGINT, kind INT")
        + inserts
    )

    ok(frazil, text)

    for kind in range(3):
        assert [row["id"] for row in lake.rows(f"kind{kind}")] == list(range(kind, 900, 3))
    everything = sum(
        (places_of(lake.table(f"kind{kind}").scan().to_arrow()) for kind in range(3)), Counter()
    )
    assert everything == held(kafka, name)

    snapshots = {kind: lake.snapshots(f"kind{kind}") for kind in range(3)}
    ok(frazil, text)
    assert {kind: lake.snapshots(f"kind{kind}") for kind in range(3)} == snapshots


def test_a_select_that_sees_more_than_a_record_is_warned_of(lake, frazil):
    text = (
        lake.ddl()
        + script.source("127.0.0.1:1", "topic")
        + script.target("counts", "part INT, n BIGINT")
        + script.target("marked", "id BIGINT, mark STRING")
        + "INSERT INTO lake.db.counts SELECT part, count(*) FROM events GROUP BY part;\n"
        + "INSERT INTO lake.db.marked SELECT id, CAST(uuid() AS VARCHAR) FROM events;\n"
    )
    plan = frazil.ok("check", script.write(frazil.folder, text))
    warnings = [line for line in plan.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert "lake.db.counts sees one batch" in warnings[0] and "GROUP BY" in warnings[0]
    assert "column mark of lake.db.marked" in warnings[1]


def test_a_table_without_rows_is_not_committed(kafka, topic, lake, frazil):
    name = topic()
    produce_rows(kafka, name, [{"id": n} for n in range(10)])
    ok(
        frazil,
        script.copying(lake, kafka.bootstrap, name),
        script.target("none", "id BIGINT"),
        "INSERT INTO lake.db.none SELECT id FROM events WHERE id < 0;\n",
    )
    assert lake.count("events") == 10
    assert lake.snapshots("none") == []


def test_two_inserts_into_one_table_share_its_commits(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    produce_rows(kafka, name, [{"id": n} for n in range(400)], 2)
    insert = "INSERT INTO lake.db.events SELECT id, part, pos FROM events WHERE id % 2 = "
    ok(
        frazil,
        script.set_all(script.QUICK),
        lake.ddl(),
        script.source(kafka.bootstrap, name),
        script.target("events", "id BIGINT, part INT, pos BIGINT"),
        f"EXECUTE STATEMENT SET BEGIN {insert}0; {insert}1; END;",
    )
    assert_exactly_once(lake, "events", held(kafka, name))


def test_two_topics_flow_into_one_table(kafka, topic, lake, frazil):
    first, second = topic(), topic()
    produce_rows(kafka, first, [{"id": n} for n in range(50)])
    produce_rows(kafka, second, [{"id": n} for n in range(100, 150)])
    ok(
        frazil,
        script.set_all(script.QUICK),
        lake.ddl(),
        script.source(kafka.bootstrap, first, name="a"),
        script.source(kafka.bootstrap, second, name="b"),
        script.target("events", "id BIGINT, part INT, pos BIGINT"),
        "INSERT INTO lake.db.events SELECT id, part, pos FROM a;\n",
        "INSERT INTO lake.db.events SELECT id, part, pos FROM b;\n",
    )
    assert [row["id"] for row in lake.rows("events")] == [*range(50), *range(100, 150)]
    assert lake.ledger("events") == {(first, 0): 50, (second, 0): 50}


def test_views_and_named_columns_shape_the_rows(kafka, topic, lake, frazil):
    name = topic()
    produce_rows(kafka, name, [{"id": n, "user": {"name": f"u{n % 3}"}} for n in range(30)])
    ok(
        frazil,
        script.set_all(script.QUICK),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, user ROW<name STRING>"),
        script.target("events", "id BIGINT, name STRING, twice BIGINT, note STRING"),
        "CREATE TEMPORARY VIEW few AS SELECT id, upper(user.name) AS n FROM events WHERE id < 9;",
        "INSERT INTO lake.db.events (twice, name, id) SELECT id * 2, n, id FROM few;",
    )
    assert lake.rows("events") == [
        {"id": n, "name": f"U{n % 3}", "twice": 2 * n, "note": None} for n in range(9)
    ]


# --- Dead letters ---------------------------------------------------------------------------------

BAD_VALUES = [
    "no json",
    '{"id": "text"}',
    '{"id": 99999999999999999999}',
    b'{"id": 1, "name": "\xff"}',
    '{"id": 1',
    "[1, 2]",
    '{"id": 1, "name": "a", "name": "b"}',
]


def copying_with(lake, bootstrap: str, topic: str, settings: dict) -> str:
    return script.copying(
        lake,
        bootstrap,
        topic,
        settings=script.QUICK | {"pipeline.name": "copy"} | settings,
    )


@pytest.fixture
def mixed(kafka, topic) -> str:
    """A topic of two partitions: every third record is bad."""
    name = topic(partitions=2)
    for partition in range(2):
        values: list = []
        for n in range(70):
            values += [json.dumps({"id": 2 * n}), BAD_VALUES[n % len(BAD_VALUES)]]
            values += [json.dumps({"id": 2 * n + 1})]
        kafka.produce(name, values, partition=partition, headers={"h": b"1"}, key="k")
    return name


def test_bad_records_go_to_the_dead_letter_table_once(kafka, mixed, lake, frazil):
    text = copying_with(lake, kafka.bootstrap, mixed, {})
    ok(frazil, text)
    ok(frazil, text)

    letters = readers.read_with_duckdb(lake.table("copy_dead_letters").metadata_location)
    bad = Counter((p, 3 * n + 1) for p in range(2) for n in range(70))
    # The record that names a field twice has a rule of its own; all the others fail.
    twice = Counter((p, 3 * n + 1) for p in range(2) for n in range(6, 70, 7))
    found = places_of(letters, "partition", "offset")
    assert found in (bad, bad - twice)
    assert_exactly_once(lake, "copy_dead_letters", found, "partition", "offset")
    assert_exactly_once(lake, "events", held(kafka, mixed) - found)
    for row in letters.to_pylist():
        assert row["topic"] == mixed and row["pipeline"] == "copy" and row["source"] == "events"
        assert row["key"] == b"k" and dict(row["headers"]) == {"h": b"1"}
        assert row["stage"] == "decode" and row["error_class"] and row["message"]
        wanted = BAD_VALUES[(row["offset"] // 3) % len(BAD_VALUES)]
        assert row["payload"] == (wanted if isinstance(wanted, bytes) else wanted.encode())


def test_bad_records_go_to_a_topic(kafka, mixed, topic, lake, frazil):
    letters = topic()
    ok(frazil, copying_with(lake, kafka.bootstrap, mixed, {"dead-letters": f"topic:{letters}"}))

    records = consume(kafka, letters)
    places = Counter(
        (int(headers["frazil.partition"]), int(headers["frazil.offset"]))
        for _, _, headers in records
    )
    assert_exactly_once(lake, "events", held(kafka, mixed) - places)
    assert max(places.values()) == 1
    for key, value, headers in records:
        wanted = BAD_VALUES[(int(headers["frazil.offset"]) // 3) % len(BAD_VALUES)]
        assert value == (wanted if isinstance(wanted, bytes) else wanted.encode())
        assert key == b"k" and headers["h"] == b"1"
        assert headers["frazil.topic"] == mixed.encode()
        assert headers["frazil.stage"] == b"decode" and headers["frazil.error-class"]
    assert lake.metadata("copy_dead_letters") is None


def consume(kafka, topic: str) -> list[tuple[bytes, bytes, dict]]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "letters"})
    (low, high) = kafka.offsets(topic)[0]
    consumer.assign([TopicPartition(topic, 0, low)])
    try:
        messages = consumer.consume(high - low, timeout=20)
        assert len(messages) == high - low
        return [(one.key(), one.value(), dict(one.headers() or [])) for one in messages]
    finally:
        consumer.close()


def test_a_bad_record_stops_the_pipeline_where_that_is_asked_for(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, ['{"id": 0}', '{"id": 1}', '{"id": "no number"}', '{"id": 3}'])
    done = run(frazil, copying_with(lake, kafka.bootstrap, name, {"dead-letters": "fail"}))
    assert done.returncode == 8, done.stderr
    for expected in (name, "offset 2", "id", "'dead-letters' = 'table'"):
        assert expected in done.stderr
    # With the records set aside it goes on: nothing was lost or doubled by the stop.
    ok(frazil, copying_with(lake, kafka.bootstrap, name, {}))
    assert_exactly_once(lake, "events", Counter([(0, 0), (0, 1), (0, 3)]))
    assert [row["offset"] for row in lake.rows("copy_dead_letters", "offset")] == [2]


def test_a_null_in_a_required_column_is_a_dead_letter(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, ['{"id": 1, "name": "a"}', '{"id": null}', "{}", '{"id": 4}'])
    ok(
        frazil,
        script.set_all(script.QUICK | {"pipeline.name": "copy"}),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, name STRING"),
        script.target("events", "id BIGINT NOT NULL, name STRING"),
        "INSERT INTO lake.db.events SELECT id, name FROM events;",
    )
    assert [row["id"] for row in lake.rows("events")] == [1, 4]
    assert lake.table("events").schema().find_field("id").required
    letters = lake.rows("copy_dead_letters", "offset")
    assert [row["offset"] for row in letters] == [1, 2]
    assert all("id" in row["message"] for row in letters)


def test_rows_that_a_select_cannot_make_are_dead_letters(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    values = [str(n) if n % 50 else f"x{n}" for n in range(1000)]
    produce_rows(kafka, name, [{"id": n, "text": text} for n, text in enumerate(values)], 2)
    ok(
        frazil,
        script.set_all(script.QUICK | {"pipeline.name": "copy"}),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, text STRING"),
        script.target("events", "id BIGINT, number BIGINT, part INT, pos BIGINT"),
        "INSERT INTO lake.db.events SELECT id, CAST(text AS BIGINT) * 2, part, pos FROM events;",
    )
    assert lake.rows("events")[0] == {"id": 1, "number": 2, "part": 1, "pos": 0}
    letters = lake.rows("copy_dead_letters", "offset")
    assert len(letters) == 20 and {row["stage"] for row in letters} == {"transform"}
    bad = Counter((row["partition"], row["offset"]) for row in letters)
    assert_exactly_once(lake, "events", held(kafka, name) - bad)


def test_ignored_parse_errors_leave_no_dead_letters(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, ['{"id": 1}', "no json", '{"id": "text"}', '{"id": 4}'])
    options = script.BOUNDED | {"json.ignore-parse-errors": "true"}
    ok(
        frazil,
        script.set_all({"pipeline.name": "copy"}),
        script.copying(lake, kafka.bootstrap, name, options),
    )
    assert [row["id"] for row in lake.rows("events", "pos")] == [1, None, 4]
    assert lake.count("copy_dead_letters") == 0


# --- Partitions and files -------------------------------------------------------------------------

DAYS = 5


def test_rows_lie_in_the_partitions_they_belong_to(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    first = datetime.datetime(2024, 2, 27, 23, tzinfo=datetime.UTC)
    rows = [
        {
            "id": n,
            "user": f"user-{n % 40}" if n % 7 else None,
            "ts": (first + datetime.timedelta(minutes=n * DAYS)).isoformat(),
        }
        for n in range(1440)
    ]
    produce_rows(kafka, name, rows, 2)
    ok(
        frazil,
        script.set_all({"commit.interval": "1 s"}),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, user STRING, ts TIMESTAMP_LTZ(3)"),
        script.target(
            "events",
            "id BIGINT, user STRING, ts TIMESTAMP_LTZ(6), part INT, pos BIGINT",
            "day(ts), bucket(4, user)",
        ),
        "INSERT INTO lake.db.events SELECT id, user, ts, part, pos FROM events;",
    )
    assert_exactly_once(lake, "events", held(kafka, name))
    seen = lake.rows("events")
    assert [(row["id"], row["user"], row["ts"].isoformat()) for row in seen] == [
        (row["id"], row["user"], row["ts"]) for row in rows
    ]
    table = lake.table("events")
    files = table.inspect.files().to_pylist()
    assert len({file["file_path"] for file in files}) == len(files)
    assert sum(file["record_count"] for file in files) == len(rows)
    days = {file["partition"]["ts_day"] for file in files}
    assert days == {datetime.date(2024, 2, 27) + datetime.timedelta(days=n) for n in range(6)}
    # Pruning by partitions and metrics must not lose a row.
    day = table.scan("ts >= '2024-02-29T00:00:00+00:00' and ts < '2024-03-01T00:00:00+00:00'")
    assert sorted(day.to_arrow()["id"].to_pylist()) == [
        row["id"] for row in rows if row["ts"].startswith("2024-02-29")
    ]
    one = table.scan("user == 'user-5'")
    assert sorted(one.to_arrow()["id"].to_pylist()) == [
        row["id"] for row in rows if row["user"] == "user-5"
    ]
    assert len(list(one.plan_files())) < len(files)
    assert table.scan("user is null").to_arrow().num_rows == sum(
        row["user"] is None for row in rows
    )


def test_files_roll_at_their_target_size(kafka, topic, lake, frazil):
    name = topic()
    texts = [f"{n * 2654435761 % 2**32:08x}" * 20 for n in range(20_000)]
    kafka.produce_json(name, [{"id": n, "text": text} for n, text in enumerate(texts)])
    ok(
        frazil,
        script.set_all(script.NEVER),
        lake.ddl(),
        script.source(kafka.bootstrap, name, "id BIGINT, text STRING"),
        script.target(
            "events",
            "id BIGINT, text STRING, part INT, pos BIGINT",
            properties="'write.target-file-size-bytes'='65536',"
            " 'write.parquet.compression-codec'='uncompressed',"
            " 'write.parquet.row-group-size-bytes'='65536'",
        ),
        "INSERT INTO lake.db.events SELECT id, text, part, pos FROM events;",
    )
    assert_exactly_once(lake, "events", held(kafka, name))
    files = lake.table("events").inspect.files().to_pylist()
    assert len(files) > 3
    assert len([one for one in lake.snapshots("events") if int(one["summary"].get("added-records", 0))]) == 1


def test_a_hadoop_catalog_is_filled_alike(kafka, topic, frazil, tmp_path):
    name = topic(partitions=2)
    produce_rows(kafka, name, [{"id": n} for n in range(300)], 2)
    text = (
        script.set_all(script.QUICK)
        + f"CREATE CATALOG lake WITH ('type'='iceberg', 'catalog-type'='hadoop',"
        f" 'warehouse'='{tmp_path}/hadoop');\nCREATE DATABASE IF NOT EXISTS lake.db;\n"
        + script.source(kafka.bootstrap, name)
        + script.target("events", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.events SELECT id, part, pos FROM events;\n"
    )
    for round_ in range(2):
        ok(frazil, text)
        folder = tmp_path / "hadoop/db/events/metadata"
        version = (folder / "version-hint.text").read_text().strip()
        rows = readers.read_with_duckdb(str(folder / f"v{version}.metadata.json"))
        assert places_of(rows) == held(kafka, name)
        if round_ == 0:
            produce_rows(kafka, name, [{"id": n} for n in range(300, 400)], 2)
