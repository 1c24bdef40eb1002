"""Flink SQL in a cluster within one JVM, submitted by PyFlink."""

import json
import pathlib

from servers.process import free_ports

from ..table import CATALOG, FULL_NAME
from . import COMMIT_SECONDS, Command, Job, jvm_options, required

_JOB = pathlib.Path(__file__).with_name("flink_job.py")

_SOURCE = """\
CREATE TEMPORARY TABLE events (
  id BIGINT, user_id STRING, event_type STRING, ts TIMESTAMP_LTZ(3), amount DOUBLE,
  geo ROW<country STRING, city STRING, device STRING>,
  properties MAP<STRING, STRING>, tags ARRAY<STRING>
) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',
  'properties.group.id' = 'flink', 'properties.max.poll.records' = '5000',
  'properties.max.partition.fetch.bytes' = '8388608',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')
"""

_CATALOG = """\
CREATE CATALOG {name} WITH (
  'type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:sqlite:{database}', 'warehouse' = 'file://{warehouse}')
"""


class Flink:
    name = "flink"
    title = "Flink 2.1.3, Iceberg 1.11.0"
    heap_mb = 2048
    small_heaps_mb = (256, 320, 512)

    def command(self, job: Job) -> Command:
        (port,) = free_ports(1)
        settings = {
            "parallelism.default": job.cores,
            "execution.runtime-mode": "STREAMING",
            "execution.checkpointing.interval": f"{COMMIT_SECONDS} s",
            "execution.checkpointing.mode": "EXACTLY_ONCE",
            "execution.checkpointing.dir": f"file://{job.folder / 'checkpoints'}",
            "execution.checkpointing.checkpoints-after-tasks-finish": "true",
            "state.backend.type": "hashmap",
            "pipeline.object-reuse": "true",
            "table.local-time-zone": "UTC",
            "rest.port": port,
            "rest.bind-port": port,
        }
        statements = [
            _CATALOG.format(
                name=CATALOG, database=job.target.database, warehouse=job.target.warehouse
            ),
            _SOURCE.format(topic=job.topic, bootstrap=job.kafka.bootstrap),
            f"INSERT INTO {FULL_NAME} SELECT * FROM events",
        ]
        work = job.folder / "job.json"
        work.write_text(
            json.dumps(
                {
                    "settings": {key: str(value) for key, value in settings.items()},
                    "statements": statements,
                }
            )
        )
        return Command(
            [required("FRAZIL_FLINK_PYTHON"), str(_JOB), str(work)],
            {
                "JVM_ARGS": " ".join(jvm_options(job.heap_mb)),
                "HADOOP_CLASSPATH": f"{required('FRAZIL_FLINK_LIBS')}/*",
                "FLINK_LOG_DIR": str(job.folder),
                # Python functions, of which there are none, would get a process; otherwise a server
                # for them is started first.
                "_python_worker_execution_mode": "process",
            },
        )
