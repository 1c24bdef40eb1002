"""Tables that their owner rolled back: what they lost comes again, and nothing twice."""

from collections import Counter

import pytest

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

STATIC = script.FROM_START | {"scan.assignment": "static"}


def produce_ids(kafka, topic: str, ids) -> None:
    kafka.produce_json(topic, [{"id": n} for n in ids])


def run(frazil, *parts: str):
    return frazil.run("run", script.write(frazil.folder, *parts))


@pytest.mark.parametrize("choice", ["replay", "stop"])
def test_a_table_that_was_rolled_back(kafka, topic, lake, frazil, choice):
    name = topic()
    text = script.set_all({"on-rollback": choice}) + script.copying(
        lake, kafka.bootstrap, name
    )
    produce_ids(kafka, name, range(10))
    assert run(frazil, text).returncode == 0
    before = lake.snapshots("events")[-1]["snapshot-id"]
    produce_ids(kafka, name, range(10, 20))
    assert run(frazil, text).returncode == 0
    with lake.table("events").manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(before)
    assert len(lake.rows("events")) == 10

    done = run(frazil, text)

    if choice == "stop":
        assert done.returncode == 5, done.stderr
        assert "rolled back" in done.stderr and "'replay'" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert "rolled back" in done.stderr
        assert [row["id"] for row in lake.rows("events")] == list(range(20))


def copying_twice(lake, bootstrap: str, topic: str, options=script.BOUNDED) -> str:
    """Every record into `events`, the anchor; every other one into `odd` too."""
    return (
        script.copying(lake, bootstrap, topic, options)
        + script.target("odd", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.odd SELECT id, part, pos FROM events WHERE id % 2 = 1;\n"
    )


def assert_both_exactly_once(kafka, topic: str, lake) -> None:
    places = held(kafka, topic)
    assert_exactly_once(lake, "events", places)
    # Ids were produced in order into one partition: an id is its offset.
    assert_exactly_once(lake, "odd", Counter({place: 1 for place in places if place[1] % 2}))


def three_runs(kafka, topic: str, lake, frazil, text: str) -> dict[str, list[int]]:
    """Ids 0 to 59 in three commits; the snapshots of both tables, by table."""
    for first in range(0, 60, 20):
        produce_ids(kafka, topic, range(first, first + 20))
        assert run(frazil, text).returncode == 0
    return {
        table: [one["snapshot-id"] for one in lake.snapshots(table)] for table in ("events", "odd")
    }


def roll_back(lake, table: str, snapshot: int) -> None:
    with lake.table(table).manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(snapshot)


@pytest.mark.parametrize("tables", [["odd"], ["events"], ["odd", "events"]], ids="+".join)
@pytest.mark.parametrize("more", [0, 20], ids=["nothing-new", "new-records"])
def test_one_of_two_tables_that_was_rolled_back_is_filled_in_again(
    kafka, topic, lake, frazil, tables, more
):
    name = topic()
    text = copying_twice(lake, kafka.bootstrap, name)
    snapshots = three_runs(kafka, name, lake, frazil, text)
    for table in tables:
        roll_back(lake, table, snapshots[table][-2 if table == "odd" else -3])
    assert sum(len(lake.rows(table)) for table in snapshots) < 90
    produce_ids(kafka, name, range(60, 60 + more))

    done = run(frazil, text)

    assert done.returncode == 0, done.stderr
    assert "rolled back" in done.stderr
    assert_both_exactly_once(kafka, name, lake)
    done = run(frazil, text)
    assert done.returncode == 0 and "rolled back" not in done.stderr
    assert_both_exactly_once(kafka, name, lake)


def test_a_rollback_whose_snapshots_have_expired_is_noticed(kafka, topic, lake, frazil):
    name = topic()
    text = copying_twice(lake, kafka.bootstrap, name)
    snapshots = three_runs(kafka, name, lake, frazil, text)["odd"]
    roll_back(lake, "odd", snapshots[0])
    lake.table("odd").maintenance.expire_snapshots().by_ids(snapshots[1:]).commit()

    done = run(frazil, text)

    assert done.returncode == 0, done.stderr
    assert "rolled back" in done.stderr
    assert_both_exactly_once(kafka, name, lake)


def test_a_table_rolled_back_while_running_is_filled_in_again(kafka, topic, lake, frazil):
    name = topic()
    text = copying_twice(lake, kafka.bootstrap, name, STATIC)
    worker = frazil.start("run", script.write(frazil.folder, text))
    for first in range(0, 60, 20):
        produce_ids(kafka, name, range(first, first + 20))
        until(lambda n=first + 20: lake.count("events") == n, "the rows", context=worker.tail)
    snapshots = [one["snapshot-id"] for one in lake.snapshots("odd")]

    roll_back(lake, "odd", snapshots[0])
    produce_ids(kafka, name, range(60, 80))

    until(lambda: lake.count("odd") == 40, "what was lost and what is new", context=worker.tail)
    until(lambda: lake.count("events") == 80, "the anchor", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0, worker.tail()
    assert "rolled back" in worker.output()
    assert_both_exactly_once(kafka, name, lake)
