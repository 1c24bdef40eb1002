"""Independent readers of what Frazil writes: PyIceberg and DuckDB's Iceberg extension."""

import pathlib
import urllib.parse

import duckdb
import duckdb_extensions
import pyarrow
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

_EXTENSIONS = ("avro", "httpfs", "iceberg")


def sql_catalog(database: pathlib.Path, warehouse: pathlib.Path, name: str = "default") -> Catalog:
    """The SQL catalog in an SQLite file, as PyIceberg sees it."""
    return SqlCatalog(name, uri=f"sqlite:///{database}", warehouse=f"file://{warehouse}")


def path_of(location: str) -> str:
    """The file of a location: a bare path, file:///path, or Hadoop's file:/path."""
    return urllib.parse.urlparse(location).path


def duckdb_connection() -> duckdb.DuckDBPyConnection:
    """DuckDB with the extensions that came with the test environment; no network is used."""
    connection = duckdb.connect()
    for extension in _EXTENSIONS:
        duckdb_extensions.import_extension(extension, con=connection)
        connection.load_extension(extension)
    return connection


def read_with_duckdb(metadata_location: str) -> pyarrow.Table:
    """The current rows of the table whose metadata file this is."""
    path = path_of(metadata_location)
    return duckdb_connection().execute("FROM iceberg_scan(?)", [path]).to_arrow_table()
