"""Kafka Connect, one standalone worker, with Iceberg's sink."""

import pathlib

from servers.kafka import log_to_output
from servers.process import free_ports

from ..table import CATALOG, FULL_NAME
from . import COMMIT_SECONDS, Command, Job, jvm_options, required


class Connect:
    name = "connect"
    title = "Kafka Connect 4.3.1, Iceberg sink 1.12.0"
    heap_mb = 2048
    small_heaps_mb = (192, 256, 384)

    def command(self, job: Job) -> Command:
        control = f"control-{job.folder.name}"
        job.kafka.create_topic(control)
        plugins = job.folder / "plugins"
        plugins.mkdir()
        (plugins / "iceberg").symlink_to(required("FRAZIL_CONNECT_LIBS"))
        worker = _properties(job.folder / "worker.properties", self._worker(job, plugins))
        sink = _properties(job.folder / "sink.properties", self._sink(job, control))
        return Command(
            [
                *["java", *jvm_options(job.heap_mb), log_to_output(job.folder)],
                *["-cp", f"{required('FRAZIL_KAFKA_LIBS')}/*"],
                "org.apache.kafka.connect.cli.ConnectStandalone",
                *[str(worker), str(sink)],
            ]
        )

    def _worker(self, job: Job, plugins: pathlib.Path) -> dict[str, object]:
        (port,) = free_ports(1)
        return {
            "bootstrap.servers": job.kafka.bootstrap,
            "listeners": f"http://127.0.0.1:{port}",
            "plugin.path": plugins,
            "plugin.discovery": "service_load",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "false",
            "offset.storage.file.filename": job.folder / "offsets",
            # With the default of a minute the tail of a topic is committed a minute late: the sink
            # looks at its control topic only when a flush is due or records come.
            "offset.flush.interval.ms": 1000,
            "consumer.max.poll.records": 5000,
            "consumer.max.partition.fetch.bytes": 8388608,
        }

    def _sink(self, job: Job, control: str) -> dict[str, object]:
        return {
            "name": job.folder.name,
            "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector",
            "tasks.max": job.cores,
            "topics": job.topic,
            "iceberg.tables": FULL_NAME.removeprefix(f"{CATALOG}."),
            "iceberg.catalog": CATALOG,
            "iceberg.catalog.catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog",
            "iceberg.catalog.uri": f"jdbc:sqlite:{job.target.database}",
            "iceberg.catalog.warehouse": f"file://{job.target.warehouse}",
            "iceberg.control.topic": control,
            "iceberg.control.commit.interval-ms": COMMIT_SECONDS * 1000,
        }


def _properties(file: pathlib.Path, settings: dict[str, object]) -> pathlib.Path:
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return file
