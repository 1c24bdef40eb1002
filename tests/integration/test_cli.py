"""The commands beside `run`: produce, demo, verify, dead-letters."""

import json
import os
import re
import time

import pyarrow
import pytest
from confluent_kafka import Consumer, TopicPartition

from support import script
from support.readers import path_of
from support.topics import COMPACTED_SOON, make_again
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


# --- The command line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu", "x.sql"], "frazil: no such command: 'rnu'; did you mean 'run'?"),
        (["dead-letters", "lst"], "frazil dead-letters: no such command: 'lst'; did you mean 'list'?"),
        (["run", "--log-fromat", "json"], "no such option: '--log-fromat'; did you mean '--log-format'?"),
        (["run"], "frazil run: file is required"),
        ([], "frazil: A subcommand is required"),
        (["produce", "--topic", "t", "--count", "x"], "'x' is not a whole number of at least 0"),
        (["dead-letters", "show", "x.sql", "0"], "'0' is not a whole number of at least 1"),
        *(
            (["produce", "--topic", "t", "--rate", rate], f"'{rate}' is not a number of records per second")
            for rate in ("nan", "inf", "-1", "0", "1e-300", "1e300", "12x", "")
        ),
        (["produce", "--topic", ""], "--topic: is empty"),
        (["produce", "--topic", "t", "--file", ""], "--file: is empty"),
        (["produce", "--topic", "t", "--file", "f", "--key-field", "k", "--no-keys"], "--key-field excludes --no-keys"),
    ],
)
def test_a_wrong_command_line_is_said_with_what_was_meant(frazil, arguments, said):
    done = frazil.run(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr
    assert "--help` says what there is." in done.stderr


def test_a_file_that_is_missing_or_a_folder_is_said(frazil):
    for path in (frazil.folder / "nothing.sql", frazil.folder):
        for command in ("run", "check", "verify"):
            done = frazil.run(command, path)
            assert done.returncode == 3
            assert done.stderr == f"frazil: cannot read the pipeline file: {path}\n"


def test_the_version_is_the_same_in_both_forms(frazil):
    assert frazil.ok("--version") == frazil.ok("version")


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


WRONG_ARGUMENTS = {
    "a property twice": (["--property", "a=1", "--property", "a=2"], 2, "a is given twice"),
    "two brokers": (["--property", "bootstrap.servers=127.0.0.1:1"], 2, "give one of them"),
    "no property": (["--property", "acks"], 2, "write --property key=value"),
    "events behind the last number": (["--first", 2**63 - 5, "--count", 10], 2, "numbers of events end at"),
    "a folder": (["--file", "."], 2, "this is a folder: ."),
    "no file": (["--file", "nothing.jsonl"], 3, "cannot read the file: nothing.jsonl"),
    "a topic that can have no name like this": (["--topic", "a b"], 2, "cannot be the name of a topic"),
}


@pytest.mark.parametrize("what", WRONG_ARGUMENTS)
def test_produce_refuses_arguments_that_mean_nothing(kafka, frazil, what):
    arguments, code, said = WRONG_ARGUMENTS[what]
    if "--topic" not in arguments:
        arguments = ["--topic", "t", *arguments]
    done = frazil.run("produce", "--bootstrap-servers", kafka.bootstrap, *arguments)
    assert done.returncode == code, done
    assert said in done.stderr and done.stdout == ""


def test_a_missing_topic_is_said_soon_with_the_nearest_name(kafka, topic, frazil):
    name = topic()
    began = time.monotonic()
    done = frazil.run("produce", "--topic", f"{name}x", "--bootstrap-servers", kafka.bootstrap)
    assert done.returncode == 3
    assert f"no topic '{name}x'" in done.stderr and f"did you mean '{name}'?" in done.stderr
    assert "--create-partitions N makes it" in done.stderr
    # Half of what the client itself waits for.
    assert time.monotonic() - began < 15
    assert kafka.offsets(name)[0][1] == 0


def test_what_came_before_a_bad_line_is_sent_and_counted(kafka, topic, frazil):
    name = topic()
    file = frazil.folder / "lines.jsonl"
    file.write_text('{"who": "ann"}\n\n{"who": "bob"}\n{"when": 1}\n{"who": "eve"}\n')
    arguments = ("produce", "--topic", name, "--bootstrap-servers", kafka.bootstrap, "--file", file)
    done = frazil.run(*arguments, "--key-field", "who")
    assert done.returncode == 2
    assert f"{file}:4: no JSON object with a field 'who'" in done.stderr
    assert "produced 2 records" in done.stdout
    assert [key for key, _ in records(kafka, name)[0]] == [b"ann", b"bob"]

    file.write_text("short\n" + "x" * 5000 + "\nshort\n")
    done = frazil.run(*arguments, "--property", "message.max.bytes=2000")
    assert done.returncode == 2
    assert f"{file}:2: " in done.stderr and "message.max.bytes" in done.stderr
    assert "produced 1 records" in done.stdout
    assert kafka.offsets(name)[0][1] == 3


def test_lines_of_a_pipe_are_sent_as_they_come_until_a_signal(kafka, topic, frazil):
    name = topic()
    pipe = frazil.folder / "pipe"
    os.mkfifo(pipe)
    waiting = frazil.start(
        *("produce", "--topic", name, "--bootstrap-servers", kafka.bootstrap, "--file", pipe)
    )
    with pipe.open("w") as lines:
        lines.write("one\ntwo\nthr")
        lines.flush()
        until(lambda: kafka.offsets(name)[0][1] == 2, "two records", context=waiting.tail)
        waiting.process.terminate()
        assert waiting.exit_code() == 0
    assert "stopped: produced 2 records" in waiting.output()
    assert kafka.offsets(name)[0][1] == 2


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


# --- verify ---------------------------------------------------------------------------------------


@pytest.fixture
def copied(kafka, topic, lake, frazil):
    """A pipeline file that has copied two partitions of 50, the topic's name with it."""
    name = topic(partitions=2)
    for partition in range(2):
        kafka.produce_json(
            name, [{"id": partition * 100 + n} for n in range(50)], partition=partition
        )
    file = script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name))
    frazil.ok("run", file)
    return file, name


def test_verify_says_equal_also_when_the_topic_has_gone_on(kafka, copied, frazil):
    file, name = copied
    kafka.produce_json(name, [{"id": 1000}, {"id": 1001}], partition=0)
    said = frazil.ok("verify", file)
    assert "lake.db.events: equal, 100 rows" in said
    assert "100 records of the source were read again" in said
    answer = json.loads(frazil.ok("verify", file, "--output", "json"))
    assert answer["tables"][0]["expected-hash"] == answer["tables"][0]["found-hash"]

    frazil.ok("run", file)
    assert "equal, 102 rows" in frazil.ok("verify", file)


def test_verify_names_rows_that_are_doubled_missing_or_from_nowhere(copied, lake, frazil):
    file, _ = copied
    table = lake.table("events")
    table.delete("part = 1 and pos >= 10 and pos < 13")  # rewrites the file
    lake.table("events").append(
        pyarrow.table(
            {"id": [7, 7, 5], "part": [0, 0, 0], "pos": [7, 7, 500]},
            schema=pyarrow.schema(
                [("id", pyarrow.int64()), ("part", pyarrow.int32()), ("pos", pyarrow.int64())]
            ),
        )
    )
    done = frazil.run("verify", file)
    assert done.returncode == 10
    assert "lake.db.events: DIFFERS" in done.stdout
    assert "doubled: partition 0: 7\n" in done.stdout
    assert "not from the source: partition 0: 500\n" in done.stdout
    assert "missing: partition 1: 10-12\n" in done.stdout
    assert "snapshots were written by other programs" in done.stdout


def test_verify_sees_a_changed_value_where_all_places_are_right(copied, lake, frazil):
    file, _ = copied
    lake.table("events").delete("part = 0 and pos = 3")
    lake.table("events").append(
        pyarrow.table(
            {"id": [4711], "part": [0], "pos": [3]},
            schema=pyarrow.schema(
                [("id", pyarrow.int64()), ("part", pyarrow.int32()), ("pos", pyarrow.int64())]
            ),
        )
    )
    done = frazil.run("verify", file)
    assert done.returncode == 10
    assert "the source gives 100 rows" in done.stdout and "has   100 rows" in done.stdout
    assert "doubled" not in done.stdout and "missing" not in done.stdout


def test_verify_compares_nested_types_and_dead_letters_and_leaves_out_what_changes(
    kafka, topic, lake, frazil
):
    name = topic()
    good = {
        "id": 1, "amount": 1.5, "price": "12.30", "day": "2026-01-02", "moment": "2026-01-02T03:04:05Z",
        "b": "AAE=", "tags": ["a", None],
        "props": {"k": "v"}, "geo": {"x": 1, "names": ["n"]}, "ok": True, "t": "01:02:03",
    }  # fmt: skip
    kafka.produce_json(name, [good | {"id": n} for n in range(30)] + [{"id": 30}])
    kafka.produce(name, ["not json", '{"id": "x"}', json.dumps({"id": 31, "amount": 0})])
    columns = (
        "id BIGINT, amount DOUBLE, price DECIMAL(9, 2), `day` DATE, moment TIMESTAMP_LTZ(6),"
        " b BYTES, tags ARRAY<STRING>, props MAP<STRING, STRING>,"
        " geo ROW<x INT, names ARRAY<STRING>>, ok BOOLEAN, t TIME(6)"
    )
    file = script.write(
        frazil.folder,
        script.set_all(script.QUICK | {"pipeline.name": "kinds"}),
        lake.ddl(),
        script.source(kafka.bootstrap, name, columns),
        script.target("events", columns + ", part INT, pos BIGINT, seen TIMESTAMP_LTZ(6)"),
        "INSERT INTO lake.db.events SELECT id, amount, price, day, moment, b, tags, props, geo, ok, t,"
        " part, pos, now() FROM events WHERE amount > 0 OR amount IS NULL;",
    )
    frazil.ok("run", file)
    said = frazil.ok("verify", file)
    assert "lake.db.events: equal, 31 rows" in said
    assert "lake.db.kinds_dead_letters: equal, 2 rows" in said
    assert "not compared: column seen" in said


def test_verify_names_a_data_file_that_is_missing_or_cut(copied, lake, frazil):
    file, _ = copied
    (location,) = lake.table("events").inspect.files()["file_path"].to_pylist()
    path = path_of(location)
    os.truncate(path, 100)
    for said in ("is damaged (it has 100 bytes, and had ", "is missing; restore it"):
        done = frazil.run("verify", file)
        assert done.returncode == 7, done.stderr
        assert f"lake.db.events: a data file of the snapshot {said}" in done.stderr
        assert location in done.stderr and "read_parquet" not in done.stderr
        if os.path.exists(path):
            os.unlink(path)


def test_verify_says_when_it_has_nothing_to_compare_with(kafka, copied, lake, topic, frazil):
    file, name = copied
    kafka.delete_records(name, {1: 20})
    done = frazil.run("verify", file)
    assert done.returncode == 11
    assert "has deleted records that the table holds" in done.stderr and "-1 begins at 20" in (
        done.stderr
    )

    other = topic()
    kafka.produce_json(other, [{"id": 1}])
    fresh = script.write(
        frazil.folder,
        script.copying(lake, kafka.bootstrap, other).replace("db.events", "db.never"),
        name="fresh.sql",
    )
    done = frazil.run("verify", fresh)
    assert done.returncode == 11
    assert "does not exist yet" in done.stderr


def test_verify_says_that_a_topic_ends_before_its_ledger(kafka, copied, lake, frazil):
    file, name = copied
    # As a broker has it that tells no ids: nothing shows that the topic is another one.
    summary = lake.summary("events")
    (key,) = [key for key in summary if key.startswith("frazil.ledger.")]
    ledger = json.loads(summary[key])
    for stream in ledger["sources"]["events"].values():
        del stream["stream-id"], stream["cluster-id"]
    table = lake.table("events")
    table.append(table.schema().as_arrow().empty_table(), snapshot_properties={key: json.dumps(ledger)})
    assert frazil.run("verify", file).returncode == 0

    make_again(kafka, name, 2)
    kafka.produce_json(name, [{"id": n} for n in range(50)], partition=0)
    kafka.produce_json(name, [{"id": 100 + n} for n in range(49)], partition=1)
    done = frazil.run("verify", file)
    assert done.returncode == 11, done.stdout + done.stderr
    assert f"events/{name}-1 ends before offset 50, up to which its rows are in the tables" in (
        done.stderr
    )
    assert "the topic was cut short or made again" in done.stderr

    kafka.produce_json(name, [{"id": 149}], partition=1)
    assert "equal, 100 rows" in frazil.ok("verify", file)


def test_verify_cannot_tell_once_a_topic_was_compacted(kafka, topic, lake, frazil):
    name = topic(**COMPACTED_SOON)
    file = script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name))
    written = 0

    def add() -> None:
        nonlocal written
        numbers = range(written, written + 50)
        kafka.produce_records(
            name, [{"key": str(n % 5), "value": json.dumps({"id": n})} for n in numbers]
        )
        written += 50

    add()
    frazil.ok("run", file)

    def is_compacted() -> bool:
        add()
        return frazil.run("verify", file).returncode != 0

    until(is_compacted, "the cleaner", seconds=60)
    done = frazil.run("verify", file)
    assert done.returncode == 11, done.stdout + done.stderr
    assert f"topic '{name}' is compacted" in done.stderr
    assert "not from the source: partition 0" in done.stdout

    # The newest record of a topic stays: that one is missing for certain.
    frazil.ok("run", file)
    newest = max(row["pos"] for row in lake.rows("events"))
    lake.table("events").delete(f"pos = {newest}")
    done = frazil.run("verify", file)
    assert done.returncode == 10, done.stdout + done.stderr
    assert f"missing: partition 0: {newest}\n" in done.stdout


def test_verify_says_that_a_ledger_which_was_reset_gives_no_account(copied, frazil):
    file, name = copied
    frazil.ok("ledger", "reset", file, "--set", f"events/{name}-0=500", "--yes")
    done = frazil.run("verify", file)
    assert done.returncode == 11, done.stderr
    assert "before its ledger was reset" in done.stdout + done.stderr


# --- dead-letters ---------------------------------------------------------------------------------


def test_dead_letters_are_counted_by_class_and_shown_wholly(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, [json.dumps({"id": 1}), "not json", '{"id": "x"}', "nor this"], key="k")
    file = script.write(
        frazil.folder,
        script.set_all({"pipeline.name": "copy"}) + script.copying(lake, kafka.bootstrap, name),
    )
    before = frazil.run("dead-letters", "list", file)
    assert before.returncode == 3 and "does not exist yet" in before.stderr
    frazil.ok("run", file)

    listed = json.loads(frazil.ok("dead-letters", "list", file, "--output", "json"))
    assert listed["states"] == {"waiting": 3, "failed-again": 0, "replayed": 0}
    assert sum(one["count"] for one in listed["classes"]) == 3
    assert [one["offset"] for one in listed["newest"]] == [3, 2, 1]
    said = frazil.ok("dead-letters", "list", file, "--limit", 1)
    assert "offset 3" in said and "offset 2" not in said

    assert "nor this" in frazil.ok("dead-letters", "show", file)
    kafka.produce(name, ["\x1b]0;title\x07\n\tnot \x7f json"], key="\x1b[2J\nstate forged")
    frazil.ok("run", file)
    evil = frazil.ok("dead-letters", "show", file)
    assert evil.endswith("\\u001b]0;title\\u0007\n\tnot \\u007f json\n")
    assert "\\u001b[2J\\nstate forged\n" in evil
    for shown in (evil, frazil.ok("dead-letters", "list", file)):
        assert re.sub(r"[\n\t]", "", shown).isprintable()
    assert json.loads(frazil.ok("dead-letters", "show", file, "--output", "json"))["key"].startswith("\x1b")
    second = json.loads(frazil.ok("dead-letters", "show", file, 3, "--output", "json"))
    assert (second["offset"], second["payload"], second["key"]) == (2, '{"id": "x"}', "k")
    assert second["failed_inserts"] == []
    none = frazil.run("dead-letters", "show", file, 5)
    assert none.returncode == 3 and "no dead letter number 5" in none.stderr
