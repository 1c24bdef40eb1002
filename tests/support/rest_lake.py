"""The tables of one test in a REST catalog whose warehouse is a folder of this machine."""

import json
import urllib.error
import urllib.request

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.rest import RestCatalog

from servers.rest import RestCatalogServer

from .lake import NAME, NAMESPACE, Lake


class RestLake(Lake):
    """`uri` is where Frazil finds the catalog: the server itself, or what stands before it."""

    def __init__(self, server: RestCatalogServer, uri: str = "", **options: str) -> None:
        super().__init__(server.folder)
        self.warehouse = server.warehouse
        self._server = server
        self.uri = uri or server.uri
        self._options = {"uri": self.uri} | options

    def through(self, uri: str, **options: str) -> "RestLake":
        """The same lake on another way."""
        return RestLake(self._server, uri, **options)

    def ddl(self) -> str:
        options = {"type": "iceberg", "catalog-type": "rest"} | self._options
        given = ", ".join(f"'{key}'='{value}'" for key, value in options.items())
        return (
            f"CREATE CATALOG {NAME} WITH ({given});\n"
            f"CREATE DATABASE IF NOT EXISTS {NAME}.{NAMESPACE};\n"
        )

    def catalog(self) -> Catalog:
        return RestCatalog(NAME, uri=self._server.uri)

    def metadata(self, name: str) -> dict | None:
        url = f"{self._server.uri}/v1/namespaces/{NAMESPACE}/tables/{name}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["metadata"]
        except (urllib.error.URLError, OSError):
            return None  # not there, or the server is away
