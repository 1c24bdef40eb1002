"""Runs in PySpark's environment: copies all that is in a topic into a table."""

import json
import sys

from pyspark.sql import SparkSession, functions


def main(file: str) -> None:
    with open(file) as text:
        work = json.load(text)
    builder = SparkSession.builder.master(work["master"]).appName("bench")
    for key, value in work["settings"].items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    source = session.readStream.format("kafka").options(**work["source"]).load()
    event = functions.from_json(functions.col("value").cast("string"), work["schema"])
    query = (
        source.select(event.alias("event"))
        .select("event.*")
        .writeStream.format("iceberg")
        .outputMode("append")
        .trigger(availableNow=True)
        .option("checkpointLocation", work["checkpoints"])
        .toTable(work["table"])
    )
    query.awaitTermination()


if __name__ == "__main__":
    main(sys.argv[1])
