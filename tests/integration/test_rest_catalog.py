"""Tables in a REST catalog: Iceberg's own server, a network that loses answers, and PyIceberg."""

import json
import ssl
import subprocess

import pyarrow
import pytest

from support import script, workers
from support.audit import assert_exactly_once, held
from support.kills import PARTITIONS, kill_at_random
from support.lossy_proxy import Fate, LossyProxy
from support.waiting import until


def run(frazil, *parts: str) -> None:
    done = workers.run(frazil, *parts)
    assert done.returncode == 0, done.stderr


def test_a_table_made_by_a_script_is_read_by_others(kafka, topic, rest_lake, frazil):
    name = topic(partitions=2)
    kafka.produce_json(name, [{"id": n, "kind": f"k{n % 3}"} for n in range(500)])
    text = (
        rest_lake.ddl()
        + script.source(kafka.bootstrap, name, "id BIGINT, kind STRING")
        + script.target(
            "events",
            "id BIGINT NOT NULL, kind STRING, part INT, pos BIGINT,"
            " more ROW<a INT, b ARRAY<STRING>>",
            "bucket(4, id), kind",
            "'write.parquet.compression-codec'='gzip'",
        )
        + "INSERT INTO lake.db.events SELECT id, kind, part, pos, NULL FROM events;\n"
    )

    run(frazil, text)
    run(frazil, text)

    assert_exactly_once(rest_lake, "events", held(kafka, name))
    table = rest_lake.table("events")
    assert [field.name for field in table.spec().fields] == ["id_bucket", "kind"]
    assert table.properties["write.parquet.compression-codec"] == "gzip"
    # As the server numbers columns: inner ones after all outer ones.
    assert table.schema().find_field("more.b.element").field_id == 8
    told = frazil.ok("query", "--script", "pipeline.sql", "--output", "json", "SHOW TABLES")
    tables = [json.loads(line)["table"] for line in told.splitlines()]
    assert tables == ["events", "lake_db_events_dead_letters"]
    by_hand = ["--catalog", rest_lake.uri, "--catalog-type", "rest", "--output", "json"]
    told = frazil.ok("query", *by_hand, "SELECT count(*) AS n FROM db.events")
    assert json.loads(told) == {"n": 500}


def test_pyiceberg_and_frazil_write_by_turns(kafka, topic, rest_lake, frazil):
    name = topic(partitions=2)
    schema = pyarrow.schema(
        [("id", pyarrow.int64()), ("part", pyarrow.int32()), ("pos", pyarrow.int64())]
    )
    rest_lake.create("events", schema)
    expected = []
    for turn in range(3):
        ids = range(turn * 100, turn * 100 + 50)
        workers.produce_ids(kafka, name, ids)
        run(frazil, script.copying(rest_lake, kafka.bootstrap, name))
        foreign = [{"id": 10_000 + turn, "part": None, "pos": None}]
        rest_lake.table("events").append(pyarrow.Table.from_pylist(foreign, schema))
        expected += [*ids, 10_000 + turn]
    assert [row["id"] for row in rest_lake.rows("events")] == sorted(expected)


def test_workers_that_race_and_are_killed_lose_and_double_nothing(
    kafka, topic, rest_lake, frazil
):
    name = topic(partitions=PARTITIONS)
    kill_at_random(kafka, name, rest_lake, frazil, kills=4, seed=7)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_in_the_middle_of_a_commit_costs_nothing(
    kafka, topic, rest_lake, faulty_frazil, moment
):
    name = topic(partitions=2)
    workers.produce_ids(kafka, name, range(300))
    text = script.copying(rest_lake, kafka.bootstrap, name)
    file = script.write(faulty_frazil.folder, text)

    done = faulty_frazil.run("run", file, FRAZIL_FAULTS=f"commit.swap.{moment}=kill@2")

    assert done.returncode == -9, done.stderr
    faulty_frazil.ok("run", file)
    assert_exactly_once(rest_lake, "events", held(kafka, name))


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.TRUNCATED])
def test_lost_answers_to_commits_neither_lose_nor_double(
    kafka, topic, rest_lake, rest_server, frazil, fate
):
    name = topic(partitions=2)
    workers.produce_ids(kafka, name, range(600))
    with LossyProxy(rest_server.port, lambda n: fate if n % 2 == 0 else Fate.HONEST) as proxy:
        text = script.copying(
            rest_lake.through(proxy.uri),
            kafka.bootstrap,
            name,
            settings={"commit.interval": "1 s", "commit.max-rows": "100"},
        )
        run(frazil, text)
        assert proxy.spoilt > 0
        # Nothing was sent twice of what had been done.
        snapshots = rest_lake.snapshots("events")
        done = proxy.commits - (proxy.spoilt if fate is Fate.LOST_BEFORE else 0)
        assert len(snapshots) == done
    assert_exactly_once(rest_lake, "events", held(kafka, name))


def test_a_server_that_is_killed_and_comes_back_is_waited_for(
    kafka, topic, rest_lake, rest_server, frazil
):
    name = topic(partitions=2)
    text = script.copying(rest_lake, kafka.bootstrap, name, script.FROM_START)
    worker = workers.start_and_read(kafka, rest_lake, frazil, name, text)

    rest_server.kill()
    workers.produce_ids(kafka, name, range(10, 200))
    until(lambda: "cannot reach the server" in worker.output(), "the outage", 60, worker.tail)
    rest_server.start()

    until(lambda: rest_lake.count("events") == 200, "the other rows", 60, worker.tail)
    workers.stop(worker)
    assert_exactly_once(rest_lake, "events", held(kafka, name))


def test_a_token_is_got_by_the_credential(rest_lake, rest_server, frazil):
    rest_lake.create("events", pyarrow.schema([("id", pyarrow.int64())]))
    lake = rest_lake.through(rest_server.uri, credential="me:geheim-4711", scope="all")
    file = script.write(frazil.folder, lake.ddl())
    query = "SELECT count(*) AS n FROM lake.db.events"
    told = frazil.ok("query", "--script", file, "--output", "json", query)
    assert json.loads(told) == {"n": 0}


def test_a_server_that_is_away_is_told_with_its_address(rest_lake, rest_server, frazil):
    lake = rest_lake.through(rest_server.uri, token="geheim-4711")
    file = script.write(frazil.folder, lake.ddl())
    rest_server.stop()
    done = frazil.run("query", "--script", file, "SELECT 1 FROM lake.db.events")
    assert done.returncode == 4, done.stderr
    assert rest_server.uri in done.stderr
    assert "geheim" not in done.stderr


def test_a_certificate_is_verified(rest_lake, rest_server, frazil, tmp_path):
    rest_lake.create("events", pyarrow.schema([("id", pyarrow.int64())]))
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
            *["-subj", "/CN=catalog", "-addext", "subjectAltName=IP:127.0.0.1"],
            *["-out", str(certificate), "-keyout", str(key)],
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    query = "SELECT count(*) AS n FROM lake.db.events"
    with LossyProxy(rest_server.port, tls=context) as proxy:
        stranger = script.write(frazil.folder, rest_lake.through(proxy.uri).ddl())
        done = frazil.run("query", "--script", stranger, query)
        assert done.returncode == 2, done.stderr
        assert "certificate" in done.stderr

        known = rest_lake.through(proxy.uri, **{"ssl.cabundle": str(certificate)})
        file = script.write(frazil.folder, known.ddl())
        told = frazil.ok("query", "--script", file, "--output", "json", query)
        assert json.loads(told) == {"n": 0}


def test_an_unknown_option_is_told_with_the_nearest_one(rest_lake, rest_server, frazil):
    lake = rest_lake.through(rest_server.uri, credentials="me:geheim-4711")
    file = script.write(frazil.folder, lake.ddl())
    done = frazil.run("check", file)
    assert done.returncode == 2, done.stderr
    assert "did you mean 'credential'?" in done.stderr
    assert "geheim" not in done.stderr
