"""One SQLite file, live between Frazil and PyIceberg: each goes on with what the other committed."""

import contextlib
import pathlib
import sqlite3

import pyarrow
from pyiceberg.exceptions import CommitFailedException

from support import script
from support.lake import NAME, Lake
from support.program import Frazil
from support.waiting import until

SCHEMA = pyarrow.schema([pyarrow.field("id", pyarrow.int64())])

# The catalog of PyIceberg up to 0.11 and of Java's JdbcCatalog unless it is told otherwise.
LAYOUT_V0 = """
CREATE TABLE iceberg_tables (
  catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,
  table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000),
  previous_metadata_location VARCHAR(1000),
  PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE iceberg_namespace_properties (
  catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,
  property_key VARCHAR(255), property_value VARCHAR(1000),
  PRIMARY KEY (catalog_name, namespace, property_key));
"""


def rows(*ids: int) -> pyarrow.Table:
    return pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64())}, schema=SCHEMA)


def pipeline(folder: pathlib.Path, lake: Lake, count: int, **options: object) -> pathlib.Path:
    """Generates 1 to `count` into db.events; run again with a larger count, it adds the rest."""
    given = {"connector": "datagen", "number-of-rows": count} | {
        key.replace("_", "-"): value for key, value in options.items()
    }
    wanted = given | {
        "fields.id.kind": "sequence",
        "fields.id.start": 1,
        "fields.id.end": 1_000_000,
    }
    listed = ", ".join(f"'{key}'='{value}'" for key, value in wanted.items())
    return script.write(
        folder,
        script.set_all(script.QUICK),
        lake.ddl(),
        f"CREATE TABLE events (id BIGINT) WITH ({listed});\n",
        script.target("events", "id BIGINT"),
        "INSERT INTO lake.db.events SELECT id FROM events;\n",
    )


def ids(lake: Lake) -> list[int]:
    """As both readers see them."""
    return [row["id"] for row in lake.rows("events")]


def query(lake: Lake, sql: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(lake.database)) as connection:
        return connection.execute(sql).fetchall()


def test_a_table_of_pyiceberg_takes_rows_of_both(frazil: Frazil, tmp_path: pathlib.Path):
    lake = Lake(tmp_path)
    table = lake.create("events", SCHEMA)
    table.append(rows(1001, 1002))

    frazil.ok("run", pipeline(tmp_path, lake, 10))
    assert ids(lake) == [*range(1, 11), 1001, 1002]

    # The handle is stale by now; PyIceberg notices, and so does Frazil after it.
    table.append(rows(1003))
    frazil.ok("run", pipeline(tmp_path, lake, 20))
    assert ids(lake) == [*range(1, 21), 1001, 1002, 1003]


def test_a_table_of_frazil_takes_rows_of_both(frazil: Frazil, tmp_path: pathlib.Path):
    lake = Lake(tmp_path)
    frazil.ok("run", pipeline(tmp_path, lake, 10))

    catalog = lake.catalog()
    assert ("db",) in catalog.list_namespaces()
    assert ("db", "events") in catalog.list_tables("db")
    table = catalog.load_table("db.events")
    table.append(rows(1001))
    table.delete("id = 1001")
    with table.transaction() as transaction:
        transaction.set_properties(owner="somebody")

    frazil.ok("run", pipeline(tmp_path, lake, 20))
    assert ids(lake) == [*range(1, 21)]
    assert lake.table("events").properties["owner"] == "somebody"


def test_the_rows_of_the_catalog_are_those_pyiceberg_writes(
    frazil: Frazil, tmp_path: pathlib.Path
):
    lake = Lake(tmp_path)
    frazil.ok("run", pipeline(tmp_path, lake, 10))
    ours = query(
        lake,
        "SELECT catalog_name, table_namespace, metadata_location, previous_metadata_location,"
        " iceberg_type FROM iceberg_tables WHERE table_name = 'events'",
    )
    metadata = lake.table("events").metadata
    assert ours == [
        (
            NAME,
            "db",
            lake.table("events").metadata_location,
            metadata.metadata_log[-1].metadata_file,
            "TABLE",
        )
    ]
    assert ("lake", "db", "exists", "true") in query(
        lake, "SELECT * FROM iceberg_namespace_properties"
    )


def test_an_old_layout_stays_as_it_is(frazil: Frazil, tmp_path: pathlib.Path):
    lake = Lake(tmp_path)
    with contextlib.closing(sqlite3.connect(lake.database)) as connection:
        connection.executescript(LAYOUT_V0)
    layout = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    before = query(lake, layout)

    frazil.ok("run", pipeline(tmp_path, lake, 10))
    lake.table("events").append(rows(1001))
    frazil.ok("run", pipeline(tmp_path, lake, 20))

    assert ids(lake) == [*range(1, 21), 1001]
    assert query(lake, layout) == before


def test_commits_of_both_at_once_lose_nothing(frazil: Frazil, tmp_path: pathlib.Path):
    lake = Lake(tmp_path)
    lake.create("events", SCHEMA)
    running = frazil.start("run", pipeline(tmp_path, lake, 1500, rows_per_second=500))
    until(lambda: lake.count("events") > 0, "a first commit of Frazil's", context=running.tail)

    appended = []
    for one in range(1_000_001, 1_000_401):
        with contextlib.suppress(CommitFailedException):
            lake.table("events").append(rows(one))
            appended.append(one)
        if running.process.poll() is not None:
            break

    assert running.exit_code() == 0, running.tail()
    assert len(appended) > 3
    assert ids(lake) == [*range(1, 1501), *appended]
