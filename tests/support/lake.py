"""The tables of one test: a SQL catalog in an SQLite file, and the folder of its warehouse."""

import contextlib
import json
import pathlib
import sqlite3

import pyarrow
from pyiceberg.catalog import Catalog

from . import readers

NAME = "lake"
NAMESPACE = "db"


class Lake:
    """Tables are named without their namespace, `db`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.database = folder / "catalog.db"
        self.warehouse = folder / "warehouse"

    def ddl(self) -> str:
        """The statements by which a script finds the catalog and its namespace."""
        return (
            f"CREATE CATALOG {NAME} WITH ('type'='iceberg', 'catalog-type'='sql',"
            f" 'uri'='sqlite:///{self.database}', 'warehouse'='{self.warehouse}');\n"
            f"CREATE DATABASE IF NOT EXISTS {NAME}.{NAMESPACE};\n"
        )

    def catalog(self) -> Catalog:
        """As PyIceberg sees it."""
        return readers.sql_catalog(self.database, self.warehouse, NAME)

    def table(self, name: str):
        """As PyIceberg sees it."""
        return self.catalog().load_table(f"{NAMESPACE}.{name}")

    def create(self, name: str, schema, **options):
        """A table made by PyIceberg."""
        catalog = self.catalog()
        catalog.create_namespace_if_not_exists(NAMESPACE)
        return catalog.create_table(f"{NAMESPACE}.{name}", schema=schema, **options)

    # --- What readers see -------------------------------------------------------------------------

    def read(self, name: str) -> dict[str, pyarrow.Table]:
        """All rows as each independent reader sees them, by the reader's name."""
        table = self.table(name)
        return {
            "PyIceberg": table.scan().to_arrow(),
            "DuckDB": readers.read_with_duckdb(table.metadata_location),
        }

    def rows(self, name: str, order: str = "id") -> list[dict]:
        """All rows by one column, seen alike by both readers."""
        seen = {
            reader: sorted(rows.to_pylist(), key=lambda row: row[order])
            for reader, rows in self.read(name).items()
        }
        assert seen["PyIceberg"] == seen["DuckDB"]
        return seen["PyIceberg"]

    # --- Cheap looks, for waiting -----------------------------------------------------------------

    def metadata(self, name: str) -> dict | None:
        """The table's metadata, or None while there is no table."""
        if not self.database.exists():
            return None
        query = (
            "SELECT metadata_location FROM iceberg_tables"
            " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?"
        )
        try:
            with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection:
                found = connection.execute(query, (NAME, NAMESPACE, name)).fetchone()
            if found is None:
                return None
            return json.loads(pathlib.Path(readers.path_of(found[0])).read_bytes())
        except (sqlite3.OperationalError, FileNotFoundError):
            return None  # being made, or replaced while we looked

    def snapshots(self, name: str) -> list[dict]:
        """Oldest first."""
        metadata = self.metadata(name) or {}
        return sorted(metadata.get("snapshots", []), key=lambda one: one["sequence-number"])

    def summary(self, name: str) -> dict[str, str]:
        """Of the newest snapshot; empty without one."""
        snapshots = self.snapshots(name)
        return snapshots[-1]["summary"] if snapshots else {}

    def count(self, name: str) -> int:
        """Rows of the table, as its newest snapshot says."""
        return int(self.summary(name).get("total-records", 0))

    def ledger(self, name: str) -> dict[tuple[str, int], int]:
        """Next offset by topic and partition, of the one pipeline that writes the table."""
        for snapshot in reversed(self.snapshots(name)):
            ledgers = [
                json.loads(value)
                for key, value in snapshot["summary"].items()
                if key.startswith("frazil.ledger.")
            ]
            if ledgers:
                (ledger,) = ledgers
                return {
                    (topic, int(partition)): offset
                    for source in ledger["sources"].values()
                    for topic, stream in source.items()
                    for partition, offset in stream["next"].items()
                }
        return {}
