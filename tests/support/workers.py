"""Workers of a pipeline over topics whose records are {"id": n}, in the tests of whole runs."""

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until

STATIC = script.FROM_START | {"scan.assignment": "static"}


def produce_ids(kafka, topic: str, ids, **options) -> None:
    kafka.produce_json(topic, [{"id": n} for n in ids], **options)


def start(frazil, *parts: str, **environment: str):
    return frazil.start("run", script.write(frazil.folder, *parts), **environment)


def run(frazil, *parts: str):
    return frazil.run("run", script.write(frazil.folder, *parts))


def stop(worker) -> None:
    worker.process.terminate()
    assert worker.exit_code() == 0, worker.tail()


def start_and_read(kafka, lake, frazil, name: str, text: str, count: int = 10):
    """A worker that has committed the first records of its topic, ids from 0."""
    produce_ids(kafka, name, range(count))
    worker = start(frazil, text)
    until(lambda: lake.count("events") == count, "the first rows", context=worker.tail)
    return worker


def assert_the_rest_is_read(kafka, lake, frazil, name: str) -> None:
    """By a run to the end of the topic, after which each of its records is one row."""
    done = run(frazil, script.copying(lake, kafka.bootstrap, name))
    assert done.returncode == 0, done.stderr
    assert_exactly_once(lake, "events", held(kafka, name))
