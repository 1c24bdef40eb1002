"""Spark with the Java Iceberg library, as another engine on our tables.

Spark lives in an environment of its own, so it runs as a process: this file is both the caller's
side and, run as a program, the process.
"""

import json
import os
import pathlib
import subprocess
import sys


class Spark:
    """SQL on the tables of a SQL catalog in an SQLite file. Spark must call the catalog by the name
    under which its rows are kept in that file: `name` is the first part of each table's name."""

    def __init__(self, database: pathlib.Path, warehouse: pathlib.Path, name: str) -> None:
        catalog = f"spark.sql.catalog.{name}"
        self._settings = {
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog",
            f"{catalog}.uri": f"jdbc:sqlite:{database}",
            f"{catalog}.warehouse": f"file://{warehouse}",
        }

    @classmethod
    def on_folders(cls, warehouse: pathlib.Path, name: str) -> "Spark":
        """On the tables of a hadoop catalog."""
        spark = cls(warehouse, warehouse, name)
        catalog = f"spark.sql.catalog.{name}"
        spark._settings = {
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.type": "hadoop",
            f"{catalog}.warehouse": f"file://{warehouse}",
        }
        return spark

    def sql(self, *statements: str, seconds: float = 300) -> list[list[dict]]:
        """Runs the statements in one session; the rows of each, with values JSON can hold."""
        done = subprocess.run(
            [os.environ["FRAZIL_SPARK_PYTHON"], __file__],
            input=json.dumps({"settings": self._settings, "statements": statements}),
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode:
            raise RuntimeError(f"Spark failed:\n{done.stderr[-4000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def _main() -> None:
    from pyspark.sql import SparkSession

    work = json.load(sys.stdin)
    jars = pathlib.Path(os.environ["FRAZIL_SPARK_LIBS"]).glob("*.jar")
    builder = SparkSession.builder.master("local[2]").appName("frazil-tests")
    settings = work["settings"] | {
        "spark.jars": ",".join(map(str, jars)),
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    results = [
        [row.asDict(recursive=True) for row in session.sql(statement).collect()]
        for statement in work["statements"]
    ]
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    _main()
