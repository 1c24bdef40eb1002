"""The judge itself: the audit names what is missing and what is there twice."""

import json

import pyarrow
import pytest

from support.audit import assert_exactly_once, held

SCHEMA = pyarrow.schema(
    [("id", pyarrow.int64()), ("part", pyarrow.int32()), ("pos", pyarrow.int64())]
)


def fill(lake, places: list[tuple[int, int]]) -> None:
    rows = [{"id": n, "part": part, "pos": pos} for n, (part, pos) in enumerate(places)]
    lake.create("events", SCHEMA).append(pyarrow.Table.from_pylist(rows, SCHEMA))


@pytest.fixture
def twenty(kafka, topic) -> str:
    name = topic(partitions=2)
    for partition in range(2):
        kafka.produce_json(name, [{"id": n} for n in range(10)], partition=partition)
    return name


@pytest.mark.sample
def test_a_true_copy_passes(kafka, twenty, lake):
    fill(lake, [(part, pos) for part in range(2) for pos in range(10)])
    assert_exactly_once(lake, "events", held(kafka, twenty))


@pytest.mark.sample
def test_missing_doubled_and_strange_rows_are_named_by_both_readers(kafka, twenty, lake):
    places = [(part, pos) for part in range(2) for pos in range(10)]
    for missing in [(0, 3), (0, 4), (0, 5), (1, 9)]:
        places.remove(missing)
    fill(lake, [*places, (1, 2), (1, 10), (2, 0)])

    with pytest.raises(AssertionError) as told:
        assert_exactly_once(lake, "events", held(kafka, twenty))

    lines = str(told.value).splitlines()
    for reader in ("PyIceberg", "DuckDB"):
        for line in (
            "missing: 4 records: partition 0 offset 3 to 5, partition 1 offset 9",
            "doubled: 1 records: partition 1 offset 2",
            "from nowhere: 2 records: partition 1 offset 10, partition 2 offset 0",
        ):
            assert f"{reader} on events: {line}" in lines


@pytest.mark.sample
def test_what_a_topic_holds_is_what_committed_transactions_left(kafka, topic):
    name = topic()
    producer = kafka.transactional_producer(f"{name}-producer")
    for n, end in enumerate([producer.commit_transaction, producer.abort_transaction] * 2):
        producer.begin_transaction()
        producer.produce(name, json.dumps({"id": n}))
        producer.flush(30)
        end(30)
    assert set(held(kafka, name)) == {(0, 0), (0, 4)}
    assert set(held(kafka, name, "read_uncommitted")) == {(0, 0), (0, 2), (0, 4), (0, 6)}
