"""Topics in states that a broker comes to by itself, or that take their time."""

import contextlib

from support.waiting import until

COMPACTED_SOON = {
    "cleanup_policy": "compact",
    "segment_ms": 100,
    "min_cleanable_dirty_ratio": 0.001,
    "min_compaction_lag_ms": 0,
    "max_compaction_lag_ms": 100,
    "delete_retention_ms": 0,
}
"""Settings of a topic whose cleaner hardly waits. It leaves the newest segment alone."""


def make_again(kafka, name: str, partitions: int) -> None:
    """Deletes a topic and makes another one of its name."""
    kafka.delete_topic(name)

    def is_made() -> bool:
        with contextlib.suppress(Exception):
            kafka.create_topic(name, partitions)
            return True
        return False

    until(is_made, "the name to be free again")
