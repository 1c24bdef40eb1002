"""Fixtures of all tests that run the program or a server."""

import os
import pathlib
import re
from collections.abc import Callable, Iterator

import pytest

from servers.kafka import Kafka
from servers.rest import RestCatalogServer
from support.lake import Lake
from support.program import Frazil
from support.rest_lake import RestLake


def _folder_from_environment(variable: str) -> pathlib.Path:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set; run the tests by ./dev test")
    return pathlib.Path(value)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker for all tests of the run; each uses topics of its own."""
    broker = Kafka(tmp_path_factory.mktemp("kafka"), _folder_from_environment("FRAZIL_KAFKA_LIBS"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def own_kafka(tmp_path: pathlib.Path) -> Iterator[Kafka]:
    """A broker for one test that stops, kills or fills it."""
    broker = Kafka(tmp_path / "kafka", _folder_from_environment("FRAZIL_KAFKA_LIBS"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def topic(kafka: Kafka, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """topic(partitions=1, **settings): a new topic, named after the test, deleted after it."""
    base = re.sub(r"\W+", "-", request.node.name).strip("-")[:80]
    made: list[str] = []

    def make(partitions: int = 1, **config: object) -> str:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        made.append(kafka.create_topic(f"{base}-{worker}-{len(made)}", partitions, **config))
        return made[-1]

    yield make
    for name in made:
        kafka.delete_topic(name)


@pytest.fixture
def lake(tmp_path: pathlib.Path) -> Lake:
    """The catalog and the warehouse of one test."""
    return Lake(tmp_path)


@pytest.fixture
def rest_server(tmp_path: pathlib.Path) -> Iterator[RestCatalogServer]:
    """A REST catalog for one test."""
    jars = _folder_from_environment("FRAZIL_REST_LIBS")
    server = RestCatalogServer(tmp_path / "rest", jars)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def rest_lake(rest_server: RestCatalogServer) -> RestLake:
    """The REST catalog and its warehouse."""
    return RestLake(rest_server)


@pytest.fixture
def frazil(tmp_path: pathlib.Path) -> Iterator[Frazil]:
    """The program as it is shipped."""
    program = Frazil(tmp_path)
    yield program
    program.close()


@pytest.fixture
def faulty_frazil(tmp_path: pathlib.Path) -> Iterator[Frazil]:
    """The program with fault points and sanitizers."""
    program = Frazil(tmp_path, "FRAZIL_DEV_BIN")
    yield program
    program.close()
