"""Spark with the Java Iceberg library, as another engine on our tables.

Spark lives in an environment of its own, so it runs as a process: this file is both the caller's
side and, run as a program, the process.
"""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys


@dataclasses.dataclass
class Planning:
    """Asks which data files Java's library would open for each filter: what it cannot rule out by
    partitions and bounds. Filters are in the library's own JSON."""

    table: str
    filters: list[dict]


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

    def sql(self, *statements: str | Planning, seconds: float = 300) -> list[list]:
        """Runs the statements in one session; the rows of each, with values JSON can hold. Of a
        planning, the locations of the files for each filter."""
        work = {"settings": self._settings, "statements": statements}
        done = subprocess.run(
            [os.environ["FRAZIL_SPARK_PYTHON"], __file__],
            input=json.dumps(work, default=dataclasses.asdict),
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode:
            raise RuntimeError(f"Spark failed:\n{done.stderr[-4000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def _answer(session, statement: str | dict) -> list:
    if isinstance(statement, str):
        return [row.asDict(recursive=True) for row in session.sql(statement).collect()]
    iceberg = session._jvm.org.apache.iceberg
    table = iceberg.spark.Spark3Util.loadIcebergTable(session._jsparkSession, statement["table"])
    answers = []
    for one in statement["filters"]:
        wanted = iceberg.expressions.ExpressionParser.fromJson(json.dumps(one), table.schema())
        tasks = table.newScan().filter(wanted).planFiles()
        # As one text: a call for each file and each of its fields would take long.
        shown = iceberg.relocated.com.google.common.collect.Lists.newArrayList(tasks).toString()
        answers.append(re.findall(r"file=([^,]*), partition_data=", shown))
    return answers


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
        # A few rows are not worth compiling, planning twice and shuffling for.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.iceberg.distribution-mode": "none",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    results = []
    for statement in work["statements"]:
        try:
            results.append(_answer(session, statement))
        except Exception as error:
            sys.exit(f"{str(statement)[:1000]}\n{str(error)[:2000]}")
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    _main()
