"""The other engines stand ready: Spark reads a table and writes to it, PyIceberg sees both."""

import pathlib

import pyarrow
import pytest

from support import readers
from support.spark import Spark


@pytest.mark.sample
@pytest.mark.slow
def test_spark_and_pyiceberg_share_a_table(tmp_path: pathlib.Path):
    database, warehouse = tmp_path / "catalog.db", tmp_path / "lake"
    catalog = readers.sql_catalog(database, warehouse, "lake")
    catalog.create_namespace("db")
    rows = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.int64()), "name": ["a", "b"]})
    catalog.create_table("db.events", schema=rows.schema).append(rows)

    before, _, after = Spark(database, warehouse, "lake").sql(
        "SELECT * FROM lake.db.events ORDER BY id",
        "INSERT INTO lake.db.events VALUES (3, 'c')",
        "SELECT count(*) AS n, sum(id) AS s FROM lake.db.events",
    )

    assert before == rows.to_pylist()
    assert after == [{"n": 3, "s": 6}]
    assert catalog.load_table("db.events").scan().to_arrow().num_rows == 3
