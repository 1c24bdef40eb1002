"""`frazil query`: what it prints in each form, which names it takes, how it ends early."""

import datetime
import decimal
import json
import os
import pathlib
import signal
import subprocess

import pyarrow
import pytest

from support import script
from support.readers import path_of
from support.waiting import until

EVER = "SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 5"
"""A query that nobody waits for the end of."""


@pytest.fixture
def catalog(lake, frazil) -> pathlib.Path:
    """A script of a catalog alone, for queries."""
    lake.catalog().create_namespace_if_not_exists("db")
    return script.write(frazil.folder, lake.ddl())


def ask(frazil, catalog, sql: str, *arguments: object) -> str:
    return frazil.ok("query", "--script", catalog, sql, *arguments)


def objects(text: str) -> list[dict]:
    """The rows, with decimals read as they are written."""
    return [json.loads(line, parse_float=decimal.Decimal) for line in text.splitlines()]


# --- JSON -----------------------------------------------------------------------------------------


def test_json_gives_each_value_its_own_type(catalog, lake, frazil):
    rows = pyarrow.table(
        {
            "id": pyarrow.array([9007199254740993, None], pyarrow.int64()),
            "ok": [True, None],
            "word": ['a "b"\n', None],
            "price": pyarrow.array(
                [decimal.Decimal("1234567890123456789012345678.10"), None],
                pyarrow.decimal128(38, 2),
            ),
            "real": [float("nan"), float("-inf")],
            "day": pyarrow.array([datetime.date(2026, 1, 2), None]),
            "t": pyarrow.array([datetime.time(1, 2, 3, 4), None], pyarrow.time64("us")),
            "moment": pyarrow.array(
                [datetime.datetime(2026, 1, 2, 3, 4, 5, 600), None], pyarrow.timestamp("us", "UTC")
            ),
            "local": pyarrow.array(
                [datetime.datetime(2026, 1, 2, 3, 4, 5), None], pyarrow.timestamp("us")
            ),
            "b": pyarrow.array([b"\x00\xff", None], pyarrow.binary()),
            "geo": pyarrow.array(
                [{"x": 1, "names": ["n", None]}, None],
                pyarrow.struct([("x", pyarrow.int32()), ("names", pyarrow.list_(pyarrow.string()))]),
            ),
            "props": pyarrow.array(
                [[("k", 1), ("l", None)], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())
            ),
        }
    )
    lake.create("kinds", rows.schema).append(rows)

    first, second = objects(
        ask(frazil, catalog, "SELECT * FROM lake.db.kinds ORDER BY id", "--output", "json")
    )
    assert first == {
        "id": 9007199254740993,
        "ok": True,
        "word": 'a "b"\n',
        "price": decimal.Decimal("1234567890123456789012345678.10"),
        "real": "NaN",
        "day": "2026-01-02",
        "t": "01:02:03.000004",
        "moment": "2026-01-02T03:04:05.000600Z",
        "local": "2026-01-02T03:04:05",
        "b": "AP8=",
        "geo": {"x": 1, "names": ["n", None]},
        "props": {"k": 1, "l": None},
    }
    assert second == dict.fromkeys(first) | {"real": "-Infinity"}


def test_json_of_what_no_table_holds(catalog, frazil):
    (row,) = objects(
        ask(
            frazil,
            catalog,
            "SELECT sum(range) AS total, 1 AS a, 2 AS a, INTERVAL 3 DAY AS wait,"
            " MAP {DATE '2026-01-02': [1, 2]} AS days, 1.50 AS price, NULL AS nothing"
            " FROM range(4)  -- a comment",
            "--output",
            "json",
        )
    )
    assert row == {
        "total": 6,
        "a": 1,
        "a_1": 2,
        "wait": "3 days",
        "days": {"2026-01-02": [1, 2]},
        "price": decimal.Decimal("1.50"),
        "nothing": None,
    }
    assert ask(frazil, catalog, "SELECT 1 AS a WHERE false", "--output", "json") == ""


def test_of_columns_of_one_name_the_later_ones_are_numbered(tables, catalog, frazil):
    assert objects(ask(frazil, catalog, "SELECT id, id FROM lake.db.events", "--output", "json")) == [
        {"id": 0, "id_1": 0}
    ]
    (row,) = objects(
        ask(frazil, catalog, "SELECT 1 AS a, 2 AS a_1, 3 AS a, 4 AS A, 5 AS a", "--output", "json")
    )
    assert list(row.values()) == [1, 2, 3, 4, 5]
    assert len(row) == 5


# --- CSV ------------------------------------------------------------------------------------------


def test_csv_tells_a_null_from_an_empty_text(catalog, frazil):
    sql = """SELECT '' AS a, NULL AS b, 'x' AS c, ',' AS d, 'q"' AS "e,f" """
    assert ask(frazil, catalog, sql, "--output", "csv") == 'a,b,c,d,"e,f"\n"",,x,",","q"""\n'


# --- Terminals ------------------------------------------------------------------------------------


def test_nothing_in_the_data_commands_a_terminal(catalog, frazil):
    evil = "chr(27) || ']0;title' || chr(7) || 'a' || chr(10) || chr(13) || chr(155) || chr(8238)"
    shown = r"\u001b]0;title\u0007a\n\r\u009b\u202e"
    boxed = ask(frazil, catalog, f'SELECT {evil} AS "n\x1b[2J"').splitlines()
    assert [line.rstrip() for line in boxed] == [
        r"n\u001b[2J",
        "-" * len(shown),
        shown,
        "(1 row)",
    ]
    written = ask(frazil, catalog, f"SELECT {evil} AS n", "--output", "json")
    assert written.rstrip("\n").isprintable()
    assert json.loads(written) == {"n": "\x1b]0;title\x07a\n\r\x9b\u202e"}

    done = frazil.run("query", "--script", catalog, f"SELECT CAST({evil} AS INT) AS n")
    assert done.returncode != 0
    assert r"\u001b]0;title\u0007" in done.stderr
    done = frazil.run("query", "--script", catalog, 'SELECT "no\x1b[2J"')
    assert "\x1b" not in done.stderr and r"\u001b[2J" in done.stderr


# --- Errors ---------------------------------------------------------------------------------------


def remove(path: pathlib.Path) -> None:
    path.unlink()


def cut(path: pathlib.Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def spoil(path: pathlib.Path) -> None:
    """Other bytes where the values are; the footer is whole."""
    old = path.read_bytes()
    path.write_bytes(old[:4] + b"\xff" * 512 + old[516:])


@pytest.mark.parametrize("codec", ["zstd", "uncompressed"])
@pytest.mark.parametrize(
    ("damage", "said"), [(remove, "is missing"), (cut, "is damaged"), (spoil, "is damaged")]
)
@pytest.mark.parametrize("output", ["box", "csv", "json"])
def test_a_damaged_data_file_is_named(lake, catalog, frazil, codec, damage, said, output):
    rows = pyarrow.table({"id": [str(n * 7919) for n in range(5000)]})
    made = lake.create(
        "events", rows.schema, properties={"write.parquet.compression-codec": codec}
    )
    for _ in range(3):
        made.append(rows)
    location = lake.table("events").inspect.files()["file_path"].to_pylist()[1]
    damage(pathlib.Path(path_of(location)))

    done = frazil.run(
        *("query", "--script", catalog, "--output", output),
        "SELECT max(id) FROM lake.db.events WHERE id <> ''",
    )
    assert done.returncode == 7, done.stderr
    assert f"lake.db.events: a data file of the snapshot {said}" in done.stderr
    assert "; restore it, or roll the table back to a snapshot that is whole: " in done.stderr
    assert location in done.stderr
    assert "read_parquet" not in done.stderr and "VIEW" not in done.stderr


@pytest.mark.parametrize("output", ["box", "csv", "json"])
def test_a_query_whose_values_fail_is_wrong_itself(tables, catalog, frazil, output):
    for sql in (
        "SELECT CAST('a' AS INT)",
        "SELECT CAST('a' || id AS INT) FROM lake.db.events",
        "SELECT error('no such luck') FROM lake.db.events",
    ):
        done = frazil.run("query", "--script", catalog, "--output", output, sql)
        assert done.returncode == 2, done.stderr


def test_a_query_that_needs_too_much_memory_is_told_what_it_may_use(catalog, frazil):
    done = frazil.run(
        *("query", "--script", catalog),
        "SELECT max(len(l)) FROM (SELECT list(range) AS l FROM range(400000000))",
        seconds=300,
    )
    assert done.returncode == 2, done.stderr
    assert "Out of Memory" in done.stderr and "a query may use 1024 MiB" in done.stderr
    assert "memory.limit" not in done.stderr and "SET " not in done.stderr


# --- Statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE lake.db.events", "frazil query only reads, and DROP is no query: tables are made"),
        ("COPY lake.db.events TO 'x.csv'", "--output csv > file.csv"),
        ("ATTACH 'x.db'", "--script or --catalog"),
        ("EXPLAIN SELECT 1", "only SELECT is answered"),
        ("SELECT 1; DROP TABLE lake.db.events", "several statements"),
        ("-- nothing", "the query is empty"),
        ("SHOW CREATE TABLE lake.db.events", "DESCRIBE lists a table's columns"),
    ],
)
def test_what_is_no_query_is_refused_in_words_of_a_user(tables, catalog, frazil, sql, said):
    done = frazil.run("query", "--script", catalog, sql)
    assert done.returncode == 2
    assert said in done.stderr
    assert ask(frazil, catalog, "SELECT id FROM lake.db.events", "--output", "csv") == "id\n0\n"


def test_tables_and_their_columns_can_be_asked_for(tables, lake, catalog, frazil):
    def rows(sql: str) -> list[tuple]:
        return [tuple(row.values()) for row in objects(ask(frazil, catalog, sql, "--output", "json"))]

    assert rows("SHOW CATALOGS;") == [("lake",)]
    assert rows("SHOW DATABASES") == [("lake", "db"), ("lake", "other")]
    everything = [("lake", "db", "events"), ("lake", "db", "odd-name"), ("lake", "other", "events")]
    assert sorted(rows("SHOW TABLES")) == everything
    for name in ("other", "lake.other", "LAKE.Other"):
        assert rows(f"SHOW TABLES FROM {name} -- there") == everything[2:]
    assert ask(frazil, catalog, "SHOW TABLES IN lake").splitlines()[-1] == "(3 rows)"
    missing = frazil.run("query", "--script", catalog, "SHOW TABLES FROM nowhere")
    assert missing.returncode == 3 and "no such database: nowhere" in missing.stderr

    frazil.ok(
        "run",
        script.write(
            frazil.folder,
            lake.ddl(),
            "CREATE TABLE g (id BIGINT, moment TIMESTAMP_LTZ(6)) WITH ('connector'='datagen', 'number-of-rows'='1');\n",
            script.target(
                "made",
                "id BIGINT NOT NULL, moment TIMESTAMP_LTZ(6) COMMENT 'when, as \u00bbit\u00ab was'",
                "day(moment), bucket(4, id)",
            ),
            "INSERT INTO lake.db.made SELECT id, moment FROM g;\n",
            name="made.sql",
        ),
    )
    for statement in ("DESCRIBE lake.db.made", "DESC TABLE lake.db.made"):
        assert rows(statement) == [
            ("id", "BIGINT", "long", "NO", "bucket[4]", ""),
            ("moment", "TIMESTAMP WITH TIME ZONE", "timestamptz", "YES", "day", "when, as \u00bbit\u00ab was"),
        ]  # fmt: skip
    assert rows("DESCRIBE SELECT id FROM lake.db.made")[0][:2] == ("id", "BIGINT")
    missing = frazil.run("query", "--script", catalog, "DESCRIBE lake.db.mde")
    assert missing.returncode == 3 and "did you mean made?" in missing.stderr


def test_a_script_and_a_catalog_exclude_each_other(catalog, lake, frazil):
    database = f"sqlite:///{lake.database}"
    for arguments in (("--catalog", database), ("--warehouse", lake.warehouse), ("--catalog-name", "x")):
        done = frazil.run("query", "--script", catalog, "SELECT 1", *arguments)
        assert done.returncode == 2, done
        assert "--catalog" in done.stderr


# --- Many rows ------------------------------------------------------------------------------------


def test_a_box_says_how_many_rows_it_leaves_out(catalog, frazil):
    shown = ask(frazil, catalog, "SELECT range AS n FROM range(12345)").splitlines()
    assert shown[:3] == ["n", "----", "0"]
    assert len(shown) == 2 + 10_000 + 1
    assert shown[-1] == "… 2345 more rows; use --output csv|json or LIMIT"
    assert ask(frazil, catalog, "SELECT range AS n FROM range(10000)").splitlines()[-1] == (
        "(10000 rows)"
    )


def test_csv_and_json_leave_nothing_out(catalog, frazil):
    sql = "SELECT range AS n FROM range(30000)"
    assert ask(frazil, catalog, sql, "--output", "csv").split() == ["n", *map(str, range(30_000))]
    answer = objects(ask(frazil, catalog, sql, "--output", "json"))
    assert [row["n"] for row in answer] == list(range(30_000))


# --- Ended early ----------------------------------------------------------------------------------


def takes_signals_itself(pid: int) -> bool:
    """Whether SIGINT and SIGTERM no longer end it at once. The start of a thread blocks all signals
    for a moment: that does not count."""
    asked = {number: 1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigBlk:"):
            blocked = int(line.split()[1], 16) & sum(asked.values())
            return blocked == asked[signal.SIGINT] | asked[signal.SIGTERM]
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_query_at_once(catalog, frazil, number):
    running = frazil.start("query", "--script", catalog, EVER)
    until(lambda: takes_signals_itself(running.process.pid), "the start", context=running.tail)
    running.process.send_signal(number)
    assert running.exit_code() == 130
    assert running.output() == "frazil: stopped by a signal before the end\n"


def without_reader(frazil, *arguments: object) -> subprocess.CompletedProcess:
    """Runs it with a standard output that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [str(frazil.program), *map(str, arguments)],
            cwd=frazil.folder,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(writing)


def test_a_reader_that_leaves_ends_each_command_without_a_word(catalog, lake, frazil):
    file = script.write(
        frazil.folder,
        script.set_all(script.QUICK | {"pipeline.name": "copy"}),
        lake.ddl(),
        "CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen', 'number-of-rows'='3');\n",
        script.target("events", "id BIGINT"),
        "INSERT INTO lake.db.events SELECT CAST(CAST(id AS VARCHAR) || 'x' AS BIGINT) FROM numbers;\n",
        name="letters.sql",
    )
    frazil.ok("run", file)
    rows = "SELECT range AS n FROM range(1000000000000)"
    for arguments in (
        *(("query", "--script", catalog, rows, "--output", form) for form in ("csv", "json")),
        ("query", "--script", catalog, "SELECT range AS n FROM range(10)"),
        ("dead-letters", "list", file),
        ("dead-letters", "show", file),
        ("ledger", "show", file),
        ("check", file),
        ("version",),
    ):
        done = without_reader(frazil, *arguments)
        assert (done.returncode, done.stderr) == (141, ""), arguments


def test_an_answer_that_cannot_be_written_is_an_error(catalog, frazil):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [str(frazil.program), "query", "--script", str(catalog), "SELECT 1 AS a"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert done.returncode == 4
    assert done.stderr == "frazil: cannot write to standard output: No space left on device\n"


# --- Names ----------------------------------------------------------------------------------------


@pytest.fixture
def tables(lake):
    """One row in lake.db.events, lake.other.events and lake.db."odd-name"."""
    for number, (namespace, name) in enumerate(
        [("db", "events"), ("other", "events"), ("db", "odd-name")]
    ):
        rows = pyarrow.table({"id": pyarrow.array([number], pyarrow.int64())})
        catalog = lake.catalog()
        catalog.create_namespace_if_not_exists(namespace)
        catalog.create_table(f"{namespace}.{name}", schema=rows.schema).append(rows)


def test_names_mean_what_they_mean_at_the_end_of_the_script(tables, lake, frazil):
    file = script.write(frazil.folder, lake.ddl(), "USE lake.other;\nUSE lake.db;\n")

    def one(sql: str) -> str:
        return ask(frazil, file, sql, "--output", "csv").split()[1]

    assert one("SELECT id FROM events") == "0"
    assert one("SELECT id FROM other.events") == "1"
    assert one("SELECT id FROM lake.other.events") == "1"
    assert one("SELECT id FROM LAKE.other.events") == "1"
    assert one('SELECT id FROM "odd-name"') == "2"
    assert one('SELECT id FROM lake.db."odd-name"') == "2"
    assert one("SELECT sum(e.id + o.id) AS n FROM events e, other.events o, lake.db.events") == "1"
    assert one("WITH events AS (SELECT 7 AS id) SELECT id FROM events") == "7"
    assert one("SELECT count(*) AS n FROM information_schema.tables WHERE table_name = 'x'") == "0"


def test_the_name_of_an_iceberg_table_of_the_script_is_that_table(tables, lake, frazil):
    file = script.write(
        frazil.folder,
        "CREATE TABLE shop (id BIGINT) WITH ('connector'='iceberg', 'catalog-name'='lake',"
        f" 'catalog-type'='sql', 'uri'='sqlite:///{lake.database}', 'warehouse'='{lake.warehouse}',"
        " 'catalog-database'='other', 'catalog-table'='events');\n",
    )
    assert ask(frazil, file, "SELECT id FROM shop", "--output", "csv") == "id\n1\n"


def test_a_catalog_that_is_named_alone_needs_no_naming(tables, lake, frazil):
    answer = frazil.ok(
        *("query", "--catalog", f"sqlite:///{lake.database}", "--warehouse", lake.warehouse),
        *("SELECT id FROM other.events", "--output", "csv"),
    )
    assert answer == "id\n1\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM evnets", "no such table: lake.db.evnets; did you mean events?"),
        ("SELECT * FROM other.evnts", "no such table: lake.other.evnts; did you mean events?"),
        ("SELECT * FROM laek.db.events", "no such table: laek.db.events; tables are named"),
    ],
)
def test_a_table_that_is_not_there_is_said_in_terms_of_the_catalog(tables, lake, frazil, sql, said):
    file = script.write(frazil.folder, lake.ddl(), "USE lake.db;\n")
    done = frazil.run("query", "--script", file, sql)
    assert done.returncode == 3
    assert said in done.stderr


def test_without_use_a_short_name_is_told_the_long_form(tables, catalog, frazil):
    done = frazil.run("query", "--script", catalog, "SELECT * FROM events")
    assert done.returncode == 3
    assert done.stderr == (
        "frazil: no such table: events; tables are named catalog.namespace.table, and there is"
        " the catalog lake\n"
    )
    assert "foo" in frazil.run("query", "--script", catalog, "SELECT foo FROM lake.db.events").stderr


def test_a_namespace_of_several_levels_is_one_name_in_quotes(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, ['{"id": 1}', "no json"])
    text = script.copying(lake, kafka.bootstrap, name).replace("lake.db", "lake.a.b")
    file = script.write(frazil.folder, text)
    frazil.ok("run", file)

    assert ask(frazil, file, 'SELECT id FROM lake."a.b".events', "--output", "csv") == "id\n1\n"
    assert "id" in ask(frazil, file, "DESCRIBE lake.a.b.events")
    wrong = frazil.run("query", "--script", file, "SELECT id FROM lake.a.b.events")
    assert wrong.returncode == 2
    assert 'lake."a.b".t' in wrong.stderr
    assert "1 waiting" in frazil.ok("dead-letters", "list", file)
    assert "no json" in frazil.ok("dead-letters", "show", file, "1")


@pytest.mark.parametrize(
    "arguments", [("sqlite:///nope.db",), ("/no/such/place", "--catalog-type", "hadoop")]
)
def test_a_catalog_that_is_not_there_is_no_empty_one(frazil, arguments):
    done = frazil.run("query", "SHOW TABLES", "--catalog", *arguments)
    assert done.returncode == 3
    assert f"there is no catalog {arguments[0]}" in done.stderr
