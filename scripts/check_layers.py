#!/usr/bin/env python3
"""Refuses an #include in src/ that goes upward, or that takes a library into a room not its own,
and a type that two headers define.

A room is a folder of src/. It may include itself and the rooms before it in FRAZIL_MODULES of
cmake/FrazilModule.cmake. A third-party library is included where LIBRARIES says, so that it can be
replaced in one place. CMake cannot tell: all headers share one include root.

All is one namespace, so two types of one name would be one to the linker, whose inline functions it
picks from either. No compiler sees it where no file includes both headers.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVERYWHERE = "*"

# Prefix of the header's path -> folders of src/ that may include it. The longest prefix counts.
LIBRARIES = {
    "CLI/": ["cli"],
    "arrow/": ["model", "storage", "scan", "engine", "decode", "transform", "write", "commit"]
    + ["pipeline", "query", "source/dead_letters"],
    "curl/": ["net"],
    "duckdb.h": ["engine"],
    "fmt/": [EVERYWHERE],
    "histedit.h": ["cli", "query"],
    "libdeflate.h": ["iceberg"],
    "librdkafka/": ["source/kafka"],
    "nlohmann/": ["base"],
    "openssl/": ["net"],
    "parquet/": ["scan", "write"],
    "simdjson.h": ["decode"],
    "spdlog/": ["base"],
    "sqlite3.h": ["catalog/sql"],
    "tl/": ["base"],
    "yaml-cpp/": ["config"],
    "zlib.h": ["iceberg"],
    "zstd.h": ["iceberg"],
}
# These belong to tests, wherever the tests are. A header that includes one is a header of tests,
# and only tests may include it.
TEST_LIBRARIES = ("benchmark/", "gmock/", "gtest/", "rapidcheck")
TEST_FILE = re.compile(r"_(test|bench|fuzz)\.(cc|h)$")
# C++, C and POSIX headers; anything else in <> must be a library that is named above.
SYSTEM = re.compile(r"^([a-z_0-9]+|(sys|netinet|arpa|net|linux)/[a-z_]+\.h)$")
SYSTEM_C = set(
    "cpuid.h dirent.h dlfcn.h errno.h execinfo.h fcntl.h fnmatch.h grp.h immintrin.h limits.h malloc.h math.h "
    "netdb.h poll.h pthread.h pwd.h sched.h signal.h spawn.h stdint.h stdio.h stdlib.h string.h "
    "strings.h sysexits.h syslog.h termios.h time.h unistd.h utime.h wait.h cxxabi.h".split()
)

# A definition at the left edge: in the namespace itself. Not a forward declaration.
TYPE = re.compile(
    r"^(?:class|struct|union|enum(?: class| struct)?)\s+(?:\[\[\w+\]\]\s+)?(\w+)\b(?!::)(?![^{]*;\s*$)"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def rooms() -> list[str]:
    text = (ROOT / "cmake/FrazilModule.cmake").read_text()
    listed = re.search(r"set\(\s*FRAZIL_MODULES\s([^)]*)\)", text)
    if not listed:
        sys.exit("check_layers: cmake/FrazilModule.cmake has no FRAZIL_MODULES")
    return listed.group(1).split()


def complaint(
    path: str, bracket: str, header: str, order: list[str], test_files: set[str]
) -> str | None:
    """What is wrong with this include of src/<path>, if anything is."""
    own = path.split("/")[0]
    if bracket == '"':
        if header in test_files and path not in test_files:
            return "is a header of tests"
        other = header.split("/")[0]
        if other not in order:
            return f"names no room; write it from src/: {order[0]}/..."
        if order.index(other) > order.index(own):
            return f"goes upward: {own} stands before {other}"
        return None
    if header.startswith(TEST_LIBRARIES):
        return None if path in test_files else "is for tests only"
    if SYSTEM.match(header) or header in SYSTEM_C:
        return None
    prefixes = [p for p in LIBRARIES if header.startswith(p)]
    if not prefixes:
        return "is of a library that scripts/check_layers.py does not know"
    homes = LIBRARIES[max(prefixes, key=len)]
    if EVERYWHERE in homes or any(path.startswith(home + "/") for home in homes):
        return None
    return f"belongs into {', '.join(homes)}"


def doubled_types(texts: dict[str, list[str]]) -> list[str]:
    """Of the headers' lines by path: types that are defined more than once."""
    found = []
    first: dict[str, str] = {}
    for path, lines in texts.items():
        for number, line in enumerate(lines, 1):
            match = TYPE.match(line)
            if not match:
                continue
            place = f"src/{path}:{number}"
            if match[1] in first:
                found.append(f"{place}: {match[1]} is defined in {first[match[1]]} too")
            first.setdefault(match[1], place)
    return found


def main() -> int:
    order = rooms()
    texts = {
        str(file.relative_to(ROOT / "src")): file.read_text().splitlines()
        for file in sorted((ROOT / "src").rglob("*"))
        if file.suffix in (".h", ".cc")
    }
    includes = {
        path: [
            (number, match[1], match[2])
            for number, line in enumerate(lines, 1)
            if (match := INCLUDE.match(line))
        ]
        for path, lines in texts.items()
    }
    test_files = {path for path in includes if TEST_FILE.search(path)} | {
        path
        for path, lines in includes.items()
        if path.endswith(".h") and any(h.startswith(TEST_LIBRARIES) for _, _, h in lines)
    }
    found = 0
    for path, lines in includes.items():
        if path.split("/")[0] not in order:
            print(f"src/{path}: is in no room of FRAZIL_MODULES")
            found += 1
            continue
        for number, bracket, header in lines:
            problem = complaint(path, bracket, header, order, test_files)
            if problem:
                print(f"src/{path}:{number}: {header} {problem}")
                found += 1
    headers = {
        path: lines
        for path, lines in texts.items()
        if path.endswith(".h") and path not in test_files
    }
    doubled = doubled_types(headers)
    for problem in doubled:
        print(problem)
    print(
        f"check_layers: {len(includes)} files, {found} stray includes, {len(doubled)} doubled types"
    )
    return 1 if found or doubled else 0


if __name__ == "__main__":
    sys.exit(main())
