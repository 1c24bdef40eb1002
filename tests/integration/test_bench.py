"""The end-to-end benchmark measures what it says, and sees rows that are not right."""

import dataclasses
import os
import sys
import time

import duckdb
import pytest
from support.waiting import until

from bench import measure, topic, trial
from bench.report import Entry, Report
from bench.run import Comparison
from bench.systems.frazil import Frazil, FrazilWithDuckDB

_BURN = """
import os, sys, time
def burn(cpu_seconds, name):
    end = time.process_time() + cpu_seconds
    while time.process_time() < end:
        pass
    with open(name + ".part", "w") as file:
        file.write(str(time.process_time()))  # since the process began
    os.rename(name + ".part", name)
"""


def _python(program: str, folder) -> measure.Tree:
    return measure.Tree.start([sys.executable, "-c", program], folder / "log", folder)


def test_cpu_time_includes_children_waited_for_and_orphans_once(tmp_path):
    measure.adopt_orphans()
    tree = _python(
        _BURN
        + """
if os.fork() == 0:  # is waited for
    burn(0.5, "child")
    os._exit(0)
os.wait()
if os.fork() == 0:
    if os.fork() == 0:  # has lost its parent
        os.setpgid(0, 0)
        burn(0.5, "orphan")
        os._exit(0)
    os._exit(0)
os.wait()
burn(0.5, "parent")
time.sleep(600)
""",
        tmp_path,
    )
    try:
        files = [tmp_path / one for one in ("child", "orphan", "parent")]
        for file in files:
            until(file.exists, file.name, context=(tmp_path / "log").read_text)
        said = sum(float(file.read_text()) for file in files)
        # Each is cut to hundredths, and ends a little after it has said how much it used; one that
        # is missing or counted twice makes half a second.
        assert abs(tree.sample(scan=True).cpu_seconds - said) < 0.4
    finally:
        tree.stop()


def test_memory_is_the_sum_over_processes_and_its_peak_stays(tmp_path):
    tree = _python(
        """
import os, time
is_child = os.fork() == 0
held = bytearray(b"x") * 60_000_000
open("child" if is_child else "parent", "w").close()
while not os.path.exists("free"):
    time.sleep(0.01)
del held
if not is_child:
    open("freed", "w").close()
time.sleep(600)
""",
        tmp_path,
    )
    try:
        for one in ("child", "parent"):
            until((tmp_path / one).exists, one, context=(tmp_path / "log").read_text)
        until(lambda: tree.sample(scan=True).peak_rss_bytes >= 120_000_000, "their sum")
        (tmp_path / "free").touch()
        until((tmp_path / "freed").exists, "less memory")
        usage = tree.sample(scan=True)
        assert usage.peak_rss_bytes >= 120_000_000
        assert 60_000_000 <= usage.largest_rss_bytes < 110_000_000
    finally:
        tree.stop()


def test_nothing_of_a_tree_is_left_after_its_stop(tmp_path):
    tree = _python(
        """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    time.sleep(600)
open("pid", "w").write(str(pid))
os.rename("pid", "child")
time.sleep(600)
""",
        tmp_path,
    )
    until((tmp_path / "child").exists, "the child")
    tree.stop(seconds=0.2)
    assert tree.process.returncode == -9
    until(lambda: not os.path.exists(f"/proc/{(tmp_path / 'child').read_text()}"), "its end")


_ROW = """(1, 'u', 'click', TIMESTAMPTZ '2026-01-01 00:00:00.001Z', 0.5,
  {'country': 'NO', 'city': 'Oslo', 'device': 'tv'}, MAP {'a': '1', 'b': '2'}, ['x', 'y'])"""
_OTHER = _ROW.replace("(1,", "(2,")


def _digest(*rows: str) -> topic.Digest:
    columns = ", ".join(topic.COLUMNS)
    return topic.Digest.of(duckdb.connect(), f"FROM (VALUES {', '.join(rows)}) t({columns})")


def test_the_digest_is_of_rows_in_any_order_and_of_maps_in_any_order():
    assert _digest(_ROW, _OTHER) == _digest(_OTHER, _ROW)
    turned = _ROW.replace("{'a': '1', 'b': '2'}", "{'b': '2', 'a': '1'}")
    assert turned != _ROW and _digest(turned) == _digest(_ROW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(1,", "(3,"),
        ("'u'", "'v'"),
        ("'click'", "NULL"),
        (".001Z", ".002Z"),
        ("0.5", "0.25"),
        ("'Oslo'", "'Bergen'"),
        ("'b': '2'", "'b': '3'"),
        ("['x', 'y']", "['y', 'x']"),
    ],
)
def test_the_digest_sees_a_change_of_any_column(old, new):
    changed = _ROW.replace(old, new)
    assert changed != _ROW
    assert _digest(changed).checksum != _digest(_ROW).checksum


def test_the_digest_sees_one_row_doubled_for_another():
    assert _digest(_ROW, _ROW) != _digest(_ROW, _OTHER)
    assert _digest(_ROW, _ROW).rows == 2


@pytest.fixture(scope="module")
def contents(kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("topic")
    topic.fill(kafka, os.environ["FRAZIL_BIN"], 20_000, folder / "produce.log")
    yield topic.read(kafka, folder)
    kafka.delete_topic(topic.NAME)


@pytest.mark.parametrize("system", [Frazil(), FrazilWithDuckDB()], ids=lambda one: one.name)
def test_a_system_is_run_and_its_rows_are_verified(kafka, contents, tmp_path, system):
    assert contents.digest.rows == 20_000
    assert 200 < contents.message_bytes < 300
    figures = trial.run(system, kafka, tmp_path, contents.digest, None, seconds=60)
    assert figures.findings.digest == contents.digest
    assert figures.findings.files >= 1 and figures.findings.snapshots >= 1
    assert 0 < figures.cpu_us <= figures.whole_cpu_us
    assert figures.all_rows.usage.peak_rss_bytes > 10_000_000
    assert 0 < figures.first_poll_seconds < figures.all_rows.seconds

    entries = [
        Entry(system.name, system.title, None, figures),
        Entry("slow", "Slow", 64, None, "ended with 0 rows\nand a trace"),
    ]
    report = Report(contents, topic.PARTITIONS, 10, "2026-01-01", entries)
    assert "Slow, heap 64 MB, failed: ended with 0 rows\n" in report.markdown()
    assert f"{figures.rows_per_second:,.0f}" in report.markdown()
    polled = f"first poll {1000 * figures.first_poll_seconds:.0f} ms after the start"
    assert f"{system.title}: {polled}" in report.markdown()
    assert f'"checksum": "{contents.digest.checksum}"' in report.json()


def test_a_system_with_other_rows_fails(kafka, contents, tmp_path):
    wrong = dataclasses.replace(contents.digest, checksum="1")
    with pytest.raises(trial.Failed, match="wrong rows"):
        trial.run(Frazil(), kafka, tmp_path, wrong, None, seconds=60)


def test_a_system_that_ends_early_fails_with_what_it_said(kafka, contents, tmp_path):
    class Missing(Frazil):
        def command(self, job):
            command = super().command(job)
            file = job.folder / "pipeline.sql"
            file.write_text(file.read_text().replace(f"'topic' = '{topic.NAME}'", "'topci' = 'x'"))
            return command

    with pytest.raises(trial.Failed, match="(?s)ended with 0 of 20,000 rows.*topci"):
        trial.run(Missing(), kafka, tmp_path, contents.digest, None, seconds=60)


class Hungry(Frazil):
    """Has too little memory below 3 MB."""

    heap_mb = 9
    small_heaps_mb = (1, 3, 5)

    def command(self, job):
        command = super().command(job)
        return command if job.heap_mb >= 3 else dataclasses.replace(command, arguments=["false"])


def test_small_heaps_are_tried_until_one_is_enough(kafka, contents, tmp_path):
    comparison = Comparison(kafka, tmp_path, contents, seconds=600)
    system = Hungry()
    usual = comparison.run(system, system.heap_mb, seconds=60)
    assert usual
    comparison.run_small(system, dataclasses.replace(usual, all_rows=trial.Moment(20, None)))
    assert [(one.heap_mb, bool(one.figures)) for one in comparison.entries] == [
        (9, True),
        (1, False),
        (3, True),
    ]
    assert "ended with 0 of 20,000 rows" in comparison.entries[1].failure


def test_nothing_begins_after_the_time_is_over(kafka, contents, tmp_path):
    comparison = Comparison(kafka, tmp_path, contents, seconds=0)
    assert comparison.run(Frazil(), None, seconds=60) is None
    assert comparison.entries[0].failure.startswith("not run")


def test_a_system_that_does_not_finish_is_stopped(kafka, contents, tmp_path):
    begin = time.monotonic()
    more = dataclasses.replace(contents.digest, rows=20_001)

    class Endless(Frazil):
        def command(self, job):
            command = super().command(job)
            file = job.folder / "pipeline.sql"
            file.write_text(
                file.read_text().replace("'scan.bounded.mode' = 'latest-offset',", "")
            )
            return command

    with pytest.raises(trial.Failed, match="of 20,001 rows after 1 s"):
        trial.run(Endless(), kafka, tmp_path, more, None, seconds=1)
    assert time.monotonic() - begin < 60
