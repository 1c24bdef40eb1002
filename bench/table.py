"""The table that a system writes, in a catalog and a warehouse of its own."""

import pathlib
from dataclasses import dataclass

from support import readers
from support.lake import NAME, NAMESPACE, Lake

from .topic import SCHEMA, Digest

TABLE = "events"
FULL_NAME = f"{NAME}.{NAMESPACE}.{TABLE}"
CATALOG = NAME

# What else differs between the systems' defaults would be a difference in work.
_PROPERTIES = {
    "format-version": "2",
    "write.format.default": "parquet",
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "1",
    "write.distribution-mode": "none",
}


@dataclass(frozen=True)
class Findings:
    """What independent readers find in the table."""

    digest: Digest
    files: int
    file_bytes: int
    snapshots: int


class Target:
    def __init__(self, folder: pathlib.Path) -> None:
        self._lake = Lake(folder)
        self._lake.create(TABLE, SCHEMA, properties=_PROPERTIES)

    @property
    def database(self) -> pathlib.Path:
        return self._lake.database

    @property
    def warehouse(self) -> pathlib.Path:
        return self._lake.warehouse

    def ddl(self) -> str:
        return self._lake.ddl()

    def rows(self) -> int:
        """As the newest snapshot in the catalog says."""
        return self._lake.count(TABLE)

    def find(self) -> Findings:
        """Counts files by PyIceberg; reads all rows by DuckDB."""
        table = self._lake.table(TABLE)
        sizes = [task.file.file_size_in_bytes for task in table.scan().plan_files()]
        location = readers.path_of(table.metadata_location)
        digest = Digest.of(readers.duckdb_connection(), "FROM iceberg_scan(?)", location)
        return Findings(digest, len(sizes), sum(sizes), len(table.metadata.snapshots))
