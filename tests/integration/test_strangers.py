"""Two pipelines of one name that fill different tables: one must not take the other's records."""

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until
from support.workers import produce_ids, start_and_read, stop

OTHERS = "id BIGINT, part INT, pos BIGINT"


def texts(kafka, lake, topic: str) -> tuple[str, str]:
    """The same but for the table."""
    one = script.set_all({"pipeline.name": "same"}) + script.copying(
        lake, kafka.bootstrap, topic, script.FROM_START
    )
    return one, one.replace("lake.db.events", "lake.db.others")


def write(frazil, name: str, text: str):
    return script.write(frazil.folder, text, name=name)


def test_the_second_one_is_refused_and_the_first_goes_on(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    one, two = texts(kafka, lake, name)
    worker = start_and_read(kafka, lake, frazil, name, one)

    done = frazil.run("run", write(frazil, "two.sql", two))

    assert done.returncode == 2, done.stderr
    for text in ("another pipeline", "'same'", "frazil-", "pipeline.name"):
        assert text in done.stderr, done.stderr
    produce_ids(kafka, name, range(10, 20))
    until(lambda: lake.count("events") == 20, "all rows", context=worker.tail)
    stop(worker)
    assert_exactly_once(lake, "events", held(kafka, name))


def test_one_that_was_killed_is_no_reason_to_refuse(kafka, topic, lake, frazil):
    name = topic(partitions=2)
    one, two = texts(kafka, lake, name)
    start_and_read(kafka, lake, frazil, name, one).process.kill()

    other = frazil.start("run", write(frazil, "two.sql", two))

    until(lambda: lake.count("others") == 10, "all rows", context=other.tail)
    stop(other)
    assert "another pipeline is in the group" in other.output()
    assert_exactly_once(lake, "others", held(kafka, name))
