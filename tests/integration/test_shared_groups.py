"""Several readers of one topic in one consumer group: none must take another's records."""

from support import script
from support.audit import assert_exactly_once, held
from support.waiting import until
from support.workers import produce_ids, start_and_read, stop

COLUMNS = "id BIGINT, part INT, pos BIGINT"


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


def test_two_sources_of_one_script_read_all_of_one_topic_each_time(kafka, topic, lake, frazil):
    """Also where both name one consumer group, which other engines read nothing into."""
    name = topic(partitions=4)
    options = script.FROM_START | {"properties.group.id": name}
    text = (
        script.set_all(script.QUICK)
        + lake.ddl()
        + "".join(
            script.source(kafka.bootstrap, name, options=options, name=source)
            + script.target(table, COLUMNS)
            + f"INSERT INTO lake.db.{table} SELECT id, part, pos FROM {source};\n"
            for source, table in (("one", "events"), ("two", "others"))
        )
    )
    for count in (20, 40):
        produce_ids(kafka, name, range(count - 20, count))
        worker = frazil.start("run", write(frazil, "both.sql", text))
        for table in ("events", "others"):
            until(lambda t=table: lake.count(t) == count, f"{count} rows", context=worker.tail)
        stop(worker)
    for table in ("events", "others"):
        assert_exactly_once(lake, table, held(kafka, name))
