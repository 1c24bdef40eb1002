"""The process stays within `memory.limit`, whatever its rows are and wherever they go."""

import json
import pathlib
import re

import pytest

from support import script
from support.waiting import until

MEGABYTE = 1 << 20
LIMIT = 256 * MEGABYTE

# Rows are looked at in steps, and the kernel counts pages in batches.
TOLERANCE = 24 * MEGABYTE

# Random texts of 100 characters, nested: half a kilobyte per row that no codec makes smaller.
COLUMNS = (
    "id BIGINT, user_id STRING, ts TIMESTAMP_LTZ(6), amount DOUBLE,"
    " geo ROW<country STRING, city STRING, zip STRING>, attrs MAP<STRING, STRING>,"
    " tags ARRAY<STRING>"
)

ROWS = 120_000


def peak_bytes(pid: int) -> int:
    """The most memory the process ever held."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


@pytest.mark.parametrize("partitions", [1, 16, 100])
def test_the_process_stays_within_its_limit(lake, frazil, partitions):
    parts = (
        script.set_all(
            {
                "memory.limit": "256 MiB",
                "commit.interval": "1 h",
                "commit.max-rows": str(ROWS),
                "pipeline.workers": "1",
            }
        ),
        lake.ddl(),
        f"CREATE TABLE events ({COLUMNS}) WITH ('connector'='datagen', 'rows-per-second'='0',"
        " 'splits'='4', 'fields.user_id.length'='16');\n",
        script.target(
            "events", COLUMNS, f"bucket({partitions}, user_id)" if partitions > 1 else ""
        ),
        "INSERT INTO lake.db.events SELECT * FROM events;\n",
    )
    worker = frazil.start("run", script.write(frazil.folder, *parts))
    until(lambda: lake.count("events") >= ROWS, "the first commit", 240, worker.tail)
    peak = peak_bytes(worker.process.pid)
    worker.kill()
    assert peak > 100 * MEGABYTE, "a bound that says nothing"
    assert peak <= LIMIT + TOLERANCE, f"{peak / MEGABYTE:.0f} MiB"


def test_records_that_unfold_on_arrival_stay_within_it_too(kafka, topic, lake, frazil):
    """A fetch of half a megabyte holds 100 times as much, which a SELECT takes in parts."""
    name, count = topic(), 2000
    records = [{"value": json.dumps({"id": n, "text": f"a{n}" + "c" * 100_000})} for n in range(count)]
    kafka.produce_records(name, records, {"compression.type": "lz4"})
    columns = "id BIGINT, text STRING"
    worker = frazil.start(
        "run",
        script.write(
            frazil.folder,
            script.set_all({"memory.limit": "256 MiB", "commit.interval": "1 s"}),
            lake.ddl(),
            script.source(kafka.bootstrap, name, columns, script.FROM_START),
            script.target("events", columns),
            "INSERT INTO lake.db.events SELECT id, upper(text) FROM events;\n",
        ),
    )
    until(lambda: lake.count("events") == count, "all rows", 120, worker.tail)
    peak = peak_bytes(worker.process.pid)
    worker.kill()
    assert peak <= LIMIT + TOLERANCE, f"{peak / MEGABYTE:.0f} MiB"
