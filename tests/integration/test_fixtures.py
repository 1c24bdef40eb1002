"""The ground that the other tests stand on: the broker and the independent readers."""

import pathlib

import pyarrow
import pytest

from support import readers


@pytest.mark.sample
def test_a_topic_takes_records_and_counts_them(kafka, topic):
    name = topic(partitions=2)
    kafka.produce_json(name, [{"id": n} for n in range(100)], partition=0)
    kafka.produce(name, ["a", "b"], partition=1, key="k", headers={"h": b"1"})
    assert kafka.offsets(name) == {0: (0, 100), 1: (0, 2)}
    kafka.delete_records(name, {0: 40})
    assert kafka.offsets(name)[0] == (40, 100)


@pytest.mark.sample
def test_a_killed_broker_comes_back_with_its_records(own_kafka):
    name = own_kafka.create_topic("survivor")
    identity = own_kafka.topic_id(name)
    own_kafka.produce(name, [b"1", b"2", b"3"])
    own_kafka.kill()
    own_kafka.start()
    assert own_kafka.offsets(name) == {0: (0, 3)}
    assert own_kafka.topic_id(name) == identity


@pytest.mark.sample
def test_both_readers_see_the_same_table(tmp_path: pathlib.Path):
    catalog = readers.sql_catalog(tmp_path / "catalog.db", tmp_path / "lake")
    catalog.create_namespace("db")
    rows = pyarrow.table({"id": pyarrow.array([1, 2, 3], pyarrow.int64()), "name": ["a", "b", None]})
    table = catalog.create_table("db.events", schema=rows.schema)
    table.append(rows)
    assert table.scan().to_arrow().sort_by("id").to_pylist() == rows.to_pylist()
    seen = readers.read_with_duckdb(table.metadata_location)
    assert seen.sort_by("id").to_pylist() == rows.to_pylist()
