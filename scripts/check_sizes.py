#!/usr/bin/env python3
"""Refuses a source file that has grown past what one head holds: 600 lines, whoever wrote it.

Headers should stay under 200 lines and sources under 400; those are said, not enforced.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 600
FOLDERS = {
    "src": (".h", ".cc"),
    "cmake": (".cmake", ".cc"),
    "scripts": (".sh", ".py"),
    "tests": (".py", ".h", ".cc"),
    "bench": (".py", ".h", ".cc"),
}


def main() -> int:
    sizes = [
        (len(file.read_bytes().splitlines()), file.relative_to(ROOT))
        for folder, suffixes in FOLDERS.items()
        for file in (ROOT / folder).rglob("*")
        if file.suffix in suffixes
    ]
    too_large = [(lines, file) for lines, file in sorted(sizes, reverse=True) if lines > LIMIT]
    for lines, file in too_large:
        print(f"{file}: {lines} lines, {LIMIT} are the most: divide it")
    print(f"check_sizes: {len(sizes)} files, {len(too_large)} too large")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
