"""`frazil ledger`: what it shows, and what a position set by hand does."""

import json
from collections import Counter

import pytest

from support import script
from support.audit import places_of
from support.waiting import until

STATIC = script.FROM_START | {"scan.assignment": "static"}


@pytest.fixture
def filled(kafka, topic) -> str:
    """A topic of two partitions with 20 records each: ids 0 to 19."""
    name = topic(partitions=2)
    for partition in range(2):
        kafka.produce_json(name, [{"id": n} for n in range(20)], partition=partition)
    return name


def two_tables(lake, kafka, topic: str, options=script.BOUNDED) -> str:
    """`events` gets all, `none` nothing."""
    return (
        script.copying(lake, kafka.bootstrap, topic, options)
        + script.target("none", "id BIGINT")
        + "INSERT INTO lake.db.none SELECT id FROM events WHERE id < 0;\n"
    )


def shown(frazil, file) -> dict[str, dict]:
    """What `show` prints as JSON, by table without its database."""
    ledgers = json.loads(frazil.ok("ledger", "show", file, "--output", "json"))
    return {one["table"].removeprefix("lake.db."): one for one in ledgers}


def positions(ledger: dict) -> dict[tuple[str, str, int], int]:
    return {
        (one["source"], one["stream"], one["partition"]): one["next"] for one in ledger["splits"]
    }


def places(lake) -> Counter:
    (seen,) = {frozenset(places_of(rows).items()) for rows in lake.read("events").values()}
    return Counter(dict(seen))


def all_once(but: dict | None = None) -> Counter:
    return Counter({(part, pos): 1 for part in range(2) for pos in range(20)}) + Counter(but or {})


# --- show -----------------------------------------------------------------------------------------


def test_positions_are_shown_for_people_and_for_programs(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)

    ledgers = shown(frazil, file)
    assert positions(ledgers["events"]) == {("events", filled, part): 20 for part in range(2)}
    assert ledgers["events"]["state"] == "current" and ledgers["events"]["anchor"] is True
    assert ledgers["events"]["epoch"] > 0
    assert ledgers["none"] == {
        "table": "lake.db.none",
        "pipeline": "lake.db.events",
        "state": "none",
        "anchor": False,
        "epoch": 0,
        "splits": [],
    }
    text = frazil.ok("ledger", "show", file)
    for part in range(2):
        assert f"events/{filled}-{part}" in text
    assert text.count("next 20") == 2
    assert "lake.db.events  pipeline lake.db.events  current" in text
    assert "lake.db.none  pipeline lake.db.events  none" in text


def test_show_before_the_first_run_makes_nothing(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    assert {one["state"] for one in shown(frazil, file).values()} == {"no-table"}
    assert "lake.db.events  does not exist yet" in frazil.ok("ledger", "show", file)
    assert lake.metadata("events") is None and not lake.warehouse.exists()


def test_a_rollback_is_shown(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    with lake.table("events").manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(lake.snapshots("events")[0]["snapshot-id"])
    ledger = shown(frazil, file)["events"]
    assert ledger["state"] == "rolled-back"
    assert set(positions(ledger).values()) == {0}
    assert "rolled-back: " in frazil.ok("ledger", "show", file)


# --- reset ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("position, doubled", [(5, range(5, 20)), (0, range(20)), (20, [])])
def test_a_split_is_read_from_where_it_was_set(kafka, filled, lake, frazil, position, doubled):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)

    told = frazil.ok("ledger", "reset", file, "--yes", "--set", f"events/{filled}-1={position}")

    assert "lake.db.events: ledger of pipeline lake.db.events reset" in told
    # A table without a ledger follows the anchor.
    assert "lake.db.none" not in told and lake.snapshots("none") == []
    assert positions(shown(frazil, file)["events"]) == {
        ("events", filled, 0): 20,
        ("events", filled, 1): position,
    }
    frazil.ok("run", file)
    assert places(lake) == all_once({(1, pos): 1 for pos in doubled})


def test_a_split_is_set_to_where_its_topic_begins_or_ends(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    kafka.delete_records(filled, {0: 8})
    kafka.produce_json(filled, [{"id": n} for n in range(20, 25)], partition=1)
    splits = [f"--set=events/{filled}-0=earliest", f"--set=events/{filled}-1=latest"]

    told = frazil.ok("ledger", "reset", file, "--yes", *splits)

    assert f"events/{filled}-0" in told and "next 8" in told and "next 25" in told
    assert positions(shown(frazil, file)["events"]) == {
        ("events", filled, 0): 8,
        ("events", filled, 1): 25,
    }
    frazil.ok("run", file)
    assert places(lake) == all_once({(0, pos): 1 for pos in range(8, 20)})


@pytest.mark.parametrize("place, next_offsets", [("earliest", (8, 0, 0)), ("latest", (20, 25, 3))])
def test_all_splits_are_set_at_once_also_new_ones(
    kafka, filled, lake, frazil, place, next_offsets
):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    kafka.delete_records(filled, {0: 8})
    kafka.produce_json(filled, [{"id": n} for n in range(20, 25)], partition=1)
    kafka.add_partitions(filled, 3)
    kafka.produce_json(filled, [{"id": n} for n in range(3)], partition=2)

    frazil.ok("ledger", "reset", file, "--yes", "--set-all", place)

    assert positions(shown(frazil, file)["events"]) == {
        ("events", filled, part): offset for part, offset in enumerate(next_offsets)
    }
    frazil.ok("run", file)
    ends = (20, 25, 3)
    assert places(lake) == all_once() + Counter(
        {
            (part, pos): 1
            for part, begin in enumerate(next_offsets)
            for pos in range(begin, ends[part])
        }
    )


def test_the_end_of_a_topic_is_before_what_is_not_committed(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    producer = kafka.transactional_producer(f"{filled}-producer")
    producer.begin_transaction()
    producer.produce(filled, json.dumps({"id": 20}), partition=0)
    producer.flush(60)
    frazil.ok("ledger", "reset", file, "--yes", "--set-all", "latest")
    producer.commit_transaction(60)
    assert positions(shown(frazil, file)["events"])["events", filled, 0] == 20


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    kafka.delete_topic(filled)
    kafka.create_topic(filled, 2)
    kafka.produce_json(filled, [{"id": 7}], partition=1)
    assert frazil.run("run", file).returncode == 5
    frazil.ok("ledger", "reset", file, "--yes", "--set-all", "earliest")
    frazil.ok("run", file)
    assert places(lake) == all_once({(1, 0): 1})


def test_records_can_be_passed_over(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    for part in range(2):
        kafka.produce_json(filled, [{"id": n} for n in range(20, 30)], partition=part)
    splits = [f"--set=events/{filled}-{part}=25" for part in range(2)]
    frazil.ok("ledger", "reset", file, "--yes", *splits)
    frazil.ok("run", file)
    assert places(lake) == all_once({(part, pos): 1 for part in range(2) for pos in range(25, 30)})


def test_every_table_of_the_pipeline_goes_along(kafka, filled, lake, frazil):
    text = (
        script.copying(lake, kafka.bootstrap, filled)
        + script.target("copies", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.copies SELECT id, part, pos FROM events;\n"
    )
    file = script.write(frazil.folder, text)
    frazil.ok("run", file)
    frazil.ok("ledger", "reset", file, "--yes", "--set", f"events/{filled}-0=15")
    frazil.ok("run", file)
    for table in ("events", "copies"):
        found = places_of(lake.table(table).scan().to_arrow())
        assert found == all_once({(0, pos): 1 for pos in range(15, 20)})


def test_a_pipeline_that_was_forgotten_resolves_its_start_anew(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    frazil.ok("ledger", "reset", file, "--yes", "--forget")
    assert positions(shown(frazil, file)["events"]) == {}
    latest = script.BOUNDED | {"scan.startup.mode": "latest-offset"}
    frazil.ok("run", script.write(frazil.folder, two_tables(lake, kafka, filled, latest)))
    assert places(lake) == all_once()
    frazil.ok("ledger", "reset", file, "--yes", "--forget")
    frazil.ok("run", script.write(frazil.folder, two_tables(lake, kafka, filled)))
    assert places(lake) == all_once() + all_once()


def test_a_worker_that_runs_goes_on_from_the_new_position(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled, STATIC))
    worker = frazil.start("run", file)
    until(lambda: lake.count("events") == 40, "the rows", context=worker.tail)

    frazil.ok("ledger", "reset", file, "--yes", "--set", f"events/{filled}-0=15")
    kafka.produce_json(filled, [{"id": 20}], partition=0)

    until(lambda: lake.count("events") == 46, "the rows again, and the new one", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0, worker.tail()
    assert "another writer moved" in worker.output()
    assert places(lake) == all_once({(0, pos): 1 for pos in range(15, 21)})


REFUSED = {
    "no --yes": (["--set", "events/{topic}-0=5"], 2, "--yes"),
    "nothing": (["--yes"], 2, "--forget"),
    "no offset": (["--yes", "--set", "events/{topic}-0"], 2, "SOURCE/TOPIC-PARTITION=OFFSET"),
    "no source": (["--yes", "--set", "{topic}-0=5"], 2, "SOURCE/TOPIC-PARTITION=OFFSET"),
    "negative": (["--yes", "--set", "events/{topic}-0=-5"], 2, "SOURCE/TOPIC-PARTITION=OFFSET"),
    "no number": (["--yes", "--set", "events/{topic}-0=newest"], 2, "earliest or latest"),
    "other place": (["--yes", "--set-all", "newest"], 2, "--set-all"),
    "one and all": (["--yes", "--set-all", "latest", "--set", "events/{topic}-0=5"], 2, "--set"),
    "one twice": (
        ["--yes", "--set", "events/{topic}-0=5", "--set", "events/{topic}-0=latest"],
        2,
        "--set events/{topic}-0 is given twice",
    ),
    "one and none": (["--yes", "--forget", "--set", "events/{topic}-0=5"], 2, "--forget"),
    "other source": (["--yes", "--set", "evnts/{topic}-0=5"], 3, "did you mean events?"),
    "other topic": (["--yes", "--set", "events/{topic}x-0=5"], 3, "did you mean events/{topic}-0?"),
    "other partition": (["--yes", "--set", "events/{topic}-7=5"], 3, "the ledger knows no"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_reset_that_means_nothing_changes_nothing(kafka, filled, lake, frazil, what):
    arguments, code, told = REFUSED[what]
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    frazil.ok("run", file)
    before = lake.metadata("events")

    done = frazil.run("ledger", "reset", file, *(one.format(topic=filled) for one in arguments))

    assert done.returncode == code, done.stderr
    assert told.format(topic=filled) in done.stderr
    assert lake.metadata("events") == before


def test_there_is_nothing_to_reset_before_the_first_run(kafka, filled, lake, frazil):
    file = script.write(frazil.folder, two_tables(lake, kafka, filled))
    done = frazil.run("ledger", "reset", file, "--yes", "--set", f"events/{filled}-0=5")
    assert done.returncode == 3 and "lake.db.events does not exist yet" in done.stderr
    assert lake.metadata("events") is None
