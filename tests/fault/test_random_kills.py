"""Kills at any moment under load; ./dev soak does hundreds of them."""

import pytest

from support.kills import PARTITIONS, kill_at_random


@pytest.mark.slow
@pytest.mark.sample
def test_kills_at_random_lose_and_double_nothing(kafka, topic, lake, frazil):
    name = topic(partitions=PARTITIONS)
    kill_at_random(kafka, name, lake, frazil, kills=12, seed=20)
