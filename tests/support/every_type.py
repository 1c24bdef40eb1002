"""Every type of Iceberg v2 with values that are hard to keep, and what to make of them elsewhere.

The values are plain Python. `as_json` is what a producer sends of them; `plain` brings what a
reader says of them, each in its way, back to one form in which cells can be compared.
"""

import base64
import datetime
import struct
import uuid
from dataclasses import dataclass
from decimal import Context, Decimal

from pyiceberg import types

UTC = datetime.UTC
_WIDE = Context(prec=60)


@dataclass
class Column:
    """A column of the script language; null is one of the values."""

    sql: str
    values: list

    @property
    def is_nested(self) -> bool:
        return self.sql.startswith(("ROW", "ARRAY", "MAP"))


def single(value: float) -> float:
    """The nearest number of 32 bits."""
    return struct.unpack("f", struct.pack("f", value))[0]


def _decimals(*texts: str) -> list:
    return [*map(Decimal, texts), None]


def _moments(zone) -> list:
    return [
        datetime.datetime(2017, 11, 16, 22, 31, 8, tzinfo=zone),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=zone),
        datetime.datetime(1970, 1, 1, tzinfo=zone),
        datetime.datetime(1, 1, 1, tzinfo=zone),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=zone),
        datetime.datetime(1582, 10, 4, 12, tzinfo=zone),
        datetime.datetime(2262, 4, 11, 23, 47, 16, 854776, tzinfo=zone),
        datetime.datetime(1969, 1, 1, tzinfo=zone),
        None,
    ]


_NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_LATE = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
_ID = uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7")

COLUMNS = {
    "b": Column("BOOLEAN", [True, False, None]),
    "i": Column("INT", [34, -7, -(2**31), 2**31 - 1, 0, 1000, None]),
    "l": Column("BIGINT", [34, -7, -(2**63), 2**63 - 1, 0, 2**53 + 1, None]),
    "f": Column(
        "FLOAT",
        [single(0.1), -1.5, single(3.4028235e38), single(1.4e-45), single(-1.2e-38)]
        + [float("inf"), float("-inf"), float("nan"), -0.0, None],
    ),
    "d": Column(
        "DOUBLE",
        [0.1, -1.5, 1.7976931348623157e308, 5e-324, -2.2250738585072014e-308]
        + [float("inf"), float("-inf"), float("nan"), -0.0, None],
    ),
    "dec4": Column("DECIMAL(4, 0)", _decimals("14", "-15", "-9999", "9999", "0", "128")),
    "dec9": Column(
        "DECIMAL(9, 2)", _decimals("14.20", "-14.21", "-9999999.99", "9999999.99", "0.00", "-0.01")
    ),
    "dec18": Column(
        "DECIMAL(18, 4)",
        _decimals("14.2000", "-0.0001", "-99999999999999.9999", "99999999999999.9999", "1.0000"),
    ),
    "dec38": Column(
        "DECIMAL(38, 10)",
        _decimals(
            "14.2000000000",
            "-1234567890123456789012345678.0123456789",
            "9999999999999999999999999999.9999999999",
            "-9999999999999999999999999999.9999999999",
            "-0.0000000001",
            "922337203.6854775808",
        ),
    ),
    "dt": Column(
        "DATE",
        [
            datetime.date(2017, 11, 16),
            datetime.date(1969, 12, 31),
            datetime.date(1970, 1, 1),
            datetime.date(1, 1, 1),
            datetime.date(9999, 12, 31),
            datetime.date(1582, 10, 4),
            datetime.date(2000, 2, 29),
            None,
        ],
    ),
    "ts": Column("TIMESTAMP(6)", _moments(None)),
    "tz": Column("TIMESTAMP_LTZ(6)", _moments(UTC)),
    "s": Column(
        "STRING",
        ["iceberg", "", "snow \u2603 man", "\U0001d518nder", "a" * 40, "a" * 15 + "\U0010ffff!"]
        + ["\U0010ffff" * 20, "a/b=c%20 ?#'\"\\\n\u00e9", "\u007f\ud7ff\uffff", None],
    ),
    "u": Column(
        "UUID",
        [_ID, uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=1)]
        + [uuid.UUID(int=2**127), uuid.UUID(int=2**127 - 1), None],
    ),
    "fx": Column(
        "BINARY(4)",
        [b"\0\1\2\3", b"\xff\xff\xff\xff", b"abcd", b"\x80\0\0\0", b"\0\0\0\0", b"\x7f...", None],
    ),
    "bin": Column("BYTES", [b"\0\1\2\3", b"", b"\xff" * 20, b"\0", b"binary", b"b" * 40, None]),
    "st": Column(
        "ROW<a INT, n ROW<c STRING, e DECIMAL(9, 2)>>",
        [
            {"a": 1, "n": {"c": "x", "e": Decimal("1.50")}},
            {"a": None, "n": {"c": None, "e": None}},
            {"a": 3, "n": None},
            {"a": -1, "n": {"c": "", "e": Decimal("-0.01")}},
            None,
        ],
    ),
    "sx": Column(
        "ROW<u UUID, x BINARY(3), p DECIMAL(25, 5), t TIMESTAMP(6), d DATE, f FLOAT, b BOOLEAN>",
        [
            {
                "u": _ID,
                "x": b"\0\xff\1",
                "p": Decimal("-12345678901234567890.12345"),
                "t": _LATE,
                "d": datetime.date(1, 1, 1),
                "f": float("nan"),
                "b": False,
            },
            dict.fromkeys("uxptdfb"),
        ],
    ),
    "li": Column("ARRAY<INT>", [[1, 2, 3], [], [None], [None, 7, None], [0] * 50, None]),
    "ll": Column("ARRAY<ARRAY<STRING>>", [[["a"], [], None, [None, ""]], [], [[]], None]),
    "mp": Column(
        "MAP<STRING, BIGINT>", [{"a": 1, "b": 2}, {}, {"": None}, {"\u2603": 2**62}, None]
    ),
    "mi": Column("MAP<INT, ROW<x DOUBLE>>", [{-1: {"x": -0.0}, 2**31 - 1: None}, {}]),
    "mn": Column(
        "MAP<STRING, ARRAY<ROW<x TIMESTAMP_LTZ(6), y BYTES>>>",
        [
            {"k": [{"x": _NOON, "y": b"\1"}, {"x": _EPOCH, "y": b""}]},
            {"none": []},
            {},
            {"p": [{"x": None, "y": b"\xff"}, None], "q": None},
            None,
        ],
    ),
    "ns": Column("ROW<u UUID, x BINARY(3)>", [{"u": _ID, "x": b"\0\xff\1"}, None]),
    "nl": Column("ARRAY<ROW<x INT>>", [[{"x": 1}, None], [], None]),
    "nm": Column("MAP<INT, ROW<x DOUBLE>>", [{1: {"x": 0.5}, 2: None}, {}, None]),
    "tm": Column(
        "TIME",
        [
            datetime.time(22, 31, 8),
            datetime.time(0),
            datetime.time(0, 0, 0, 1),
            datetime.time(23, 59, 59, 999999),
            datetime.time(12),
            None,
        ],
    ),
    "sm": Column("ROW<tm TIME>", [{"tm": datetime.time(23, 59, 59, 999999)}, {"tm": None}, None]),
}
COUNT = 10
"""From so many rows on, every value of every column has been used."""


def row(n: int) -> dict:
    """The n-th row; values come around again."""
    return {"id": n} | {
        name: column.values[n % COUNT % len(column.values)] for name, column in COLUMNS.items()
    }


def as_json(value):
    """In the forms that a JSON decoder knows."""
    match value:
        case dict():
            return {str(key): as_json(one) for key, one in value.items()}
        case list():
            return [as_json(one) for one in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.date() | datetime.time():
            return value.isoformat()
        case Decimal() | uuid.UUID():
            return str(value)
        case float() if value != value or value in (float("inf"), float("-inf")):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def plain(kind: types.IcebergType, value):
    """A cell as any reader gives it, also in JSON: in the one form that compares by content. Zeros
    keep their sign, and NaN equals itself."""
    if value is None:
        return None
    match kind:
        case types.StructType():
            return {one.name: plain(one.field_type, value[one.name]) for one in kind.fields}
        case types.ListType():
            return [plain(kind.element_type, one) for one in value]
        case types.MapType():
            pairs = value.items() if isinstance(value, dict) else value
            return {
                plain(kind.key_type, key): plain(kind.value_type, one) for key, one in pairs
            }
        case types.FloatType():
            return repr(single(float(value)))
        case types.DoubleType():
            return repr(float(value))
        case types.DecimalType():
            return Decimal(value).quantize(Decimal(1).scaleb(-kind.scale), context=_WIDE)
        case types.UUIDType():
            return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(str(value))
        case types.BinaryType() | types.FixedType():
            return base64.b64decode(value) if isinstance(value, str) else bytes(value)
        case types.IntegerType() | types.LongType():
            return int(value)
        case types.DateType() if isinstance(value, str):
            return datetime.date.fromisoformat(value)
        case types.TimestampType() if isinstance(value, str):
            return datetime.datetime.fromisoformat(value)
        case types.TimestamptzType():
            if isinstance(value, str):
                value = datetime.datetime.fromisoformat(value)
            return value.astimezone(UTC)
    return value
