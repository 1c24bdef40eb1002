"""Pipeline files, put together from the parts in which tests differ."""

import pathlib
from collections.abc import Mapping

from .lake import Lake

FROM_START = {"scan.startup.mode": "earliest-offset"}
BOUNDED = FROM_START | {"scan.bounded.mode": "latest-offset"}

PLACE = "part INT METADATA FROM 'partition', pos BIGINT METADATA FROM 'offset'"
"""Source columns that say where a record stands, for the audit."""

QUICK = {"commit.interval": "300 ms"}

NEVER = {"commit.interval": "1 h"}
"""Nothing is committed but at an end or a bound."""


def set_all(settings: Mapping[str, str]) -> str:
    return "".join(f"SET '{key}' = '{value}';\n" for key, value in settings.items())


def source(
    bootstrap: str,
    topic: str,
    columns: str = "id BIGINT",
    options: Mapping[str, str] = BOUNDED,
    name: str = "events",
) -> str:
    """CREATE TABLE of a topic with JSON values, whose places are columns too."""
    wanted = {
        "connector": "kafka",
        "topic": topic,
        "properties.bootstrap.servers": bootstrap,
        "format": "json",
    } | dict(options)
    if "topic-pattern" in wanted:
        del wanted["topic"]
    given = ",\n  ".join(f"'{key}' = '{value}'" for key, value in wanted.items())
    return f"CREATE TABLE {name} ({columns}, {PLACE}) WITH (\n  {given});\n"


def target(name: str, columns: str, partitioning: str = "", properties: str = "") -> str:
    tail = (f" PARTITIONED BY ({partitioning})" if partitioning else "") + (
        f" WITH ({properties})" if properties else ""
    )
    return f"CREATE TABLE IF NOT EXISTS lake.db.{name} ({columns}){tail};\n"


def write(folder: pathlib.Path, *parts: str, name: str = "pipeline.sql") -> pathlib.Path:
    file = folder / name
    file.write_text("".join(parts))
    return file


def copying(
    lake: Lake,
    bootstrap: str,
    topic: str,
    options: Mapping[str, str] = BOUNDED,
    settings: Mapping[str, str] = QUICK,
) -> str:
    """The plainest pipeline: `id` and the place of each record into lake.db.events."""
    return (
        set_all(settings)
        + lake.ddl()
        + source(bootstrap, topic, options=options)
        + target("events", "id BIGINT, part INT, pos BIGINT")
        + "INSERT INTO lake.db.events SELECT id, part, pos FROM events;\n"
    )
