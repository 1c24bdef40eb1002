"""What the README tells a newcomer to type works as it stands there."""

import pathlib
import re

from support.waiting import until

README = pathlib.Path(__file__).parents[2] / "README.md"


def blocks() -> list[str]:
    """The indented parts, in order."""
    found = re.findall(r"(?:^(?: {4}.*)?\n)+", README.read_text(), re.MULTILINE)
    return [re.sub("^ {4}", "", block, flags=re.MULTILINE) for block in found if block.strip()]


def test_the_first_pipeline_and_the_commands_below_it(kafka, topic, frazil):
    name = topic(partitions=4)
    pipeline = next(block for block in blocks() if "CREATE CATALOG" in block)
    commands = next(block for block in blocks() if "frazil produce" in block and "check" in block)

    def told(text: str) -> str:
        for here, there in (
            ("localhost:9092", kafka.bootstrap),
            ("'topic'='orders'", f"'topic'='{name}'"),
            ("'10 s'", "'300 ms'"),
        ):
            text = text.replace(here, there)
        return text

    (frazil.folder / "pipeline.sql").write_text(told(pipeline))
    produce = re.search(r"frazil (produce.*)", told(commands))[1].replace("orders", name, 1)
    frazil.ok(*produce.split(), "--count", 3000)
    assert "lake.shop.orders" in frazil.ok("check", "pipeline.sql")
    worker = frazil.start("run", "pipeline.sql")
    query = re.search(r'query --script pipeline.sql "(.*)"', commands)[1]

    def answer() -> str:
        return frazil.run("query", "--script", "pipeline.sql", query, "--output", "csv").stdout

    until(lambda: "3000,2026-" in answer(), "all rows", context=worker.tail)
    worker.process.terminate()
    assert worker.exit_code() == 0
