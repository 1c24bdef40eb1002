"""Every type of Iceberg v2 and every transform, shared with PyIceberg, DuckDB and Spark (Java).

Frazil, PyIceberg and Spark take turns in writing the same rows to the same tables; what each
writes, all read, equal cell by cell. Filtered reads make the readers prune: each computes from its
predicate which partitions and which bounds of columns may hold the row.
"""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow.parquet
import pytest

from support import readers, script
from support.every_type import COLUMNS, COUNT, as_json, plain, row
from support.filters import Filter, filters_of
from support.lake import Lake
from support.program import Frazil
from support.spark import Planning, Spark

pytestmark = [pytest.mark.sample, pytest.mark.slow]

# Spark has no type for a time of day, and does not open a table that has one.
TIMES = ["tm", "sm"]
# PyIceberg 0.12 reads null as an empty list, an empty map, or a struct of nulls in these.
NULLS = ["ns", "nl", "nm"]
ALL = [name for name in COLUMNS if name not in TIMES + NULLS]
PRIMITIVE = [name for name in ALL if not COLUMNS[name].is_nested]

DATES = ["dt", "ts", "tz"]
OTHERS = ["f", "d", "u"]
NUMBERS = ["i", "l", "dec4", "dec9", "dec18", "dec38"]
HASHED = [*NUMBERS, *DATES, "s", "u", "fx", "bin"]

# By table: its columns, the transform of its partitions, and the columns that is of. The number of
# buckets is large, so that each value has a partition of its own.
LAYOUT = {
    "of_void": (ALL, "void({})", [name for name in PRIMITIVE if name != "u"]),
    "row_by_row": (ALL, "identity({})", ["id"]),
    "of_identity": (PRIMITIVE, "identity({})", ["b", *NUMBERS, *DATES, "s", "bin"]),
    "of_identity_others": (OTHERS, "identity({})", OTHERS),
    "of_identity_fixed": (["fx"], "identity({})", ["fx"]),
    "of_identity_fixed_for_spark": (["fx"], "identity({})", ["fx"]),
    "of_bucket": (HASHED, "bucket(1000, {})", HASHED),
    "of_truncate": ([*NUMBERS, "s", "bin"], "truncate(3, {})", [*NUMBERS, "s", "bin"]),
    "of_year": (DATES, "year({})", DATES),
    "of_month": (DATES, "month({})", DATES),
    "of_day": (DATES, "day({})", DATES),
    "of_hour": (["ts", "tz"], "hour({})", ["ts", "tz"]),
    "of_nulls": (NULLS, "", []),
    "of_times": (TIMES, "", []),
    "of_identity_time": (["tm"], "identity({})", ["tm"]),
    "of_bucket_time": (["tm"], "bucket(1000, {})", ["tm"]),
}

NOT_READ_BY_PYICEBERG = ["of_nulls"]
NOT_WRITTEN_BY_PYICEBERG = [
    *NOT_READ_BY_PYICEBERG,
    "of_identity_fixed_for_spark",
    # PyIceberg 0.12 groups rows by functions of Arrow's that take no UUID and lose NaN.
    "of_identity_others",
    # PyIceberg 0.12 takes the bucket of a time for a time.
    "of_bucket_time",
]
NOT_READ_BY_SPARK = [
    *(table for table, (names, _, _) in LAYOUT.items() if set(names) & set(TIMES)),
    # Java's library reads a length before fixed partition values (its issue 17501). Frazil writes
    # bytes, which have one, but PyIceberg does as the specification says.
    "of_identity_fixed",
]
# Java's library writes that length as well, so that PyIceberg and DuckDB misread its manifests.
NOT_WRITTEN_BY_SPARK = [*NOT_READ_BY_SPARK, "of_identity_fixed_for_spark"]

FOR_SPARK = [table for table in LAYOUT if table not in NOT_READ_BY_SPARK]
FOR_PYICEBERG = [table for table in LAYOUT if table not in NOT_READ_BY_PYICEBERG]

BY_FRAZIL, LATER_BY_FRAZIL = range(COUNT), range(COUNT, 2 * COUNT)
BY_PYICEBERG = range(1000, 1000 + COUNT)
BY_SPARK = range(2000, 2000 + COUNT)


def pipeline(lake: Lake, bootstrap: str, topic: str) -> str:
    """Copies the topic into all tables."""
    declared = {column: f"{column} {COLUMNS[column].sql}" for column in COLUMNS}
    text = script.set_all({"pipeline.name": "types"}) + lake.ddl()
    text += script.source(bootstrap, topic, ", ".join(["id BIGINT", *declared.values()]))
    for table, (names, transform, sources) in LAYOUT.items():
        columns = ", ".join(["id BIGINT", *(declared[column] for column in names)])
        by = ", ".join(transform.format(source) for source in sources)
        text += script.target(table, columns, by)
        text += f"INSERT INTO lake.db.{table} SELECT id, {', '.join(names)} FROM events;\n"
    return text


@dataclass
class Shared:
    """What came of the turns that the writers took."""

    lake: Lake
    frazil: Frazil
    spark: dict[str, list] = field(default_factory=dict)
    """What Spark said before it wrote, by what was asked."""
    _ids: dict[str, list[int]] = field(default_factory=dict)

    def rows(self, table: str, found: list[dict]) -> dict[int, dict]:
        """Rows of a table as any reader gives them, in the form that compares, by their id."""
        kind = self.lake.table(table).schema().as_struct()
        by_id = {one["id"]: plain(kind, one) for one in found}
        assert len(by_id) == len(found)
        return by_id

    def expected(self, table: str, numbers: list[int]) -> dict[int, dict]:
        names = ["id", *LAYOUT[table][0]]
        return self.rows(table, [{name: row(n)[name] for name in names} for n in numbers])

    def ids(self, location: str) -> list[int]:
        """Of the rows of a data file."""
        if location not in self._ids:
            file = pyarrow.parquet.ParquetFile(readers.path_of(location))
            self._ids[location] = file.read(["id"])["id"].to_pylist()
        return self._ids[location]


def ids_before_spark(table: str) -> list[int]:
    return [*BY_FRAZIL, *([] if table in NOT_WRITTEN_BY_PYICEBERG else BY_PYICEBERG)]


def ids_at_last(table: str) -> list[int]:
    by_spark = [] if table in NOT_WRITTEN_BY_SPARK else BY_SPARK
    return [*ids_before_spark(table), *by_spark, *LATER_BY_FRAZIL]


@pytest.fixture(scope="module")
def shared(kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The turns of Frazil, PyIceberg, Spark, Frazil."""
    folder = tmp_path_factory.mktemp("types")
    lake, frazil = Lake(folder), Frazil(folder)
    shared = Shared(lake, frazil)
    topic = kafka.create_topic("types")
    file = script.write(folder, pipeline(lake, kafka.bootstrap, topic))

    def copy(numbers: range) -> None:
        kafka.produce_json(
            topic, [{key: as_json(value) for key, value in row(n).items()} for n in numbers]
        )
        frazil.ok("run", file, seconds=300)
        assert lake.count("types_dead_letters") == 0

    copy(BY_FRAZIL)
    append_with_pyiceberg(lake)
    shared.spark = turn_of_spark(lake)
    copy(LATER_BY_FRAZIL)
    yield shared
    frazil.close()
    kafka.delete_topic(topic)


def append_with_pyiceberg(lake: Lake) -> None:
    for name in LAYOUT:
        if name in NOT_WRITTEN_BY_PYICEBERG:
            continue
        table = lake.table(name)
        rows = table.scan().to_arrow()
        at = rows.schema.get_field_index("id")
        ids = pyarrow.array([n + BY_PYICEBERG.start for n in rows["id"].to_pylist()])
        table.append(rows.set_column(at, rows.schema.field(at), ids))


# --- Filters --------------------------------------------------------------------------------------


def filters_on(table: str) -> list[Filter]:
    """By partitions where there are any, by bounds of columns elsewhere."""
    names, _, sources = LAYOUT[table]
    if table in ("of_void", "row_by_row", "of_times"):
        sources = [name for name in names if not COLUMNS[name].is_nested]
    return [one for source in sources for one in filters_of(source)]


def is_misjudged(n: int, one: Filter, table: str, reader: str) -> bool:
    """Whether the reader's answer to the filter is wrong for the n-th row by a fault of its own."""
    value = row(n)[one.column]
    place = (table, one.column)
    match reader:
        case "Java":
            # Orders UUIDs by their signed halves (its issue 14216), which is not how PyIceberg
            # writes their bounds.
            if one.column == "u" and (one.is_of_order or n in BY_PYICEBERG):
                return True
        case "PyIceberg":
            # Reads UUID partitions as UUIDs, and compares them with bytes, or fails.
            if place == ("of_identity_others", "u"):
                return True
            # Reads DOUBLE partitions in single precision.
            if place == ("of_identity_others", "d") and one.operator == "in":
                return True
        case "DuckDB":
            # Takes NaN for the largest number.
            if value != value:
                return True
            # Java writes bounds of UUID partitions by its signed order, which DuckDB trusts.
            if place == ("of_identity_others", "u") and n in BY_SPARK:
                return True
            # Computes truncated decimals from memory that it has not set, or fails.
            if table == "of_truncate" and one.column.startswith("dec") and one.values:
                return True
            # Looks for UUIDs in other buckets than Java and PyIceberg do.
            if place == ("of_bucket", "u") and one.operator == "in":
                return True
            # Rounds months and days before 1970 up.
            if table in ("of_month", "of_day") and value is not None and is_before_1970(value):
                return True
    # The least number goes over when it is truncated as Java does it: the partition is not that of
    # a small number for any reader.
    return table == "of_truncate" and value in (-(2**31), -(2**63))


def is_before_1970(value: datetime.date) -> bool:
    return value.year < 1970


def ids_that_hold(one: Filter, judged: list[int]) -> list[int]:
    return [n for n in judged if one.holds(row(n)[one.column])]


def judged_filters(table: str, ids: list[int], reader: str) -> Iterator[tuple[Filter, list[int]]]:
    """Each filter with those of the rows that the reader judges rightly, unless there are none."""
    for one in filters_on(table):
        judged = [n for n in sorted(ids) if not is_misjudged(n, one, table, reader)]
        if judged:
            yield one, judged


# --- Spark ----------------------------------------------------------------------------------------

AS_JSON = (
    "to_json(struct({}), map('ignoreNullFields', 'false',"
    " 'timestampFormat', \"yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX\","
    " 'timestampNTZFormat', \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\"))"
)

# How Java names the partition field of a transform.
SUFFIX = {"identity": "", "bucket": "_bucket", "truncate": "_trunc"}


def is_misplaced(table: str) -> str:
    """Whether a row's partition is not the one that Java computes for its values."""
    _, transform, sources = LAYOUT[table]
    kind = transform.partition("(")[0]
    differ = ["false"]
    for source in sources:
        if kind == "void" or (kind, source) == ("bucket", "u"):
            continue  # nothing to compute, or Spark would, of a text
        wanted = source
        if kind != "identity":
            call = transform if kind in ("bucket", "truncate") else kind + "s({})"
            wanted = f"lake.system.{call.format(source)}"
        field = source + SUFFIX.get(kind, f"_{kind}")
        differ.append(f"NOT (_partition.{field} <=> {wanted})")
    return " OR ".join(differ)


WITH_UUIDS = [table for table in FOR_SPARK if "u" in LAYOUT[table][0]]
UUIDS = [one for one in COLUMNS["u"].values if one is not None]


def turn_of_spark(lake: Lake) -> dict[str, list]:
    """It reads, and then appends. One session does all: it takes long to start."""
    asked = {}
    for table in FOR_SPARK:
        names = ", ".join(LAYOUT[table][0])
        asked[f"rows of {table}"] = (
            f"SELECT {AS_JSON.format('id, ' + names)} AS row, {is_misplaced(table)} AS is_misplaced"
            f" FROM lake.db.{table}"
        )
        filters = [one.json() for one in filters_on(table)]
        asked[f"plans of {table}"] = Planning(f"lake.db.{table}", filters)
        if table in WITH_UUIDS:
            asked[f"uuids of {table}"] = " UNION ALL ".join(
                f"SELECT id, {at} AS at FROM lake.db.{table} WHERE u = '{one}'"
                for at, one in enumerate(UUIDS)
            )
        if table not in NOT_WRITTEN_BY_SPARK:
            asked[f"append to {table}"] = (
                f"INSERT INTO lake.db.{table} SELECT id + {BY_SPARK.start}, {names}"
                f" FROM lake.db.{table} WHERE id < {COUNT}"
            )
    spark = Spark(lake.database, lake.warehouse, "lake")
    return dict(zip(asked, spark.sql(*asked.values(), seconds=900), strict=True))


@pytest.mark.parametrize("table", FOR_SPARK)
def test_spark_reads_what_frazil_and_pyiceberg_wrote(shared: Shared, table: str):
    found = shared.spark[f"rows of {table}"]
    seen = [json.loads(one["row"], parse_float=str) for one in found]
    assert shared.rows(table, seen) == shared.expected(table, ids_before_spark(table))
    assert not any(one["is_misplaced"] for one in found)


@pytest.mark.parametrize("table", WITH_UUIDS)
def test_spark_finds_rows_by_their_uuid(shared: Shared, table: str):
    found = [(one["id"], one["at"]) for one in shared.spark[f"uuids of {table}"]]
    by_frazil = [(n, UUIDS.index(row(n)["u"])) for n in BY_FRAZIL if row(n)["u"] in UUIDS]
    assert sorted(one for one in found if one[0] in BY_FRAZIL) == by_frazil


@pytest.mark.parametrize("table", FOR_SPARK)
def test_java_opens_files_by_their_values(shared: Shared, table: str):
    plans = dict(zip(map(str, filters_on(table)), shared.spark[f"plans of {table}"], strict=True))
    for one, judged in judged_filters(table, ids_before_spark(table), "Java"):
        found = {n for file in plans[str(one)] for n in shared.ids(file)}
        assert found.issuperset(ids_that_hold(one, judged)), one


# --- PyIceberg, DuckDB, and Frazil itself ---------------------------------------------------------


@pytest.mark.parametrize("table", FOR_PYICEBERG)
def test_pyiceberg_reads_what_all_wrote(shared: Shared, table: str):
    found = shared.lake.table(table).scan().to_arrow().to_pylist()
    assert shared.rows(table, found) == shared.expected(table, ids_at_last(table))


@pytest.mark.parametrize("table", LAYOUT)
def test_duckdb_and_frazil_read_what_all_wrote(shared: Shared, table: str):
    cells = readers.read_with_duckdb(shared.lake.table(table).metadata_location)
    assert shared.rows(table, cells.to_pylist()) == shared.expected(table, ids_at_last(table))

    # Every cell as DuckDB makes text of it, whoever read it.
    as_text = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {} AS cells ORDER BY cells.id"
    query = as_text.format(f"lake.db.{table}")
    answer = shared.frazil.ok("query", query, "--script", "pipeline.sql", "--output", "json")
    with readers.duckdb_connection() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("cells_of_duckdb", cells)
        texts = connection.execute(as_text.format("cells_of_duckdb")).to_arrow_table().to_pylist()
    assert [json.loads(line) for line in answer.splitlines()] == texts


@pytest.mark.parametrize("table", FOR_PYICEBERG)
def test_pyiceberg_opens_files_by_their_values(shared: Shared, table: str):
    read = shared.lake.table(table)
    for one, judged in judged_filters(table, ids_at_last(table), "PyIceberg"):
        tasks = read.scan(one.pyiceberg()).plan_files()
        found = {n for task in tasks for n in shared.ids(task.file.file_path)}
        assert found.issuperset(ids_that_hold(one, judged)), one


@pytest.mark.parametrize("table", LAYOUT)
def test_duckdb_finds_rows_by_their_values(shared: Shared, table: str):
    location = readers.path_of(shared.lake.table(table).metadata_location)
    with readers.duckdb_connection() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for one, judged in judged_filters(table, ids_at_last(table), "DuckDB"):
            query = f"SELECT id FROM iceberg_scan(?) WHERE {one.duckdb()}"
            found = [n for (n,) in connection.execute(query, [location]).fetchall()]
            assert sorted(set(judged) & set(found)) == ids_that_hold(one, judged), one
            assert len(found) == len(set(found)), one
