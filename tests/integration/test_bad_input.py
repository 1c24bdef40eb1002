"""What goes wrong outside: each has a message that helps, and an exit code that is documented."""

import contextlib
import ctypes
import os
import pathlib
import resource
import subprocess

import pytest

from servers.process import Server, free_ports
from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

STATIC = script.FROM_START | {"scan.assignment": "static"}


def run(frazil, *parts: str, seconds: float = 60):
    return frazil.run("run", script.write(frazil.folder, *parts), seconds=seconds)


def assert_fails(done, code: int, *texts: str) -> None:
    assert done.returncode == code, f"{done.returncode}, not {code}\n{done.stderr}"
    for text in texts:
        assert text in done.stderr, f"{text!r} is not in:\n{done.stderr}"
    assert "Traceback" not in done.stderr and "terminate called" not in done.stderr


# --- Scripts --------------------------------------------------------------------------------------

WRONG_SCRIPTS = {
    "unknown setting": (("commit.interval", "commit.intervall"), "did you mean", "commit.interval"),
    "unknown source option": (("scan.startup.mode", "scan.startup.mod"), "scan.startup.mode"),
    "wrong value": (("earliest-offset", "earliest"), "earliest-offset"),
    "wrong duration": (("300 ms", "300 apples"), "300 apples"),
    "unknown column": (("SELECT id,", "SELECT idd,"), "idd"),
    "unknown function": (("SELECT id,", "SELECT no_such_function(id),"), "no_such_function"),
    "unknown source": (("FROM events", "FROM evnts"), "evnts", "events"),
    "unknown target": (("INTO lake.db.events", "INTO lake.db.event"), "lake.db.events"),
    "unknown catalog": (("INTO lake.db.events", "INTO lack.db.events"), "lack"),
    "wrong type": (("SELECT id,", "SELECT [id],"), "id"),
    "too few columns": (("SELECT id, part, pos", "SELECT id, part"), "3"),
    "unknown type": (("(id BIGINT, part INT METADATA", "(id BIGINTT, part INT METADATA"), "BIGINT"),
    "unknown metadata": (("FROM 'offset'", "FROM 'ofset'"), "offset"),
    "unknown format": (("'json'", "'jsn'"), "json"),
    "unknown connector": (("'connector' = 'kafka'", "'connector' = 'kafkaa'"), "kafka"),
    "refused property": (
        ("'format'", "'properties.interceptor.classes' = 'a.B',\n  'format'"),
        "interceptor",
    ),
    "unknown property": (
        ("'format'", "'properties.fetch.min.bites' = '1',\n  'format'"),
        "fetch.min.bytes",
    ),
    "unknown catalog type": (("'catalog-type'='sql'", "'catalog-type'='sqll'"), "sql"),
    "dead letters into the topic that is read": (
        ("SET 'commit.interval'", "SET 'dead-letters' = 'topic:topic';\nSET 'commit.interval'"),
        "where the dead letters go",
    ),
    "no end": (("FROM events;", "FROM events WHERE (id > 0;"), ""),
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("what", WRONG_SCRIPTS)
def test_a_wrong_script_is_refused_with_its_place(lake, frazil, what, command):
    (right, wrong), *texts = WRONG_SCRIPTS[what]
    text = script.copying(lake, "127.0.0.1:1", "topic")
    assert right in text
    file = script.write(frazil.folder, text.replace(right, wrong, 1))

    done = frazil.run(command, file)

    assert_fails(done, 2, "pipeline.sql:", "^", *texts)
    assert not lake.warehouse.exists() and not lake.database.exists()


def test_a_missing_file_and_a_missing_command_are_told(frazil):
    assert_fails(frazil.run("run", "no-such.sql"), 3, "no-such.sql")
    assert_fails(frazil.run("run"), 2, "file")
    assert_fails(frazil.run("runn", "x.sql"), 2)
    assert_fails(frazil.run("run", "x.sql", "--log-format", "xml"), 2, "log-format")


def test_an_unset_variable_is_told(lake, frazil):
    text = script.copying(lake, "${FRAZIL_TEST_UNSET}", "topic")
    assert_fails(run(frazil, text), 2, "FRAZIL_TEST_UNSET", "pipeline.sql:")


def test_secrets_are_not_shown(lake, frazil):
    options = script.BOUNDED | {"properties.sasl.password": "geheim123"}
    file = script.write(frazil.folder, script.copying(lake, "127.0.0.1:1", "topic", options))
    shown = frazil.run("check", file)
    assert "properties.sasl.password" in shown.stdout
    assert "geheim123" not in shown.stdout + shown.stderr


# --- Kafka ----------------------------------------------------------------------------------------


def test_a_broker_that_does_not_answer_is_told(lake, frazil):
    (port,) = free_ports(1)
    server = f"127.0.0.1:{port}"
    done = run(frazil, script.copying(lake, server, "topic"))
    assert_fails(done, 4, server)


def test_a_missing_topic_is_told_with_one_that_is_there(kafka, topic, lake, frazil):
    name = topic()
    wrong = name[:-1] + "x"
    done = run(frazil, script.copying(lake, kafka.bootstrap, wrong))
    assert_fails(done, 3, f"'{wrong}'", kafka.bootstrap, name)
    assert not lake.catalog().list_namespaces(), "a start that is refused has left tables behind"


def dead_letters_to(name: str) -> str:
    return script.set_all({"dead-letters": f"topic:{name}"})


def test_a_missing_topic_for_dead_letters_is_told_before_anything_is_read(
    kafka, topic, lake, frazil
):
    source, letters = topic(), topic()
    wrong = f"{letters}x"
    kafka.produce(source, ["no json"])
    text = script.copying(lake, kafka.bootstrap, source)
    done = run(frazil, dead_letters_to(wrong), text)
    assert_fails(done, 3, "'dead-letters'", f"'{wrong}'", kafka.bootstrap, letters)
    assert " reading " not in done.stderr, done.stderr
    done = run(frazil, dead_letters_to(letters), text)
    assert done.returncode == 0, done.stderr
    assert kafka.offsets(letters) == {0: (0, 1)}


def test_a_topic_for_dead_letters_that_the_broker_makes_is_no_error(own_kafka, lake, frazil):
    with (own_kafka.folder / "server.properties").open("a") as settings:
        settings.write("auto.create.topics.enable=true\n")
    own_kafka.restart()
    source = own_kafka.create_topic("source")
    own_kafka.produce_json(source, [{"id": 1}])
    text = dead_letters_to("letters") + script.copying(lake, own_kafka.bootstrap, source)
    done = run(frazil, text)
    assert done.returncode == 0, done.stderr
    own_kafka.produce(source, ["no json"])
    done = run(frazil, text)
    assert done.returncode == 0, done.stderr
    assert own_kafka.offsets("letters") == {0: (0, 1)}


def test_a_partition_that_is_not_there_is_told(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    options = {
        "scan.startup.mode": "specific-offsets",
        "scan.startup.specific-offsets": "partition:5,offset:0",
    }
    assert_fails(run(frazil, script.copying(lake, kafka.bootstrap, name, options)), 2, "partition 5")


# --- Catalogs and tables --------------------------------------------------------------------------


def test_a_catalog_file_that_is_none_is_told(kafka, topic, lake, frazil):
    name = topic()
    lake.database.write_text("this is no database, only text\n" * 100)
    before = lake.database.read_bytes()
    done = run(frazil, script.copying(lake, kafka.bootstrap, name))
    assert_fails(done, 7, str(lake.database), "SQLite")
    assert lake.database.read_bytes() == before


def test_broken_table_metadata_is_told(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    location = lake.table("events").metadata_location
    file = pathlib.Path(location.removeprefix("file://"))
    file.write_bytes(file.read_bytes()[:-20])
    assert_fails(run(frazil, text), 7, file.name)


def test_missing_table_metadata_is_told(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    location = lake.table("events").metadata_location
    file = pathlib.Path(location.removeprefix("file://"))
    file.unlink()
    done = run(frazil, text)
    assert done.returncode in (3, 7), done.stderr
    assert file.name in done.stderr


def test_a_table_of_another_schema_is_refused(kafka, topic, lake, frazil):
    from pyiceberg.schema import Schema
    from pyiceberg.types import IntegerType, LongType, NestedField

    name = topic()
    lake.create(
        "events",
        Schema(
            NestedField(1, "identity", LongType()),
            NestedField(2, "part", IntegerType()),
            NestedField(3, "pos", LongType()),
            NestedField(4, "more", LongType()),
        ),
    )
    assert_fails(run(frazil, script.copying(lake, kafka.bootstrap, name)), 2, "pipeline.sql:", "4")


def test_a_required_column_that_an_insert_leaves_out_is_refused(kafka, topic, lake, frazil):
    from pyiceberg.schema import Schema
    from pyiceberg.types import LongType, NestedField

    name = topic()
    lake.create(
        "events",
        Schema(
            NestedField(1, "id", LongType()), NestedField(2, "must", LongType(), required=True)
        ),
    )
    text = script.copying(lake, kafka.bootstrap, name).replace(
        "INTO lake.db.events SELECT id, part, pos", "INTO lake.db.events (id) SELECT id"
    )
    assert_fails(run(frazil, text), 2, "must", "pipeline.sql:")


def test_a_table_that_another_pipeline_fills_from_this_topic_is_refused(
    kafka, topic, lake, frazil
):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, script.set_all({"pipeline.name": "one"}), text).returncode == 0
    before = lake.catalog().list_tables("db")
    done = run(frazil, script.set_all({"pipeline.name": "two"}), text)
    assert_fails(done, 2, "'one'", name, "allow-shared-topics")
    assert lake.catalog().list_tables("db") == before


# --- The machine ----------------------------------------------------------------------------------

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


def _without_privileges() -> None:
    """Root is held to permissions like everybody else."""
    libc = ctypes.CDLL(None)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def run_unprivileged(frazil, *parts: str):
    return subprocess.run(
        [str(frazil.program), "run", str(script.write(frazil.folder, *parts))],
        cwd=frazil.folder,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=_without_privileges,
    )


@contextlib.contextmanager
def read_only(folder: pathlib.Path):
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def test_a_warehouse_that_may_not_be_written_is_told(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": n} for n in range(10)])
    text = script.copying(lake, kafka.bootstrap, name)
    lake.warehouse.mkdir()
    with read_only(lake.warehouse):
        done = run_unprivileged(frazil, text)
    assert_fails(done, 4, str(lake.warehouse), "ermission")
    assert run(frazil, text).returncode == 0
    assert_exactly_once(lake, "events", held(kafka, name))


def test_a_catalog_that_may_not_be_written_is_told(kafka, topic, lake, frazil):
    name = topic()
    text = script.copying(lake, kafka.bootstrap, name)
    assert run(frazil, text).returncode == 0
    kafka.produce_json(name, [{"id": n} for n in range(10)])
    lake.database.chmod(0o444)
    with read_only(lake.database.parent):
        done = subprocess.run(
            [str(frazil.program), "run", str(frazil.folder / "pipeline.sql")],
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=_without_privileges,
        )
    assert_fails(done, 4, str(lake.database))
    lake.database.chmod(0o644)
    assert run(frazil, text).returncode == 0
    assert_exactly_once(lake, "events", held(kafka, name))


class SmallDisk:
    """A file system of one megabyte at the folder; where mounting is not allowed, files that cannot
    grow past that."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = str(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._is_mounted = self._mount("size=1m")

    def _mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self._folder]
        return subprocess.run(command, capture_output=True).returncode == 0

    def start(self, frazil, *arguments: object) -> Server:
        if self._is_mounted:
            return frazil.start(*arguments)
        limited = ["sh", "-c", "trap '' XFSZ; ulimit -S -f 2000; exec \"$@\"", "sh"]
        command = [*limited, str(frazil.program), *map(str, arguments)]
        return Server("frazil", command, frazil.folder / "limited.log", cwd=frazil.folder)

    def grow(self, worker: Server) -> None:
        if self._is_mounted:
            assert self._mount("remount,size=64m")
            return
        (_, most) = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (most, most))

    def remove(self) -> None:
        if self._is_mounted:
            subprocess.run(["umount", "--lazy", self._folder], check=True)


@pytest.fixture
def small_disk(lake):
    disk = SmallDisk(lake.warehouse)
    yield disk
    disk.remove()


def test_a_full_disk_is_waited_out(kafka, topic, lake, frazil, small_disk):
    name = topic()
    noise = [os.urandom(400).hex() for _ in range(5000)]
    kafka.produce_json(name, [{"id": n, "text": text} for n, text in enumerate(noise)])
    text = (
        script.set_all(script.QUICK)
        + lake.ddl()
        + script.source(kafka.bootstrap, name, "id BIGINT, text STRING", STATIC)
        + script.target("events", "id BIGINT, text STRING, part INT, pos BIGINT")
        + "INSERT INTO lake.db.events SELECT id, text, part, pos FROM events;\n"
    )
    worker = small_disk.start(frazil, "run", script.write(frazil.folder, text))
    until(
        lambda: "No space left" in worker.output() or "File too large" in worker.output(),
        "the full disk",
        context=worker.tail,
    )
    assert lake.count("events") == 0
    assert worker.process.poll() is None

    small_disk.grow(worker)

    until(lambda: lake.count("events") == 5000, "room for all", 60, context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
    assert_exactly_once(lake, "events", held(kafka, name))
    assert not list(lake.warehouse.rglob("*.tmp"))


CLOCK_SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

/* Moves the wall clock by as many seconds as the file $FRAZIL_TEST_CLOCK says. */
static long Shift(void) {
  const char* path = getenv("FRAZIL_TEST_CLOCK");
  FILE* file = path == NULL ? NULL : fopen(path, "r");
  long seconds = 0;
  if (file == NULL) return 0;
  if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
  fclose(file);
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  int (*next)(clockid_t, struct timespec*) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = next(clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += Shift();
  return result;
}

int gettimeofday(struct timeval* time, void* zone) {
  int (*next)(struct timeval*, void*) = dlsym(RTLD_NEXT, "gettimeofday");
  int result = next(time, zone);
  time->tv_sec += Shift();
  return result;
}

/* Moments of the moved clock, told to a kernel that has the real one. */
int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                           const struct timespec* until) {
  int (*next)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*) =
      dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  struct timespec real = *until;
  if (real.tv_sec > 1000000000) real.tv_sec -= Shift();
  return next(cond, mutex, &real);
}
"""


def test_a_clock_that_steps_back_costs_nothing(kafka, topic, lake, frazil, tmp_path):
    source, shim, clock = tmp_path / "clock.c", tmp_path / "clock.so", tmp_path / "clock"
    source.write_text(CLOCK_SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    clock.write_text("0")
    name = topic(partitions=2)
    worker = frazil.start(
        "run",
        script.write(frazil.folder, script.copying(lake, kafka.bootstrap, name, STATIC)),
        LD_PRELOAD=str(shim),
        FRAZIL_TEST_CLOCK=str(clock),
    )
    kafka.produce_json(name, [{"id": n} for n in range(100)])
    until(lambda: lake.count("events") == 100, "the first rows", context=worker.tail)

    clock.write_text("-86400")
    kafka.produce_json(name, [{"id": n} for n in range(100, 200)])
    until(lambda: lake.count("events") == 200, "rows of yesterday", context=worker.tail)
    clock.write_text("86400")
    kafka.produce_json(name, [{"id": n} for n in range(200, 300)])
    until(lambda: lake.count("events") == 300, "rows of tomorrow", context=worker.tail)

    worker.process.terminate()
    assert worker.exit_code() == 0
    assert_exactly_once(lake, "events", held(kafka, name))
    # Readers trust the order of the log: a snapshot is never older than the one before.
    metadata = lake.metadata("events")
    times = [one["timestamp-ms"] for one in metadata["snapshot-log"]]
    assert times == sorted(times)
