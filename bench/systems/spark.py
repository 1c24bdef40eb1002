"""Spark Structured Streaming, driver and executors in one JVM."""

import json
import pathlib

from ..table import CATALOG, FULL_NAME
from . import Command, Job, jvm_options, required

_JOB = pathlib.Path(__file__).with_name("spark_job.py")

# About what takes COMMIT_SECONDS on two cores: a batch is a commit.
_ROWS_PER_BATCH = 1_600_000

_SCHEMA = (
    "id BIGINT, user_id STRING, event_type STRING, ts TIMESTAMP, amount DOUBLE,"
    " geo STRUCT<country: STRING, city: STRING, device: STRING>,"
    " properties MAP<STRING, STRING>, tags ARRAY<STRING>"
)


class Spark:
    name = "spark"
    title = "Spark 3.5.7, Iceberg 1.12.0"
    heap_mb = 2048
    small_heaps_mb = (512, 768, 1024)

    def command(self, job: Job) -> Command:
        catalog = f"spark.sql.catalog.{CATALOG}"
        jars = [
            str(jar)
            for variable in ("FRAZIL_SPARK_LIBS", "FRAZIL_SPARK_KAFKA_LIBS")
            for jar in sorted(pathlib.Path(required(variable)).glob("*.jar"))
        ]
        heap, *options = jvm_options(job.heap_mb)
        work = job.folder / "job.json"
        work.write_text(
            json.dumps(
                {
                    "master": f"local[{job.cores}]",
                    "settings": {
                        "spark.jars": ",".join(jars),
                        "spark.driver.memory": heap.removeprefix("-Xmx"),
                        "spark.driver.extraJavaOptions": " ".join(options),
                        "spark.driver.host": "127.0.0.1",
                        "spark.driver.bindAddress": "127.0.0.1",
                        "spark.sql.session.timeZone": "UTC",
                        "spark.sql.shuffle.partitions": str(job.cores),
                        "spark.ui.enabled": "false",
                        catalog: "org.apache.iceberg.spark.SparkCatalog",
                        f"{catalog}.catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog",
                        f"{catalog}.uri": f"jdbc:sqlite:{job.target.database}",
                        f"{catalog}.warehouse": f"file://{job.target.warehouse}",
                    },
                    "source": {
                        "kafka.bootstrap.servers": job.kafka.bootstrap,
                        "kafka.max.partition.fetch.bytes": "8388608",
                        "kafka.max.poll.records": "5000",
                        "subscribe": job.topic,
                        "startingOffsets": "earliest",
                        "maxOffsetsPerTrigger": str(_ROWS_PER_BATCH),
                    },
                    "schema": _SCHEMA,
                    "checkpoints": str(job.folder / "checkpoints"),
                    "table": FULL_NAME,
                }
            )
        )
        return Command([required("FRAZIL_SPARK_PYTHON"), str(_JOB), str(work)])
