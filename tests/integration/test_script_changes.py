"""Scripts that are edited between two runs: no table loses a row or gets one twice."""

from collections import Counter

import pytest

from support import script
from support.audit import assert_exactly_once, held

EVEN = "INSERT INTO lake.db.events SELECT id, part, pos FROM events WHERE id % 2 = 0;\n"
ALL = "INSERT INTO lake.db.others SELECT id, part, pos FROM events;\n"
ODD = "INSERT INTO lake.db.third SELECT id, part, pos FROM events WHERE id % 2 = 1;\n"
WANTS = {"events": lambda n: n % 2 == 0, "others": lambda n: True, "third": lambda n: n % 2 == 1}
COLUMNS = "id BIGINT, part INT, pos BIGINT"

LATEST = {"scan.startup.mode": "latest-offset", "scan.bounded.mode": "latest-offset"}


class Edited:
    """A pipeline over one topic whose ids are its offsets."""

    def __init__(self, kafka, topic: str, lake, frazil) -> None:
        self.kafka, self.topic, self.lake, self.frazil = kafka, topic, lake, frazil
        self.produced = 0

    def produce(self, count: int) -> None:
        first, self.produced = self.produced, self.produced + count
        self.kafka.produce_json(self.topic, [{"id": n} for n in range(first, self.produced)])

    def file(self, *inserts: str, options=script.BOUNDED):
        return script.write(
            self.frazil.folder,
            script.set_all({"pipeline.name": "edited"}),
            self.lake.ddl(),
            script.source(self.kafka.bootstrap, self.topic, options=options),
            *(script.target(name, COLUMNS) for name in WANTS),
            *inserts,
        )

    def run(self, *inserts: str, options=script.BOUNDED):
        done = self.frazil.run("run", self.file(*inserts, options=options))
        assert done.returncode == 0, done.stderr
        return done

    def assert_exactly_once(self, **begins: int) -> None:
        """Each of these tables has all that it wants from its first offset on."""
        places = held(self.kafka, self.topic)
        for table, begin in begins.items():
            wants = WANTS[table]
            wanted = {place: 1 for place in places if place[1] >= begin and wants(place[1])}
            assert_exactly_once(self.lake, table, Counter(wanted))

    def verify(self, *inserts: str) -> int:
        done = self.frazil.run("verify", self.file(*inserts))
        print(done.stdout, done.stderr)
        return done.returncode


@pytest.fixture
def edited(kafka, topic, lake, frazil):
    return Edited(kafka, topic(), lake, frazil)


def test_the_first_insert_goes_and_comes_back(edited):
    edited.produce(100)
    edited.run(EVEN, ALL)
    edited.produce(50)
    edited.run(ALL)
    edited.assert_exactly_once(others=0)
    assert edited.verify(ALL) == 0
    edited.produce(50)
    edited.run(ALL, EVEN)
    edited.assert_exactly_once(events=0, others=0)
    assert edited.verify(ALL, EVEN) == 0


def test_with_latest_nothing_between_two_runs_is_lost(edited):
    edited.produce(10)
    edited.run(EVEN, ALL, options=LATEST)
    edited.produce(30)
    edited.run(EVEN, ALL, options=LATEST)
    edited.produce(100)
    edited.run(ALL, options=LATEST)
    edited.produce(10)
    edited.run(ODD, ALL, EVEN, options=LATEST)
    # The third INSERT was never there before.
    edited.assert_exactly_once(events=10, others=10, third=140)


@pytest.mark.parametrize("order", [(EVEN, ALL), (ALL, EVEN)], ids=["same", "swapped"])
def test_a_dropped_table_takes_nothing_from_the_others(edited, order):
    edited.produce(100)
    edited.run(EVEN, ALL)
    edited.lake.catalog().drop_table("db.events")
    edited.produce(60)
    edited.run(*order, options=LATEST)
    edited.assert_exactly_once(events=100, others=0)
    assert edited.verify(*order) == 0


def test_an_insert_added_later_begins_where_the_pipeline_stands(edited):
    edited.produce(100)
    edited.run(ALL)
    done = edited.run(ALL, ODD)
    assert "db.third" in done.stderr and "where it stands" in done.stderr
    assert edited.verify(ALL, ODD) == 0
    edited.produce(50)
    edited.run(ALL, ODD)
    edited.assert_exactly_once(others=0, third=100)
    assert edited.verify(ALL, ODD) == 0


def test_a_source_that_is_read_no_more_leaves_nothing_to_verify(edited):
    edited.produce(20)
    second = script.source(edited.kafka.bootstrap, edited.topic, name="again")
    more = "INSERT INTO lake.db.others SELECT id, part, pos FROM again;\n"
    both = edited.run(
        script.set_all({"allow-shared-topics": "true"}), second, ALL, more
    )
    assert both.returncode == 0
    done = edited.frazil.run("verify", edited.file(ALL))
    assert done.returncode == 11, done.stdout
    assert "again" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [("verify",), ("ledger", "show"), ("dead-letters", "list"), ("dead-letters", "replay")],
    ids=" ".join,
)
def test_commands_that_look_at_a_pipeline_take_its_script_as_it_ran(edited, command):
    edited.produce(10)
    file = edited.file(ALL)
    file.write_text(file.read_text().replace("IF NOT EXISTS lake.db.others", "lake.db.others"))
    assert edited.frazil.run("run", file).returncode == 0
    done = edited.frazil.run(*command, file)
    assert done.returncode == 0, done.stderr
