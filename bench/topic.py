"""The topic that every system copies, and what a table of its events must hold."""

import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

import duckdb
from confluent_kafka import Consumer, KafkaError, TopicPartition
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DoubleType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
)

from servers.kafka import Kafka

NAME = "events"
PARTITIONS = 4

_TEXT = StringType()
SCHEMA = Schema(
    NestedField(1, "id", LongType()),
    NestedField(2, "user_id", _TEXT),
    NestedField(3, "event_type", _TEXT),
    NestedField(4, "ts", TimestamptzType()),
    NestedField(5, "amount", DoubleType()),
    NestedField(
        6,
        "geo",
        StructType(
            NestedField(9, "country", _TEXT),
            NestedField(10, "city", _TEXT),
            NestedField(11, "device", _TEXT),
        ),
    ),
    NestedField(7, "properties", MapType(12, _TEXT, 13, _TEXT, value_required=False)),
    NestedField(8, "tags", ListType(14, _TEXT, element_required=False)),
)
"""As tables have it, made before the systems start."""

COLUMNS = [one.name for one in SCHEMA.fields]

_DUCKDB_TYPES = {
    "id": "BIGINT",
    "user_id": "VARCHAR",
    "event_type": "VARCHAR",
    "ts": "TIMESTAMPTZ",
    "amount": "DOUBLE",
    "geo": "STRUCT(country VARCHAR, city VARCHAR, device VARCHAR)",
    "properties": "MAP(VARCHAR, VARCHAR)",
    "tags": "VARCHAR[]",
}

# Entries of a map have no order, so they are given one.
DIGEST = """
  SELECT count(*), coalesce(sum(hash(
    id, user_id, event_type, epoch_us(ts), amount, geo.country, geo.city, geo.device,
    list_sort(map_entries(properties)), tags)), 0)::VARCHAR
"""


@dataclass(frozen=True)
class Digest:
    """Of rows in any order: equal ones have the same rows, as often."""

    rows: int
    checksum: str
    """The sum of the rows' 64-bit hashes."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, source: str, *arguments: object) -> "Digest":
        return cls(*connection.execute(DIGEST + source, arguments).fetchone())


def fill(kafka: Kafka, frazil: str, events: int, log: pathlib.Path) -> None:
    """Makes the topic, with events of `frazil produce`, the same ones each time."""
    kafka.create_topic(NAME, PARTITIONS, retention_ms=-1)
    command = [frazil, "produce", "--topic", NAME, "--shape", "events", "--count", str(events)]
    command += ["--bootstrap-servers", kafka.bootstrap, "--property", "compression.type=lz4"]
    with log.open("w") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    if done.returncode:
        raise RuntimeError(f"frazil produce failed:\n{log.read_text()[-2000:]}")


@dataclass(frozen=True)
class Contents:
    digest: Digest
    message_bytes: float
    """Of a mean message's value."""


def read(kafka: Kafka, folder: pathlib.Path) -> Contents:
    """What is in the topic, as clients that have nothing to do with the systems see it: read by
    confluent-kafka, parsed by DuckDB."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file = pathlib.Path(place) / "events.json"
        size = _copy(kafka, file)
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in _DUCKDB_TYPES.items())
        connection = duckdb.connect()
        digest = Digest.of(
            connection,
            f"FROM read_json(?, format = 'newline_delimited', columns = {{{columns}}})",
            str(file),
        )
    return Contents(digest, size / max(1, digest.rows))


def _copy(kafka: Kafka, file: pathlib.Path) -> int:
    """Writes the values as lines; returns their bytes."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": "bench-audit",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    size = 0
    try:
        left = set(range(PARTITIONS))
        consumer.assign([TopicPartition(NAME, one, 0) for one in left])
        with file.open("wb") as output:
            while left:
                messages = consumer.consume(10_000, timeout=1)
                lines = []
                for message in messages:
                    error = message.error()
                    if error is None:
                        lines.append(message.value())
                    elif error.code() == KafkaError._PARTITION_EOF:
                        left.discard(message.partition())
                    else:
                        raise RuntimeError(f"reading {NAME}: {error}")
                if lines:
                    size += sum(map(len, lines))
                    output.write(b"\n".join(lines) + b"\n")
    finally:
        consumer.close()
    return size
