"""Runs the program under test."""

import os
import pathlib
import signal
import subprocess

from servers.process import Server

_ROOT = pathlib.Path(__file__).resolve().parents[2]


class Frazil:
    """The program, run in a folder of its own."""

    def __init__(self, folder: pathlib.Path, variable: str = "FRAZIL_BIN") -> None:
        default = "build/dev/frazil" if variable == "FRAZIL_DEV_BIN" else "build/release/frazil"
        self.program = pathlib.Path(os.environ.get(variable, _ROOT / default)).resolve()
        self.folder = folder
        self._started: list[Server] = []
        if not self.program.exists():
            raise RuntimeError(f"{self.program} is not there; run the tests by ./dev test")

    def run(self, *arguments: object, seconds: float = 60, **environment: str):
        """Runs it to its end; the caller looks at returncode, stdout and stderr."""
        return subprocess.run(
            [str(self.program), *map(str, arguments)],
            cwd=self.folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def ok(self, *arguments: object, seconds: float = 60, **environment: str) -> str:
        """Runs it to its end, which must be success; returns what it printed."""
        done = self.run(*arguments, seconds=seconds, **environment)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *arguments: object, **environment: str) -> Server:
        """Starts it; it is stopped at the end of the test at the latest."""
        count = len(list(self.folder.glob("frazil-*.log")))
        server = Server(
            "frazil",
            [str(self.program), *map(str, arguments)],
            self.folder / f"frazil-{count}.log",
            cwd=self.folder,
            env=os.environ | environment,
        )
        self._started.append(server)
        return server

    def close(self) -> None:
        for server in self._started:
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
