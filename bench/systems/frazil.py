"""Frazil itself: once with columns as they are, once with a SELECT that DuckDB computes."""

from support import script

from ..table import FULL_NAME
from ..topic import COLUMNS
from . import COMMIT_SECONDS, Command, Job, required

_SOURCE = """\
CREATE TABLE events (
  id BIGINT, user_id STRING, event_type STRING, ts TIMESTAMP_LTZ(3), amount DOUBLE,
  geo ROW<country STRING, city STRING, device STRING>,
  properties MAP<STRING, STRING>, tags ARRAY<STRING>
) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'value.format' = 'json');
"""

# The same rows come out, but not without computing them.
_COMPUTED = {
    "user_id": "coalesce(user_id, '')",
    "event_type": "lower(event_type)",
    "amount": "abs(amount)",
}


class Frazil:
    name = "frazil"
    title = "Frazil, projection"
    heap_mb = None
    small_heaps_mb = ()

    def query(self) -> str:
        return f"SELECT {', '.join(COLUMNS)} FROM events"

    def command(self, job: Job) -> Command:
        file = script.write(
            job.folder,
            script.set_all({"commit.interval": f"{COMMIT_SECONDS} s"}),
            job.target.ddl(),
            _SOURCE.format(topic=job.topic, bootstrap=job.kafka.bootstrap),
            f"INSERT INTO {FULL_NAME} {self.query()};\n",
        )
        run = [required("FRAZIL_BIN"), "run", str(file)]
        return Command(run, first_poll=r"^(\S+) info +reading ")


class FrazilWithDuckDB(Frazil):
    name = "frazil-duckdb"
    title = "Frazil, DuckDB SELECT"

    def query(self) -> str:
        columns = [_COMPUTED.get(name, name) for name in COLUMNS]
        return f"SELECT {', '.join(columns)} FROM events WHERE id >= 0"
