"""The program fails or dies at each place that matters; then every record is there exactly once."""

import json
import pathlib
import signal
from collections import Counter

import pytest

from servers.kafka import Kafka
from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

POINTS = [
    f"{step}.{moment}"
    for step in ("file.close", "commit.manifest", "commit.metadata", "commit.swap")
    for moment in ("before", "after")
]
# What fails here has happened by then, and the next attempt finds it done: manifests are written
# once per commit, and a snapshot of ours is found in the table.
HAPPENED = ("commit.manifest.after", "commit.swap.after")
KILLED = -signal.SIGKILL

# Several epochs of several batches, whatever the machine's speed: small fetches, one at a time.
SEVERAL_EPOCHS = {"commit.interval": "1 s", "commit.max-rows": "300"}
SMALL_FETCHES = {
    "properties.max.partition.fetch.bytes": "2048",
    "properties.queued.min.messages": "1",
}


@pytest.fixture(scope="module")
def filled(kafka: Kafka) -> tuple[str, Counter]:
    """A topic that the tests of this file read, and what it holds. Every fiftieth value is bad."""
    name = kafka.create_topic("faults", 3)
    for partition in range(3):
        values = [
            json.dumps({"id": n, "kind": n % 2}) if n % 50 != 7 else "bad" for n in range(600)
        ]
        records = ({"value": value, "partition": partition} for value in values)
        kafka.produce_records(name, records, {"batch.num.messages": 20})
    return name, held(kafka, name)


def is_bad(place: tuple[int, int]) -> bool:
    return place[1] % 50 == 7


def copying(lake, kafka: Kafka, topic: str, options: dict = script.BOUNDED) -> str:
    return script.copying(
        lake,
        kafka.bootstrap,
        topic,
        options | SMALL_FETCHES,
        SEVERAL_EPOCHS | {"pipeline.name": "copy"},
    )


def two_tables(lake, kafka: Kafka, topic: str) -> str:
    return (
        script.set_all(SEVERAL_EPOCHS | {"pipeline.name": "copy"})
        + lake.ddl()
        + script.source(kafka.bootstrap, topic, "id BIGINT", script.BOUNDED | SMALL_FETCHES)
        + script.target("events", "id BIGINT, part INT, pos BIGINT")
        + script.target("copies", "id BIGINT, part INT, pos BIGINT", "bucket(3, id)")
        + "INSERT INTO lake.db.events SELECT id, part, pos FROM events;\n"
        + "INSERT INTO lake.db.copies SELECT id, part, pos FROM events;\n"
    )


def audit(lake, expected: Counter, *tables: str) -> None:
    good = Counter(place for place in expected if not is_bad(place))
    for table in tables:
        assert_exactly_once(lake, table, good)
    assert_exactly_once(lake, "copy_dead_letters", expected - good, "partition", "offset")


def run_with_fault(frazil, file: pathlib.Path, fault: str):
    return frazil.run("run", file, FRAZIL_FAULTS=fault)


# --- One table ------------------------------------------------------------------------------------


# The first passage is in the commit of the first ledger, or of the first data file; the others are
# among the epochs.
@pytest.mark.parametrize("passage", [1, 2, 5])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_and_doubles_nothing(kafka, filled, lake, faulty_frazil, point, passage):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, copying(lake, kafka, topic))

    done = run_with_fault(faulty_frazil, file, f"{point}=kill@{passage}")

    assert done.returncode == KILLED, done.stderr
    faulty_frazil.ok("run", file)
    audit(lake, expected, "events")


@pytest.mark.parametrize("passage", [1, 2, 5])
@pytest.mark.parametrize("point", POINTS)
def test_an_error_that_passes_is_survived(kafka, filled, lake, faulty_frazil, point, passage):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, copying(lake, kafka, topic))

    done = run_with_fault(faulty_frazil, file, f"{point}=error@{passage}")

    assert done.returncode == 0, done.stderr
    audit(lake, expected, "events")
    assert not list(lake.warehouse.rglob("*.tmp"))
    snapshots = lake.snapshots("events")
    faulty_frazil.ok("run", file)
    assert lake.snapshots("events") == snapshots


@pytest.mark.parametrize("point", HAPPENED)
def test_an_attempt_goes_on_where_the_last_one_ended(kafka, filled, lake, faulty_frazil, point):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, copying(lake, kafka, topic))
    done = run_with_fault(faulty_frazil, file, f"{point}=error")
    assert done.returncode == 0, done.stderr
    audit(lake, expected, "events")


@pytest.mark.parametrize("point", [point for point in POINTS if point not in HAPPENED])
def test_an_error_that_stays_ends_by_hand_and_costs_nothing(
    kafka, filled, lake, faulty_frazil, point
):
    topic, expected = filled
    one_record = script.FROM_START | {
        "scan.bounded.mode": "specific-offsets",
        "scan.bounded.specific-offsets": "partition:0,offset:1",
    }
    first = copying(lake, kafka, topic, one_record)
    faulty_frazil.ok("run", script.write(faulty_frazil.folder, first, name="first.sql"))
    file = script.write(faulty_frazil.folder, copying(lake, kafka, topic))
    worker = faulty_frazil.start("run", file, FRAZIL_FAULTS=f"{point}=error")
    until(lambda: f"fault injected: {point}" in worker.output(), "the error", context=worker.tail)

    worker.process.terminate()
    until(lambda: "stopping" in worker.output(), "the first signal", context=worker.tail)
    worker.process.terminate()

    # 0: it had a pause between two runs, and then nothing to do.
    assert worker.exit_code() in (0, 130), worker.tail()
    faulty_frazil.ok("run", file)
    audit(lake, expected, "events")


@pytest.mark.sample
def test_kill_after_kill_still_comes_to_an_end(kafka, filled, lake, faulty_frazil):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, copying(lake, kafka, topic))
    codes = []
    while 0 not in codes:
        point = POINTS[len(codes) % len(POINTS)]
        codes.append(run_with_fault(faulty_frazil, file, f"{point}=kill@3").returncode)
        assert codes[-1] in (0, KILLED) and len(codes) < 60
    assert KILLED in codes
    audit(lake, expected, "events")


# --- Two tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize(
    "fault",
    [f"commit.between_tables={{}}@{n}" for n in (1, 2, 3, 4)]
    + [f"commit.swap.{moment}={{}}@{n}" for moment in ("before", "after") for n in (2, 3, 6)],
)
def test_tables_of_one_pipeline_agree_after_a_fault_between_them(
    kafka, filled, lake, faulty_frazil, fault, action
):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, two_tables(lake, kafka, topic))

    done = run_with_fault(faulty_frazil, file, fault.format(action))

    assert done.returncode == (KILLED if action == "kill" else 0), done.stderr
    faulty_frazil.ok("run", file)
    audit(lake, expected, "events", "copies")


def test_many_kills_between_tables_leave_them_equal(kafka, filled, lake, faulty_frazil):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, two_tables(lake, kafka, topic))
    codes = []
    while 0 not in codes:
        # At the first start the other tables are ahead of the anchor ever again.
        fault = f"commit.between_tables=kill@{1 + len(codes) % 3}"
        codes.append(run_with_fault(faulty_frazil, file, fault).returncode)
        assert codes[-1] in (0, KILLED)
        if len(codes) >= 8:
            break
    if 0 not in codes:
        faulty_frazil.ok("run", file)
    audit(lake, expected, "events", "copies")


@pytest.mark.parametrize("table", ["events", "copies", "copy_dead_letters"])
@pytest.mark.parametrize("action", ["kill", "error"])
@pytest.mark.parametrize("point", ["commit.between_tables", "commit.swap.after"])
def test_a_fault_while_a_table_is_filled_in_again(
    kafka, filled, lake, faulty_frazil, table, action, point
):
    topic, expected = filled
    file = script.write(faulty_frazil.folder, two_tables(lake, kafka, topic))
    faulty_frazil.ok("run", file)
    written = [one for one in lake.snapshots(table) if "added-data-files" in one["summary"]]
    assert len(written) > 1
    with lake.table(table).manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(written[0]["snapshot-id"])

    codes = []
    for passage in (1, 2, 2, 3):
        codes.append(run_with_fault(faulty_frazil, file, f"{point}={action}@{passage}").returncode)

    assert set(codes) <= {0, KILLED} and (action == "error" or codes[0] == KILLED), codes
    faulty_frazil.ok("run", file)
    audit(lake, expected, "events", "copies")
