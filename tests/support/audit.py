"""Exactly once: what a topic holds against what a table holds, by (partition, offset)."""

from collections import Counter
from collections.abc import Iterable

import pyarrow
from confluent_kafka import Consumer, KafkaError, TopicPartition

from servers.kafka import Kafka

from .lake import Lake

Place = tuple[int, int]
"""(partition, offset)"""

_TOLD = 20


def held(kafka: Kafka, topic: str, isolation: str = "read_committed") -> Counter[Place]:
    """Every record a reader of the topic gets now, from its first to its last."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": "frazil-audit",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "isolation.level": isolation,
            "check.crcs": True,
        }
    )
    places: Counter[Place] = Counter()
    try:
        bounds = kafka.offsets(topic)
        left = {partition for partition, (low, high) in bounds.items() if low < high}
        consumer.assign([TopicPartition(topic, one, bounds[one][0]) for one in left])
        while left:
            first = consumer.poll(10)
            assert first, f"{topic} cannot be read to its end: {left} is left"
            # consume() waits until it has as many as it may, so it must not wait.
            for message in [first, *consumer.consume(5000, timeout=0)]:
                error = message.error()
                if error is None:
                    places[message.partition(), message.offset()] += 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                else:
                    raise AssertionError(f"reading {topic}: {error}")
    finally:
        consumer.close()
    return places


def places_of(rows: pyarrow.Table, part: str = "part", pos: str = "pos") -> Counter[Place]:
    """The places that rows say they come from."""
    return Counter(zip(rows[part].to_pylist(), rows[pos].to_pylist(), strict=True))


def differences(expected: Counter[Place], found: Counter[Place]) -> list[str]:
    """A line for each kind of difference; none if every place is there exactly once."""
    kinds = {
        "missing": expected.keys() - found.keys(),
        "doubled": [place for place, count in found.items() if count > 1],
        "from nowhere": found.keys() - expected.keys(),
    }
    return [f"{kind}: {_ranges(places)}" for kind, places in kinds.items() if places]


def assert_exactly_once(
    lake: Lake,
    table: str,
    expected: Counter[Place],
    part: str = "part",
    pos: str = "pos",
) -> None:
    """Every expected record is one row, for every reader, and no other row is there."""
    problems = []
    for reader, rows in lake.read(table).items():
        problems += [
            f"{reader} on {table}: {line}"
            for line in differences(expected, places_of(rows, part, pos))
        ]
        if rows.num_rows != lake.count(table):
            problems.append(
                f"{reader} on {table}: {rows.num_rows} rows, the snapshot says {lake.count(table)}"
            )
    assert not problems, "\n".join(problems)


def _ranges(places: Iterable[Place]) -> str:
    """ "0: 5-9 12; 1: 3", at most some twenty ranges, with the count of all."""
    ordered = sorted(places)
    ranges: list[list[int]] = []
    for partition, offset in ordered:
        if ranges and ranges[-1][0] == partition and ranges[-1][2] + 1 == offset:
            ranges[-1][2] = offset
        else:
            ranges.append([partition, offset, offset])
    told = [
        f"partition {partition} offset {first}" + (f" to {last}" if last > first else "")
        for partition, first, last in ranges[:_TOLD]
    ]
    more = f" and {len(ranges) - _TOLD} ranges more" if len(ranges) > _TOLD else ""
    return f"{len(ordered)} records: {', '.join(told)}{more}"
