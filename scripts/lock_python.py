#!/usr/bin/env python3.11
"""Prints the lines of third_party.lock for a group's Python packages and all they need.

    scripts/lock_python.py integration 'pyiceberg[sql-sqlite,pyarrow]==0.12.0' pytest ...

Run it when a pin is to change and put what it prints in place of the group's `python` lines; the
requirements of today stand in a comment above them.
"""

import json
import subprocess
import sys


def main(group: str, requirements: list[str]) -> None:
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        + ["--disable-pip-version-check", "--report", "-", *requirements],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for item in sorted(json.loads(report)["install"], key=lambda i: i["metadata"]["name"].lower()):
        metadata = item["metadata"]
        sha256 = item["download_info"]["archive_info"]["hashes"]["sha256"]
        name = metadata["name"].lower().replace("_", "-")
        print(f"{group:12}python   {name:35}{metadata['version']:11} {sha256}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
