"""Kills workers at random under a running load, for long, and audits every row at the end.

    ./dev soak [--kills 200] [--rounds 1] [--per-second 2000] [--seed N] [--keep folder]

A round begins with an empty topic and an empty table. The seed of a round is told, so that its
kills can be repeated.
"""

import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

from servers.kafka import Kafka
from support.kills import PARTITIONS, kill_at_random
from support.lake import Lake
from support.program import Frazil


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="of each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--per-second", type=int, default=2000, help="records (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--keep", type=pathlib.Path, help="folder for all that is written")
    return parser.parse_args()


def soak(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    kafka = Kafka(folder / "kafka", pathlib.Path(os.environ["FRAZIL_KAFKA_LIBS"]))
    kafka.start()
    try:
        for number in range(arguments.rounds):
            seed = arguments.seed + number
            place = folder / f"round-{number}"
            place.mkdir(parents=True)
            topic = kafka.create_topic(f"soak-{seed}-{number}", PARTITIONS)
            lake, frazil = Lake(place), Frazil(place)
            print(f"round {number + 1} of {arguments.rounds}, --seed {seed}", flush=True)
            begin = time.monotonic()
            try:
                records = kill_at_random(
                    kafka,
                    topic,
                    lake,
                    frazil,
                    arguments.kills,
                    seed,
                    arguments.per_second,
                    lambda line: print(line, flush=True),
                )
            finally:
                frazil.close()
            kafka.delete_topic(topic)
            print(
                f"{records} records, {arguments.kills} kills,"
                f" {len(lake.snapshots('events'))} snapshots listed,"
                f" {time.monotonic() - begin:.0f} s: every record is there exactly once",
                flush=True,
            )
    finally:
        kafka.stop()


def main() -> int:
    arguments = parse()
    folder = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="frazil-soak-"))
    try:
        soak(arguments, folder)
    except AssertionError as failure:
        print(f"{failure}\nwhat was written is in {folder}", file=sys.stderr)
        return 1
    if not arguments.keep:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
