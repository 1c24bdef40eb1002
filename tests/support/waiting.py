"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.02


def until(
    condition: Callable[[], T],
    what: str,
    seconds: float = 60,
    context: Callable[[], str] = lambda: "",
) -> T:
    """Returns the first true answer; fails with `what` and `context()` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for: {what}\n{context()}")
        time.sleep(_PAUSE_SECONDS)


def stays(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Fails as soon as the condition is false within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer true: {what}"
        time.sleep(_PAUSE_SECONDS)
