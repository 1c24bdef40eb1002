"""What `frazil run` shows: a live line on a terminal, plain lines elsewhere."""

import errno
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from support import script

CLEAR = "\r\033[K"


class Terminal:
    """The program on a pseudo-terminal of a size."""

    def __init__(self, frazil, *arguments: object, columns: int = 120, **environment: str) -> None:
        self._master, slave = pty.openpty()
        self.resize(columns)
        self.process = subprocess.Popen(
            [str(frazil.program), *map(str, arguments)],
            cwd=frazil.folder,
            env=os.environ | {"TERM": "xterm"} | environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read_until(self, pattern: str, since: int = 0, seconds: float = 120) -> re.Match:
        """Reads on until what came after `since` characters matches."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen[since:])
            if found:
                return found
            assert self._read(deadline), f"no {pattern!r} in:\n{self.seen[since:]}"

    def read_to_end(self, seconds: float = 120) -> int:
        """Until it ends; its exit code."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self.process.wait(max(1, deadline - time.monotonic()))

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            read = os.read(self._master, 65536)
        except OSError as error:  # Linux: every process has closed the other side
            assert error.errno == errno.EIO
            return False
        self.seen += read.decode()
        return bool(read)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(frazil):
    opened: list[Terminal] = []

    def open_one(*arguments: object, **options) -> Terminal:
        opened.append(Terminal(frazil, *arguments, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def endless(lake, frazil):
    """A pipeline that goes on until it is stopped."""
    return script.write(
        frazil.folder,
        script.set_all(script.QUICK),
        lake.ddl(),
        "CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen', 'rows-per-second'='2000',"
        " 'fields.id.kind'='sequence', 'fields.id.start'='0', 'fields.id.end'='100000000');\n",
        script.target("events", "id BIGINT"),
        "INSERT INTO lake.db.events SELECT id FROM numbers;\n",
    )


def drawn(seen: str) -> list[str]:
    """The status lines, as often as they were drawn."""
    return [line for line in re.findall(r"\r([^\r\n\033]+)\033\[K", seen) if line]


def test_one_line_is_redrawn_in_place_and_gone_at_the_end(lake, frazil, terminal):
    live = terminal("run", endless(lake, frazil))
    live.read_until(
        r"\r[\d.]+ ?[kM]? rows  \d+(\.\d+)?( [kM])?/s  lag \S+( [kM])?  committed [1-9][^\r]*, last [^\r]* ago,"
        r" next in [^\r]*  files [1-9]\d*  dead letters 0\033\[K"
    )
    mark = len(live.seen)
    live.resize(70)
    live.read_until(r"\r\S+( [kM])?/s  lag [^\r]*commit [^\r]* ago, next [^\r]*\033\[K", mark)
    narrow = len(live.seen)
    live.resize(20)
    live.read_until(r"\r[^\r\n\033]{19}\033\[K", narrow)
    live.process.terminate()
    assert live.read_to_end() == 0

    assert max(len(line) for line in drawn(live.seen)) <= 119
    # The summary stands on a line of its own, where the status line was.
    lines = live.seen.split("\n")
    assert re.search(rf"{re.escape(CLEAR)}read \d+ records ", live.seen), live.seen[-500:]
    assert lines[-1] == ""
    # Log lines begin at the start of a cleared line, and nothing stands behind them.
    logged = [line for line in lines if re.search(r"\d{4}-\d\d-\d\dT", line)]
    assert logged
    for line in logged:
        text = line.rsplit(CLEAR, 1)[-1]
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z (info|warning)", text), repr(line)
        assert "\033" not in text and text.endswith("\r"), repr(line)


def test_no_colour_is_ever_written(lake, frazil, terminal):
    live = terminal("run", endless(lake, frazil), NO_COLOR="1")
    live.read_until(r"committed [1-9]")
    live.process.terminate()
    assert live.read_to_end() == 0
    assert not re.search(r"\033\[[\d;]*m", live.seen)


@pytest.mark.parametrize("options", [{"TERM": "dumb"}, {"json": "yes"}])
def test_plain_lines_where_no_line_can_live(lake, frazil, terminal, options):
    arguments = ["--log-format", "json"] if options.pop("json", None) else []
    live = terminal("run", endless(lake, frazil), *arguments, **options)
    live.read_until(r"committed.*\n.*committed")
    live.process.terminate()
    assert live.read_to_end() == 0
    assert "\033" not in live.seen


def failure(frazil, *arguments: object, code: int) -> dict:
    """What is said of a command that fails: one line of JSON, the last one."""
    done = frazil.run(*arguments)
    assert done.returncode == code, done
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert lines[-1]["level"] == "error" and lines[-1]["exit-code"] == str(code)
    return lines[-1]


def test_a_failure_is_a_line_of_json_where_the_log_is(lake, frazil):
    form = ("--log-format", "json")
    wrong = script.write(frazil.folder, "SET 'commit.interval' =\n  '1 apple';\nCRAETE TABLE t (a INT);\n")
    said = failure(frazil, "run", wrong, *form, code=2)
    assert (said["kind"], said["message"]) == ("InvalidConfig", "unknown statement 'CRAETE'")
    assert (said["file"], said["line"], said["column"]) == (str(wrong), "3", "1")
    assert said["hint"] == "did you mean 'CREATE'?"

    said = failure(frazil, "run", "nothing.sql", *form, code=3)
    assert said["message"] == "cannot read the pipeline file: nothing.sql"
    assert said["kind"] == "NotFound" and "file" not in said
    said = failure(frazil, "run", wrong, *form, "--log-lvel", "info", code=2)
    assert "did you mean '--log-level'?" in said["message"]
    said = failure(frazil, "dead-letters", "replay", wrong, "--log-format=json", code=2)
    assert said["line"] == "3"

    (lake.warehouse.parent / "catalog.db").write_text("no database at all, but longer than a header" * 100)
    file = endless(lake, frazil)
    done = frazil.run("run", file, *form)
    assert done.returncode != 0
    assert [json.loads(line)["level"] for line in done.stderr.splitlines()][-1] == "error"


def test_log_lines_command_no_terminal(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce(name, ["\x1b]0;title\x07 \x7f"])
    file = script.write(
        frazil.folder,
        script.set_all({"dead-letters": "fail"}) + script.copying(lake, kafka.bootstrap, name),
    )
    done = frazil.run("run", file, "--log-level", "debug")
    assert done.returncode == 8
    assert done.stderr.replace("\n", "").isprintable(), done.stderr


def test_json_lines_are_json_and_tell_no_secret(kafka, topic, lake, frazil):
    name = topic()
    kafka.produce_json(name, [{"id": 1}])
    secret = "swordfish-4711"
    file = script.write(
        frazil.folder,
        script.copying(
            lake,
            kafka.bootstrap,
            name,
            script.BOUNDED | {"properties.ssl.key.password": secret},
        ),
    )
    done = frazil.run("run", file, "--log-format", "json", "--log-level", "debug")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines
    for line in lines:
        logged = json.loads(line)
        assert {"time", "level", "message"} <= logged.keys()
    assert secret not in done.stderr and secret not in done.stdout
    assert "\033" not in done.stderr
