"""What other people and programs do to a table while a pipeline fills it, or between its runs."""

import re
from collections import Counter

import pytest
from pyiceberg.types import LongType

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until
from support.workers import (
    STATIC,
    assert_the_rest_is_read,
    produce_ids,
    run,
    start,
    start_and_read,
    stop,
)


def test_a_plain_create_table_is_no_error_when_it_starts_again(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    text = text.replace("IF NOT EXISTS lake.db.events", "lake.db.events")
    text = text.replace("INTO lake.db.events", "INTO lake.db.events (id, part, pos)")
    worker = start_and_read(kafka, lake, frazil, name, text)
    with lake.table("events").update_schema() as schema:
        schema.add_column("later", LongType())
    produce_ids(kafka, name, range(10, 20))
    until(lambda: "starting again" in worker.output(), "a restart", context=worker.tail)
    produce_ids(kafka, name, range(20, 30))
    until(lambda: lake.count("events") == 30, "what came meanwhile", context=worker.tail)
    stop(worker)


def test_rows_of_others_and_ours_live_together(kafka, topic, lake, frazil):
    import pyarrow

    name = topic()
    produce_ids(kafka, name, range(10))
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    foreign = pyarrow.table(
        {
            "id": pyarrow.array([1000], pyarrow.int64()),
            "part": pyarrow.array([9], pyarrow.int32()),
            "pos": pyarrow.array([9], pyarrow.int64()),
        }
    )
    lake.table("events").append(foreign)
    produce_ids(kafka, name, range(10, 20))
    assert run(frazil, text).returncode == 0
    assert_exactly_once(lake, "events", held(kafka, name) + Counter({(9, 9): 1}))


def test_snapshots_expired_by_others_take_no_progress_away(kafka, topic, lake, frazil):
    import pyarrow

    name = topic()
    produce_ids(kafka, name, range(10))
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    ours = [one["snapshot-id"] for one in lake.snapshots("events")]
    table = lake.table("events")
    table.append(pyarrow.Table.from_pylist([], table.schema().as_arrow()))
    table.maintenance.expire_snapshots().by_ids(ours).commit()
    assert not {one["snapshot-id"] for one in lake.snapshots("events")} & set(ours)

    produce_ids(kafka, name, range(10, 20))
    assert run(frazil, text).returncode == 0
    assert_exactly_once(lake, "events", held(kafka, name))


NAMED = "INTO lake.db.events (id, part, pos) SELECT"


@pytest.mark.parametrize("names", ["with names", "without names"])
def test_a_new_column_appears_while_running(kafka, topic, lake, frazil, names):
    from pyiceberg.types import StringType

    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    if names == "with names":
        text = text.replace("INTO lake.db.events SELECT", NAMED)
    worker = start_and_read(kafka, lake, frazil, name, text)

    with lake.table("events").update_schema() as update:
        update.add_column("note", StringType())
    for n in range(10, 20):
        produce_ids(kafka, name, [n])

    until(lambda: lake.count("events") == 20, "rows after it", context=worker.tail)
    stop(worker)
    assert "committed 20 rows" in worker.output()
    # What the script's CREATE TABLE does not name stays null at the next start, too.
    produce_ids(kafka, name, range(20, 30))
    assert_the_rest_is_read(kafka, lake, frazil, name)
    assert {row["note"] for row in lake.rows("events")} == {None}


def test_a_new_column_is_for_a_select_that_gives_it(kafka, topic, lake, frazil):
    from pyiceberg.types import StringType

    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    produce_ids(kafka, name, range(10))
    assert run(frazil, text).returncode == 0
    with lake.table("events").update_schema() as update:
        update.add_column("note", StringType())
    produce_ids(kafka, name, range(10, 20))

    assert run(frazil, text.replace("SELECT id, part, pos", "SELECT id, part, pos, 'x'")).returncode == 0

    assert_exactly_once(lake, "events", held(kafka, name))
    assert [row["note"] for row in lake.rows("events")] == [None] * 10 + ["x"] * 10


def test_a_new_column_that_no_script_knows_of_is_told(kafka, topic, lake, frazil):
    from pyiceberg.types import StringType

    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    with lake.table("events").update_schema() as update:
        update.add_column("note", StringType())
    text = re.sub(r"CREATE TABLE IF NOT EXISTS lake.db.events .*?;", "", text, flags=re.DOTALL)

    done = run(frazil, text)

    assert done.returncode == 2, done.stderr
    for part in ("pipeline.sql:", "gives 3 columns", "has 4", "INSERT INTO lake.db.events (id, "):
        assert part in done.stderr, done.stderr


@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "found"])
def test_columns_put_in_another_order_keep_their_values(kafka, topic, lake, frazil, is_declared):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    worker = start_and_read(kafka, lake, frazil, name, text)
    stop(worker)
    if not is_declared:
        text = re.sub(r"CREATE TABLE IF NOT EXISTS lake.db.events .*?;", "", text, flags=re.DOTALL)
    worker = start(frazil, text)
    produce_ids(kafka, name, range(10, 20))
    until(lambda: lake.count("events") == 20, "the next rows", context=worker.tail)

    with lake.table("events").update_schema() as update:
        update.move_first("pos")  # of id's type
    produce_ids(kafka, name, range(20, 30))
    until(lambda: lake.count("events") >= 30, "rows after it", context=worker.tail)
    stop(worker)
    assert_exactly_once(lake, "events", held(kafka, name))
    assert sorted(row["id"] for row in lake.rows("events")) == list(range(30))
    if is_declared:
        produce_ids(kafka, name, range(30, 40))
        worker = start(frazil, text)
        until(lambda: lake.count("events") >= 40, "rows of another run", context=worker.tail)
        stop(worker)
        assert_exactly_once(lake, "events", held(kafka, name))


def test_a_column_that_goes_while_running_stops_the_pipeline(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    text = text.replace("INTO lake.db.events SELECT", NAMED)
    worker = start_and_read(kafka, lake, frazil, name, text)

    with lake.table("events").update_schema(allow_incompatible_changes=True) as update:
        update.rename_column("id", "identity")
    produce_ids(kafka, name, range(10, 20))

    assert worker.exit_code() == 2, worker.tail()
    assert "id" in worker.output() and "pipeline.sql:" in worker.output()
    with lake.table("events").update_schema(allow_incompatible_changes=True) as update:
        update.rename_column("identity", "id")
    assert_the_rest_is_read(kafka, lake, frazil, name)


def test_a_table_made_again_while_running_stops_the_pipeline(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name, STATIC)
    worker = start_and_read(kafka, lake, frazil, name, text)

    schema = lake.table("events").schema()
    lake.catalog().drop_table("db.events")
    lake.create("events", schema)
    produce_ids(kafka, name, range(10, 20))

    assert worker.exit_code() == 5, worker.tail()
    assert "made anew" in worker.output()
    assert_the_rest_is_read(kafka, lake, frazil, name)
