"""Dead letters that are run again: once each, as the records they were, whatever happens."""

import datetime
import json
import pathlib
import signal
from collections import Counter

import pytest

from support import script
from support.audit import assert_exactly_once, places_of
from support.waiting import until

NAMED = script.QUICK | {"pipeline.name": "copy"}
BROKEN = "CAST(word AS BIGINT)"
MENDED = "CAST(replace(word, 'x', '') AS BIGINT)"


def pipeline(
    lake,
    kafka,
    topic: str,
    *,
    amount: str = "INT",
    word: str = BROKEN,
    second: str = "",
    settings: dict = NAMED,
) -> str:
    """Fails with words that are no numbers, and with amounts that `amount` cannot hold."""
    return (
        script.set_all(settings)
        + lake.ddl()
        + script.source(
            kafka.bootstrap,
            topic,
            f"id BIGINT, amount {amount}, word STRING, k STRING,"
            " moment TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',"
            " kind STRING METADATA FROM 'timestamp-type', stream STRING METADATA FROM 'topic',"
            " heads MAP<STRING, BYTES> METADATA FROM 'headers'",
            script.BOUNDED
            | {"key.format": "json", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"},
        )
        + script.target(
            "events",
            "id BIGINT, amount BIGINT, number BIGINT, k STRING, moment TIMESTAMP_LTZ(6), kind STRING,"
            " stream STRING, heads MAP<STRING, BYTES>, part INT, pos BIGINT",
        )
        + f"INSERT INTO lake.db.events SELECT id, amount, {word}, k, moment, kind, stream, heads, part, pos"
        " FROM events;\n"
        + second
    )


def write(frazil, text: str) -> pathlib.Path:
    return script.write(frazil.folder, text)


def states(frazil, file) -> dict[str, int]:
    listed = json.loads(frazil.ok("dead-letters", "list", file, "--output", "json"))
    return listed["states"]


def replay(frazil, file, *arguments: str) -> str:
    return frazil.ok("dead-letters", "replay", file, *arguments, seconds=300)


def place(row: dict) -> tuple[int, int]:
    return row["part"], row["pos"]


def test_a_mended_script_makes_rows_of_dead_letters_once(kafka, topic, lake, frazil):
    name = topic(partitions=2, **{"retention.ms": -1})  # the records are old
    good = {"id": 1, "amount": 5, "word": "17"}
    values = [
        json.dumps(good),
        json.dumps(good | {"id": 2, "word": "x18"}),
        "not json",
        json.dumps(good | {"id": 3, "amount": 3_000_000_000}),
    ]
    kafka.produce(
        name,
        values,
        partition=1,
        key='{"k": "key"}',
        headers=[("h", b"first"), ("n", None), ("h", b"second")],
        timestamp=1_700_000_000_123,
    )
    file = write(frazil, pipeline(lake, kafka, name))
    frazil.ok("run", file)
    assert lake.count("events") == 1, frazil.ok("dead-letters", "list", file)
    assert states(frazil, file) == {"waiting": 3, "failed-again": 0, "replayed": 0}

    write(frazil, pipeline(lake, kafka, name, amount="BIGINT", word=MENDED))
    said = replay(frazil, file, "--dry-run")
    assert "3 dead letters: 2 would go through, 1 would fail again" in said
    assert "InvalidJson" in said
    assert states(frazil, file) == {"waiting": 3, "failed-again": 0, "replayed": 0}
    assert "2 dead letters would be rows now" in frazil.ok("verify", file)

    said = replay(frazil, file)
    assert "replayed 3 dead letters: 2 went through, 1 failed again" in said
    rows = lake.rows("events")
    assert [(row["id"], row["amount"], row["number"]) for row in rows] == [
        (1, 5, 17),
        (2, 5, 18),
        (3, 3_000_000_000, 17),
    ]
    # All that the first row tells of its record, the replayed ones tell of theirs.
    assert [place(row) for row in rows] == [(1, 0), (1, 1), (1, 3)]
    for row in rows:
        assert row["moment"] == datetime.datetime(
            2023, 11, 14, 22, 13, 20, 123_000, tzinfo=datetime.UTC
        )
        assert (row["kind"], row["stream"], row["k"]) == ("CreateTime", name, "key")
        assert row["heads"] == rows[0]["heads"]
        assert dict(row["heads"]) == {"h": b"second", "n": None}

    assert states(frazil, file) == {"waiting": 0, "failed-again": 1, "replayed": 3}
    before = len(lake.snapshots("events")), len(lake.snapshots("copy_dead_letters"))
    assert "nothing to replay" in replay(frazil, file)
    assert before == (len(lake.snapshots("events")), len(lake.snapshots("copy_dead_letters")))
    said = frazil.ok("verify", file)
    assert "lake.db.events: equal, 3 rows" in said
    assert "lake.db.copy_dead_letters: equal, 1 rows" in said


def test_what_fails_again_is_run_again_only_when_asked(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(
        name, [{"id": n, "amount": 1, "word": "x1" if n % 2 else "y1"} for n in range(6)]
    )
    file = write(frazil, pipeline(lake, kafka, name))
    frazil.ok("run", file)
    write(frazil, pipeline(lake, kafka, name, word=MENDED))
    assert "3 went through, 3 failed again" in replay(frazil, file)

    # New ones are replayed, those that failed are not.
    kafka.produce_json(name, [{"id": 6, "amount": 1, "word": "z1"}])
    frazil.ok("run", file)
    assert states(frazil, file) == {"waiting": 1, "failed-again": 3, "replayed": 6}
    assert "replayed 1 dead letters: 0 went through, 1 failed again" in replay(frazil, file)

    for _ in range(2):
        assert "replayed 4 dead letters: 0 went through" in replay(frazil, file, "--again")
    more_mended = "CAST(regexp_replace(word, '[xy]', '') AS BIGINT)"
    write(frazil, pipeline(lake, kafka, name, word=more_mended))
    assert "nothing to replay" in replay(frazil, file)
    # One that the pipeline sets aside now goes along.
    kafka.produce_json(name, [{"id": 7, "amount": 1, "word": "zz"}])
    frazil.ok("run", file)
    assert "replayed 5 dead letters: 3 went through, 2 failed again" in (
        replay(frazil, file, "--again")
    )
    assert [row["id"] for row in lake.rows("events")] == [0, 1, 2, 3, 4, 5]
    assert states(frazil, file)["failed-again"] == 2
    assert "lake.db.events: equal, 6 rows" in frazil.ok("verify", file)


def test_only_the_insert_that_failed_is_run_again(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": n, "amount": 1, "word": "x1"} for n in range(4)])
    kafka.produce(name, ["bad", json.dumps({"id": 5, "amount": 1, "word": "1"})])
    second = (
        script.target("copies", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.copies SELECT id, part, pos FROM events;\n"
        + "INSERT INTO lake.db.copies SELECT -id, part, pos FROM events WHERE amount > 0;\n"
    )
    file = write(frazil, pipeline(lake, kafka, name, second=second))
    frazil.ok("run", file)
    assert (lake.count("events"), lake.count("copies")) == (1, 10)

    write(frazil, pipeline(lake, kafka, name, word=MENDED, second=second))
    assert "4 went through, 1 failed again" in replay(frazil, file)
    assert (lake.count("events"), lake.count("copies")) == (5, 10)
    assert sorted(row["id"] for row in lake.rows("copies")) == [-5, -3, -2, -1, 0, 0, 1, 2, 3, 5]
    said = frazil.ok("verify", file)
    assert "lake.db.events: equal, 5 rows" in said and "lake.db.copies: equal, 10 rows" in said


def test_verify_expects_letters_below_the_first_row_of_a_table(kafka, topic, lake, frazil):
    """Each table's account begins with its first rows; the replay then comes below it."""
    name = topic()

    def file(word: str, *tables: str) -> pathlib.Path:
        second = "".join(
            script.target(table, "id BIGINT, number BIGINT, part INT, pos BIGINT")
            + f"INSERT INTO lake.db.{table} SELECT id, {word}, part, pos FROM events;\n"
            for table in tables
        )
        return write(frazil, pipeline(lake, kafka, name, word=word, second=second))

    def add(*words: str) -> None:
        kafka.produce_json(name, [{"id": 0, "amount": 1, "word": word} for word in words])

    def rows(table: str) -> list[int]:
        return sorted(row["pos"] for row in lake.rows(table, "pos"))

    add("x0", "x1", "y2")
    kafka.produce(name, ["not json"])
    frazil.ok("run", file(BROKEN, "copies"))
    add("4", "5")
    frazil.ok("run", file(BROKEN, "copies"))
    said = frazil.ok("verify", file(BROKEN, "copies"))
    assert "lake.db.copies: equal, 2 rows" in said and "dead letters would be rows" not in said

    replay(frazil, file(MENDED, "copies"))
    assert rows("copies") == rows("events") == [0, 1, 4, 5]
    said = frazil.ok("verify", file(MENDED, "copies"))
    assert "lake.db.copies: equal, 4 rows" in said and "lake.db.events: equal, 4 rows" in said
    assert "lake.db.copy_dead_letters: equal, 2 rows" in said

    # A table that joins now gets nothing of what was replayed before, and what goes through later
    # only where it went through no INSERT yet.
    add("6")
    more_mended = "CAST(regexp_replace(word, '[xy]', '') AS BIGINT)"
    tables = ("copies", "late")
    frazil.ok("run", file(MENDED, *tables))
    assert "lake.db.late: equal, 1 rows" in frazil.ok("verify", file(MENDED, *tables))
    replay(frazil, file(more_mended, *tables), "--again")
    assert rows("copies") == [0, 1, 2, 4, 5, 6] and rows("late") == [6]
    assert "lake.db.late: equal, 1 rows" in frazil.ok("verify", file(more_mended, *tables))

    # Nothing else is expected below the first row.
    lake.table("copies").delete("pos = 2")
    done = frazil.run("verify", file(more_mended, *tables))
    assert done.returncode == 10 and "missing: partition 0: 2\n" in done.stdout
    assert "lake.db.events: equal" in done.stdout


def test_letters_of_an_insert_that_is_gone_wait_for_it(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": 1, "amount": 1, "word": "x1"}])
    second = (
        script.target("copies", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.copies SELECT CAST(word AS BIGINT), part, pos FROM events;\n"
    )
    file = write(frazil, pipeline(lake, kafka, name, second=second))
    frazil.ok("run", file)
    write(frazil, pipeline(lake, kafka, name, word=MENDED))
    done = frazil.run("dead-letters", "replay", file)
    assert done.returncode == 2 and "INSERT INTO lake.db.copies" in done.stderr
    assert states(frazil, file)["waiting"] == 1


def test_the_pipeline_goes_on_beside_and_after_a_replay(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": 1, "amount": 1, "word": "x1"}])
    file = write(frazil, pipeline(lake, kafka, name))
    frazil.ok("run", file)
    write(frazil, pipeline(lake, kafka, name, word=MENDED))
    replay(frazil, file)
    kafka.produce_json(name, [{"id": 2, "amount": 1, "word": "x2"}])
    kafka.produce_json(name, [{"id": 3, "amount": 1, "word": "y"}])
    frazil.ok("run", file)
    assert "nothing to replay" not in replay(frazil, file)
    assert [row["id"] for row in lake.rows("events")] == [1, 2]
    assert "lake.db.events: equal, 2 rows" in frazil.ok("verify", file)
    shown = frazil.ok("ledger", "show", file)
    assert "pipeline copy " in shown and "pipeline copy.replay " in shown


# --- Rolled back ----------------------------------------------------------------------------------


def two_rounds(kafka, name: str, lake, frazil, rolled_back: str):
    """Words that go through in round 1 and in round 2 of replay. Gives the pipeline file, and by
    round the snapshot that the table had before it."""
    words = ["x1", "y2", "x3", "y4", "5", "x6", "y7"]
    kafka.produce_json(name, [{"id": n, "amount": 1, "word": w} for n, w in enumerate(words)])

    def text(word: str) -> str:
        second = (
            script.target("copies", "id BIGINT, number BIGINT, part INT, pos BIGINT")
            + f"INSERT INTO lake.db.copies SELECT id, {word}, part, pos FROM events;\n"
        )
        return pipeline(lake, kafka, name, word=word, second=second)

    file = write(frazil, text(BROKEN))
    frazil.ok("run", file)
    before = {}
    for number, (mended, arguments) in enumerate(
        [(MENDED, []), ("CAST(regexp_replace(word, '[xy]', '') AS BIGINT)", ["--again"])], 1
    ):
        before[number] = lake.snapshots(rolled_back)[-1]["snapshot-id"]
        write(frazil, text(mended))
        replay(frazil, file, *arguments)
    return file, before


@pytest.mark.parametrize(
    ("table", "to_round", "arguments"),
    [
        ("events", 2, ["--again"]),
        ("events", 2, []),
        ("events", 1, []),
        ("copies", 2, []),
        ("copies", 1, []),
    ],
)
def test_a_table_rolled_back_behind_replays_is_filled_in_again(
    kafka, topic, lake, frazil, table, to_round, arguments
):
    file, before = two_rounds(kafka, topic(), lake, frazil, table)
    with lake.table(table).manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(before[to_round])

    replay(frazil, file, *arguments)

    for one in ("events", "copies"):
        assert [row["id"] for row in lake.rows(one)] == list(range(7))
    assert states(frazil, file) == {"waiting": 0, "failed-again": 0, "replayed": 9}
    assert "lake.db.copies: equal, 7 rows" in frazil.ok("verify", file)
    snapshots = {one: len(lake.snapshots(one)) for one in ("events", "copies")}
    assert "nothing to replay" in replay(frazil, file, "--again")
    assert snapshots == {one: len(lake.snapshots(one)) for one in ("events", "copies")}


# --- Killed ---------------------------------------------------------------------------------------

PARTITIONS = 3
RECORDS = 3000  # a partition
KILLED = -signal.SIGKILL
# A read of letters gives some thousands, so that each of these is an epoch of its own.
SEVERAL_EPOCHS = {"pipeline.name": "copy", "commit.max-rows": "500", "commit.interval": "10 s"}


def is_letter(position: int) -> bool:
    return position % 4 != 3


def hopeless(position: int) -> bool:
    return position % 100 == 1


def many_letters(kafka, name: str) -> None:
    """Three of four are dead letters of the first script, one of a hundred of every script."""
    records = []
    for partition in range(PARTITIONS):
        for n in range(RECORDS):
            word = "y" if hopeless(n) else "x1" if is_letter(n) else "1"
            value = json.dumps({"id": n, "amount": 1, "word": word})
            records.append({"value": value, "partition": partition})
    kafka.produce_records(name, records)


def two_tables(lake, kafka, name: str, word: str) -> str:
    second = (
        script.target("copies", "id BIGINT, number BIGINT, part INT, pos BIGINT", "bucket(2, id)")
        + f"INSERT INTO lake.db.copies SELECT id, {word}, part, pos FROM events;\n"
    )
    return pipeline(lake, kafka, name, word=word, second=second, settings=SEVERAL_EPOCHS)


def audit_replayed(lake, frazil, file) -> None:
    places = [(part, n) for part in range(PARTITIONS) for n in range(RECORDS)]
    good = Counter(one for one in places if not hopeless(one[1]))
    for table in ("events", "copies"):
        assert_exactly_once(lake, table, good)
    found = places_of(lake.read("copy_dead_letters")["PyIceberg"], "partition", "offset")
    # Set aside once by the pipeline; the hopeless ones once more by the replay.
    assert found == Counter(
        {one: 1 + hopeless(one[1]) for one in places if is_letter(one[1])}
    )
    assert states(frazil, file)["waiting"] == 0
    assert "lake.db.events: equal" in frazil.ok("verify", file)


def test_a_replay_killed_anywhere_goes_on_where_its_tables_stand(
    kafka, topic, lake, frazil, faulty_frazil
):
    name = topic(partitions=PARTITIONS)
    many_letters(kafka, name)
    file = write(frazil, two_tables(lake, kafka, name, BROKEN))
    frazil.ok("run", file, seconds=300)
    write(frazil, two_tables(lake, kafka, name, MENDED))

    # The first commits make this replay the only one, and write where it begins.
    faults = [
        *("commit.manifest.before=kill@2", "commit.swap.after=kill@4"),
        *("file.close.after=kill@2", "commit.between_tables=kill@1", "commit.swap.before=kill@5"),
        *("commit.between_tables=kill@2", "commit.swap.after=kill@6"),
    ]
    for fault in faults:
        done = faulty_frazil.run(
            "dead-letters", "replay", file, seconds=300, FRAZIL_FAULTS=fault
        )
        assert done.returncode == KILLED, (fault, done.returncode, done.stdout, done.stderr)
    replay(frazil, file)
    audit_replayed(lake, frazil, file)
    assert "nothing to replay" in replay(frazil, file)


def test_a_replay_killed_at_every_commit_ends_with_every_letter_once(kafka, topic, lake, frazil):
    name = topic(partitions=PARTITIONS)
    many_letters(kafka, name)
    file = write(frazil, two_tables(lake, kafka, name, BROKEN))
    frazil.ok("run", file, seconds=300)
    write(frazil, two_tables(lake, kafka, name, MENDED))
    kills = 0
    while states(frazil, file)["waiting"] > 0:
        seen = len(lake.snapshots("copies"))
        running = frazil.start("dead-letters", "replay", file)
        until(
            lambda: running.process.poll() is not None or len(lake.snapshots("copies")) > seen + 1,
            "a commit of the replay",
            context=running.tail,
        )
        running.process.kill()
        running.process.wait()
        kills += 1
        assert kills < 50, running.tail()
    audit_replayed(lake, frazil, file)


def test_a_round_that_was_killed_is_finished_before_the_next_one(
    kafka, topic, lake, frazil, faulty_frazil
):
    name = topic()
    words = ["y" if hopeless(n) else "x1" for n in range(RECORDS)]
    kafka.produce_json(name, [{"id": n, "amount": 1, "word": w} for n, w in enumerate(words)])
    file = write(frazil, pipeline(lake, kafka, name, settings=SEVERAL_EPOCHS))
    frazil.ok("run", file)
    assert f"{RECORDS} failed again" in replay(frazil, file)  # round 1, nothing mended

    write(frazil, pipeline(lake, kafka, name, word=MENDED, settings=SEVERAL_EPOCHS))
    done = faulty_frazil.run(
        *("dead-letters", "replay", file, "--again"),
        seconds=300,
        FRAZIL_FAULTS="commit.swap.after=kill@4",
    )
    assert done.returncode == KILLED, (done.stdout, done.stderr)
    midway = states(frazil, file)
    assert midway["waiting"] > 0 and midway["failed-again"] > 0, midway

    replay(frazil, file, "--again")
    good = Counter((0, n) for n in range(RECORDS) if not hopeless(n))
    assert_exactly_once(lake, "events", good)
    assert states(frazil, file)["failed-again"] == RECORDS - len(good)
