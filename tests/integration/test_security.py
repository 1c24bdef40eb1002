"""Brokers that ask for TLS, passwords and certificates, named as Java's clients name them."""

import os
import pathlib
import re

import pytest

from servers.secure_kafka import STORE_PASSWORD, USER, SecureKafka
from support import script
from support.audit import assert_exactly_once, held

PASSWORD = 'gehe;im"4711'  # to be quoted everywhere


@pytest.fixture(scope="module")
def secure_kafka(tmp_path_factory):
    jars = pathlib.Path(os.environ["FRAZIL_KAFKA_LIBS"])
    broker = SecureKafka(tmp_path_factory.mktemp("secure-kafka"), jars, PASSWORD)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def filled(secure_kafka, request) -> str:
    """A topic with 100 records."""
    name = secure_kafka.create_topic(re.sub(r"\W+", "-", request.node.name), 2)
    for partition in range(2):
        rows = [{"id": n} for n in range(50)]
        secure_kafka.produce_json(name, rows, partition=partition)
    return name


def jaas(module: str, password: str) -> str:
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"org.apache.kafka.common.security.{module} required"
        f' username="{USER}" password="{quoted}";'
    )


def passwords(kafka, mechanism: str, module: str, password: str = PASSWORD) -> dict[str, str]:
    return {
        "properties.security.protocol": "SASL_SSL",
        "properties.sasl.mechanism": mechanism,
        "properties.sasl.jaas.config": jaas(module, password),
        "properties.ssl.truststore.location": str(kafka.ca),
    }


def copy(kafka, bootstrap: str, lake, frazil, name: str, options: dict[str, str]):
    text = script.copying(lake, bootstrap, name, script.BOUNDED | options)
    return frazil.run("run", script.write(frazil.folder, text))


@pytest.mark.parametrize(
    ("mechanism", "module"),
    [
        ("PLAIN", "plain.PlainLoginModule"),
        ("SCRAM-SHA-256", "scram.ScramLoginModule"),
        ("SCRAM-SHA-512", "scram.ScramLoginModule"),
    ],
)
def test_a_password_over_tls(secure_kafka, filled, lake, frazil, mechanism, module):
    options = passwords(secure_kafka, mechanism, module)
    done = copy(secure_kafka, secure_kafka.password_bootstrap, lake, frazil, filled, options)
    assert done.returncode == 0, done.stderr
    assert_exactly_once(lake, "events", held(secure_kafka, filled))
    assert "gehe" not in done.stdout + done.stderr


def test_the_clients_own_names_from_the_environment(secure_kafka, filled, lake, frazil):
    options = {
        "properties.security.protocol": "sasl_ssl",
        "properties.sasl.mechanisms": "PLAIN",
        "properties.sasl.username": USER,
        "properties.sasl.password": "${KAFKA_PASSWORD}",
        "properties.ssl.ca.location": str(secure_kafka.ca),
    }
    text = script.copying(
        lake, secure_kafka.password_bootstrap, filled, script.BOUNDED | options
    )
    file = script.write(frazil.folder, text)
    done = frazil.run("run", file, KAFKA_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr
    assert_exactly_once(lake, "events", held(secure_kafka, filled))


def test_a_certificate_instead_of_a_password(secure_kafka, filled, lake, frazil):
    options = {
        "properties.security.protocol": "SSL",
        "properties.ssl.truststore.location": str(secure_kafka.ca),
        "properties.ssl.keystore.location": str(secure_kafka.client_store),
        "properties.ssl.keystore.type": "PKCS12",
        "properties.ssl.keystore.password": STORE_PASSWORD,
    }
    bootstrap = secure_kafka.certificate_bootstrap
    done = copy(secure_kafka, bootstrap, lake, frazil, filled, options)
    assert done.returncode == 0, done.stderr
    assert_exactly_once(lake, "events", held(secure_kafka, filled))


def test_a_wrong_password_is_told_without_showing_it(secure_kafka, filled, lake, frazil):
    options = passwords(secure_kafka, "PLAIN", "plain.PlainLoginModule", "falsch99")
    done = copy(secure_kafka, secure_kafka.password_bootstrap, lake, frazil, filled, options)
    assert done.returncode in (2, 4)
    assert secure_kafka.password_bootstrap in done.stderr
    assert "authentication" in done.stderr.lower()
    assert "falsch99" not in done.stdout + done.stderr


def test_a_broker_that_nobody_vouches_for_is_not_spoken_to(secure_kafka, filled, lake, frazil):
    options = passwords(secure_kafka, "PLAIN", "plain.PlainLoginModule") | {
        "properties.ssl.truststore.location": str(secure_kafka.other_ca)
    }
    done = copy(secure_kafka, secure_kafka.password_bootstrap, lake, frazil, filled, options)
    assert done.returncode == 2, done.stderr
    assert "certificate" in done.stderr.lower()


def test_a_missing_certificate_is_told(secure_kafka, filled, lake, frazil):
    options = {
        "properties.security.protocol": "SSL",
        "properties.ssl.truststore.location": str(secure_kafka.ca),
    }
    bootstrap = secure_kafka.certificate_bootstrap
    done = copy(secure_kafka, bootstrap, lake, frazil, filled, options)
    assert done.returncode == 4, done.stderr
    assert bootstrap in done.stderr
