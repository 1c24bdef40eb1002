"""A warehouse of plain folders, shared with Java's HadoopCatalog."""

import pathlib

import pytest
from pyiceberg.table import StaticTable

from support import readers, script
from support.program import Frazil
from support.spark import Spark


def pipeline(folder: pathlib.Path, warehouse: pathlib.Path, count: int) -> pathlib.Path:
    """Generates 1 to `count` into db.events; run again with a larger count, it adds the rest."""
    return script.write(
        folder,
        script.set_all(script.QUICK),
        "CREATE CATALOG lake WITH"
        f" ('type'='iceberg', 'catalog-type'='hadoop', 'warehouse'='{warehouse}');\n"
        "CREATE DATABASE IF NOT EXISTS lake.db;\n"
        "CREATE TABLE events (id BIGINT) WITH ('connector'='datagen',"
        f" 'number-of-rows'='{count}', 'fields.id.kind'='sequence',"
        " 'fields.id.start'='1', 'fields.id.end'='1000000');\n",
        script.target("events", "id BIGINT"),
        "INSERT INTO lake.db.events SELECT id FROM events;\n",
    )


def newest(warehouse: pathlib.Path) -> str:
    """The metadata file of the newest version, as the hint has it."""
    metadata = warehouse / "db/events/metadata"
    version = (metadata / "version-hint.text").read_text()
    (found,) = metadata.glob(f"v{version}*.metadata.json")
    return str(found)


def ids(warehouse: pathlib.Path) -> list[int]:
    """As both readers see them."""
    location = newest(warehouse)
    with_pyiceberg = StaticTable.from_metadata(location).scan().to_arrow()
    with_duckdb = readers.read_with_duckdb(location)
    seen = [sorted(rows["id"].to_pylist()) for rows in (with_pyiceberg, with_duckdb)]
    assert seen[0] == seen[1]
    return seen[0]


def test_readers_find_the_newest_version_by_its_hint(frazil: Frazil, tmp_path: pathlib.Path):
    warehouse = tmp_path / "warehouse"
    frazil.ok("run", pipeline(tmp_path, warehouse, 10))
    assert ids(warehouse) == [*range(1, 11)]
    frazil.ok("run", pipeline(tmp_path, warehouse, 20))
    assert ids(warehouse) == [*range(1, 21)]
    assert not list((warehouse / "db/events").rglob(".frazil-*"))


@pytest.mark.slow
def test_java_and_frazil_take_turns(frazil: Frazil, tmp_path: pathlib.Path):
    warehouse = tmp_path / "warehouse"
    spark = Spark.on_folders(warehouse, "lake")
    # Java compresses metadata here and keeps checksums beside its files.
    spark.sql(
        "CREATE NAMESPACE lake.db",
        "CREATE TABLE lake.db.events (id BIGINT) USING iceberg"
        " TBLPROPERTIES ('write.metadata.compression-codec'='gzip')",
        "INSERT INTO lake.db.events VALUES (1001)",
    )
    frazil.ok("run", pipeline(tmp_path, warehouse, 10))
    _, count = spark.sql(
        "INSERT INTO lake.db.events VALUES (1002)", "SELECT count(*) AS n FROM lake.db.events"
    )
    assert count == [{"n": 12}]
    frazil.ok("run", pipeline(tmp_path, warehouse, 20))

    (rows,) = spark.sql("SELECT id FROM lake.db.events ORDER BY id")
    assert [row["id"] for row in rows] == [*range(1, 21), 1001, 1002]
