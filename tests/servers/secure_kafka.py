"""A broker that also listens with TLS: for passwords (SASL) and for client certificates."""

import pathlib
import subprocess

from confluent_kafka.admin import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from .kafka import Kafka
from .process import free_ports

USER = "frazil"
STORE_PASSWORD = "changeit"

_LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller},\
PASSWORD://127.0.0.1:{password_port},CERTIFICATE://127.0.0.1:{certificate_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
PASSWORD:SASL_SSL,CERTIFICATE:SSL
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},\
PASSWORD://127.0.0.1:{password_port},CERTIFICATE://127.0.0.1:{certificate_port}
ssl.keystore.type=PKCS12
ssl.keystore.location={broker_store}
ssl.keystore.password={store_password}
ssl.truststore.type=PKCS12
ssl.truststore.location={trust_store}
ssl.truststore.password={store_password}
listener.name.certificate.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.password.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.password.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class SecureKafka(Kafka):
    """`bootstrap` is without TLS, for the tests themselves."""

    def __init__(self, folder: pathlib.Path, jars: pathlib.Path, password: str) -> None:
        super().__init__(folder, jars)
        self.password = password
        self._secure_ports = free_ports(2)
        self._make_stores()

    @property
    def password_bootstrap(self) -> str:
        """SASL_SSL: PLAIN and SCRAM."""
        return f"127.0.0.1:{self._secure_ports[0]}"

    @property
    def certificate_bootstrap(self) -> str:
        """SSL, and the client shows a certificate."""
        return f"127.0.0.1:{self._secure_ports[1]}"

    @property
    def ca(self) -> pathlib.Path:
        """PEM, of the broker."""
        return self.folder / "broker.pem"

    @property
    def client_store(self) -> pathlib.Path:
        """PKCS12: the key and the certificate that the broker trusts."""
        return self.folder / "client.p12"

    @property
    def other_ca(self) -> pathlib.Path:
        """PEM, of somebody else."""
        return self.folder / "client.pem"

    def start(self) -> None:
        super().start()
        admin = self._admin()
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            change = UserScramCredentialUpsertion(
                USER, ScramCredentialInfo(mechanism, 4096), self.password.encode()
            )
            for future in admin.alter_user_scram_credentials([change]).values():
                future.result(30)

    def properties(self) -> str:
        broker, controller = self._ports
        return super().properties() + _LISTENERS.format(
            broker=broker,
            controller=controller,
            password_port=self._secure_ports[0],
            certificate_port=self._secure_ports[1],
            broker_store=self.folder / "broker.p12",
            trust_store=self.folder / "trust.p12",
            store_password=STORE_PASSWORD,
            user=USER,
            # Escaped for JAAS, and the backslash for a file of properties.
            password=self.password.replace('"', r"\\\""),
        )

    def _make_stores(self) -> None:
        for owner in ("broker", "client"):
            store = ("-keystore", self.folder / f"{owner}.p12", "-alias", owner)
            _keytool(
                *("-genkeypair", *store, "-storetype", "PKCS12", "-keyalg", "EC"),
                *("-dname", f"CN={owner}", "-ext", "bc=ca:true", "-ext", "san=ip:127.0.0.1"),
            )
            _keytool("-exportcert", "-rfc", *store, "-file", self.folder / f"{owner}.pem")
        _keytool(
            *("-importcert", "-noprompt", "-alias", "client", "-file", self.folder / "client.pem"),
            *("-keystore", self.folder / "trust.p12", "-storetype", "PKCS12"),
        )


def _keytool(*arguments: object) -> None:
    done = subprocess.run(
        ["keytool", "-storepass", STORE_PASSWORD, *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"keytool: {done.stdout}{done.stderr}")
