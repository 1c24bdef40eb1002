"""A real Kafka broker (KRaft, one node), and what tests do with it."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterable

from confluent_kafka import (
    Consumer,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from .process import Server, free_ports

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.network.threads=2
num.io.threads=2
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
offsets.topic.num.partitions=2
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=200
log.initial.task.delay.ms=500
log.retention.check.interval.ms=1000
"""

_LOGGING = """\
<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d %p %c{1} - %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


def log_to_output(folder: pathlib.Path) -> str:
    """The option by which a program of Kafka's writes its warnings to its output; what it refers to
    is put into the folder."""
    file = folder / "log4j2.xml"
    file.write_text(_LOGGING)
    return f"-Dlog4j2.configurationFile={file}"


class Kafka:
    """One broker with its folder. It keeps its port and data over `restart()`."""

    def __init__(self, folder: pathlib.Path, jars: pathlib.Path) -> None:
        self.folder = folder
        self._jars = jars
        self._server: Server | None = None
        self._ports = [0, 0]
        folder.mkdir(parents=True, exist_ok=True)

    # --- The process ------------------------------------------------------------------------------

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._ports[0]}"

    @property
    def pid(self) -> int:
        """Of the broker, which has been started."""
        assert self._server
        return self._server.process.pid

    def start(self) -> None:
        """Starts the broker and returns when it answers."""
        if any(self._ports):
            self._start()
            return
        for attempt in range(3):  # another process may take a port that was free
            self._ports = free_ports(2)
            self._format()
            try:
                self._start()
                return
            except RuntimeError:
                if attempt == 2:
                    raise

    def stop(self) -> None:
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power would."""
        if self._server:
            self._server.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def properties(self) -> str:
        """What is written into server.properties; of a name that stands twice the last counts."""
        broker, controller = self._ports
        return _PROPERTIES.format(broker=broker, controller=controller, data=self.folder / "data")

    def _java(self, *arguments: str) -> list[str]:
        return [
            *[os.environ.get("FRAZIL_JAVA", "java"), "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC"],
            log_to_output(self.folder),
            *["-cp", f"{self._jars}/*", *arguments],
        ]

    def _format(self) -> None:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        settings = self.folder / "server.properties"
        settings.write_text(self.properties())
        cluster = "-"
        while cluster.startswith("-"):  # which would be taken for an option
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"the broker's folder cannot be formatted:\n{done.stdout}{done.stderr}")

    def _start(self) -> None:
        self._server = Server(
            "Kafka",
            self._java("kafka.Kafka", str(self.folder / "server.properties")),
            self.folder / "server.log",
        )
        self._server.wait_until(self._answers, 120)

    def _answers(self) -> bool:
        # A client that cannot connect waits longer and longer unless told otherwise. It has time
        # enough for an answer when the machine has a lot to do.
        quick = {"log_level": 0, "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 200}
        try:
            return bool(self._admin(quick).list_topics(timeout=10).brokers)
        except KafkaException:
            return False

    # --- Topics -----------------------------------------------------------------------------------

    def _admin(self, settings: dict | None = None) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap} | (settings or {}))

    def create_topic(self, name: str, partitions: int = 1, **config: object) -> str:
        """`config` are the topic's settings with underscores for dots."""
        settings = {key.replace("_", "."): str(value) for key, value in config.items()}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=settings)
        admin = self._admin()  # the result is lost with the client
        admin.create_topics([topic])[name].result(30)
        return name

    def delete_topic(self, name: str) -> None:
        admin = self._admin()
        admin.delete_topics([name])[name].result(30)

    def add_partitions(self, name: str, total: int) -> None:
        admin = self._admin()
        admin.create_partitions([NewPartitions(name, total)])[name].result(30)

    def delete_records(self, name: str, before: dict[int, int]) -> None:
        """Forgets what stands before the given offset of each partition, as retention would."""
        wanted = [TopicPartition(name, partition, offset) for partition, offset in before.items()]
        admin = self._admin()
        for future in admin.delete_records(wanted).values():
            future.result(30)

    def topic_id(self, name: str) -> str:
        admin = self._admin()
        described = admin.describe_topics(TopicCollection([name]))[name].result(30)
        return str(described.topic_id)

    def produce(self, topic: str, values: Iterable[bytes | str | None], **options) -> None:
        """Each value to the topic; `key`, `partition`, `timestamp`, `headers` are for all of them."""
        self.produce_records(topic, ({"value": value, **options} for value in values))

    def produce_json(self, topic: str, rows: Iterable[object], **options) -> None:
        self.produce(topic, (json.dumps(row) for row in rows), **options)

    def produce_records(
        self, topic: str, records: Iterable[dict], settings: dict | None = None
    ) -> None:
        """Each record is what Producer.produce() takes. Returns when the broker has all of them."""
        failures: list[str] = []

        def delivered(error, _message) -> None:
            if error:
                failures.append(str(error))

        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "linger.ms": 5,
                "acks": "all",
                "enable.idempotence": True,  # a batch that is sent again keeps its place
                "message.max.bytes": 1048588,  # what a topic takes by default
            }
            | (settings or {})
        )
        for record in records:
            while True:
                try:
                    producer.produce(topic, on_delivery=delivered, **record)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        unsent = producer.flush(60)
        if failures or unsent:
            raise RuntimeError(f"{unsent} not sent, {len(failures)} failed: {failures[:3]}")

    def transactional_producer(self, transactional_id: str) -> Producer:
        producer = Producer(
            {"bootstrap.servers": self.bootstrap, "transactional.id": transactional_id}
        )
        producer.init_transactions(30)
        return producer

    def offsets(self, topic: str) -> dict[int, tuple[int, int]]:
        """First and next offset of each partition."""
        consumer = self._consumer()
        deadline = time.monotonic() + 20
        try:
            while True:
                partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
                try:
                    return {
                        partition: consumer.get_watermark_offsets(
                            TopicPartition(topic, partition), 10
                        )
                        for partition in sorted(partitions)
                    }
                except KafkaException:  # a new partition has no leader for a moment
                    if time.monotonic() > deadline:
                        raise
        finally:
            consumer.close()

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """The group's committed offset of each partition; -1001 where it has none."""
        wanted = [TopicPartition(topic, partition) for partition in self.offsets(topic)]
        consumer = self._consumer(group)
        try:
            return {one.partition: one.offset for one in consumer.committed(wanted, 10)}
        finally:
            consumer.close()

    def commit_offsets(self, group: str, topic: str, offsets: dict[int, int]) -> None:
        """As a consumer of the group does that stops at these offsets."""
        wanted = [TopicPartition(topic, *one) for one in offsets.items()]
        consumer = self._consumer(group)
        try:
            consumer.commit(offsets=wanted, asynchronous=False)
        finally:
            consumer.close()

    def _consumer(self, group: str = "frazil-tests") -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
            }
        )
