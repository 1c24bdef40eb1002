"""Rows that another engine deletes by merge-on-read: Frazil does not apply delete files, and says so."""

import pathlib

from support import script
from support.lake import NAME, Lake
from support.program import Frazil
from support.spark import Spark


def generating(frazil: Frazil, lake: Lake, count: int) -> pathlib.Path:
    """Ids 1 to `count`; run again with a larger count, it adds the rest."""
    return script.write(
        frazil.folder,
        script.set_all(script.QUICK),
        lake.ddl(),
        f"CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen', 'number-of-rows'='{count}',"
        " 'fields.id.kind'='sequence', 'fields.id.start'='1', 'fields.id.end'='1000');\n",
        script.target("events", "id BIGINT", properties="'write.delete.mode'='merge-on-read'"),
        "INSERT INTO lake.db.events SELECT id FROM numbers;\n",
    )


def test_deleted_rows_are_never_shown_and_rows_are_still_added(lake, frazil):
    frazil.ok("run", generating(frazil, lake, 10))
    spark = Spark(lake.database, lake.warehouse, NAME)
    spark.sql("DELETE FROM lake.db.events WHERE id = 3")
    assert int(lake.summary("events")["total-delete-files"]) == 1
    file = generating(frazil, lake, 15)

    asked = frazil.run("query", "--script", file, "SELECT count(*) FROM lake.db.events")
    assert asked.returncode == 2 and asked.stdout == ""
    assert asked.stderr.startswith("frazil: lake.db.events: rows were deleted by delete files")
    verified = frazil.run("verify", file)
    assert verified.returncode == 11 and verified.stdout == ""
    assert "lake.db.events: rows were deleted by delete files" in verified.stderr

    frazil.ok("run", file)
    left = [n for n in range(1, 16) if n != 3]
    assert [row["id"] for row in lake.rows("events")] == left
    (rows,) = spark.sql("SELECT id FROM lake.db.events ORDER BY id")
    assert [row["id"] for row in rows] == left
