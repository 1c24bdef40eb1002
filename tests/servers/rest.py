"""Iceberg's own REST catalog server, over its JDBC catalog in an SQLite file."""

import os
import pathlib
import urllib.error
import urllib.request

from .process import Server, free_ports


class RestCatalogServer:
    """One server with its folder. It keeps its port and its tables over `restart()`."""

    def __init__(self, folder: pathlib.Path, jars: pathlib.Path) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse"
        self._jars = jars
        self._server: Server | None = None
        self._port = 0
        self.warehouse.mkdir(parents=True, exist_ok=True)

    @property
    def port(self) -> int:
        return self._port

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        # It shares its port with whoever asks for the same (SO_REUSEPORT), so a port that another
        # server took meanwhile cannot be told from a free one by starting; it is free a moment
        # before, and ports are given out in turn.
        self._port = self._port or free_ports(1)[0]
        database = f"jdbc:sqlite:file:{self.folder}/catalog.db?journal_mode=WAL&busy_timeout=10000"
        settings = {
            "CATALOG_CATALOG__IMPL": "org.apache.iceberg.jdbc.JdbcCatalog",
            "CATALOG_URI": database,
            "CATALOG_JDBC_SCHEMA__VERSION": "V1",
            "CATALOG_JDBC_STRICT__MODE": "true",
            # SQLite has one writer; with more connections it refuses some with "busy".
            "CATALOG_CLIENTS": "1",
            "CATALOG_WAREHOUSE": f"file://{self.warehouse}",
            "CATALOG_REST_PORT": str(self._port),
        }
        self._server = Server(
            "the REST catalog",
            [
                *[os.environ.get("FRAZIL_JAVA", "java"), "-Xmx256m", "-XX:+UseSerialGC"],
                *["-cp", f"{self._jars}/*", "org.apache.iceberg.rest.RESTCatalogServer"],
            ],
            self.folder / "server.log",
            env=os.environ | settings,
            cwd=self.folder,
        )
        self._server.wait_until(self._answers, 120)

    def stop(self) -> None:
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """SIGKILL."""
        if self._server:
            self._server.kill()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/v1/config", timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
