"""Predicates on one column, in the words of each reader."""

import datetime
import math
from dataclasses import dataclass

from pyiceberg import expressions
from pyiceberg.expressions.literals import literal

from .every_type import COLUMNS


@dataclass
class Filter:
    """Holds for values `in` those given, for those `lt` or `gt-eq` the one given, or if `is-null`."""

    column: str
    operator: str
    values: list

    def holds(self, value) -> bool:
        if self.operator == "is-null" or value is None:
            return (value is None) == (self.operator == "is-null")
        if self.operator == "in":
            return value in self.values
        (other,) = self.values
        return value < other if self.operator == "lt" else value >= other

    @property
    def is_of_order(self) -> bool:
        return self.operator in ("lt", "gt-eq")

    def json(self) -> dict:
        """As Java's library writes it."""
        made = {"type": self.operator, "term": self.column}
        values = [_in_java(value) for value in self.values]
        if self.operator == "in":
            return made | {"values": values}
        return made | {"value": value for value in values}

    def pyiceberg(self) -> expressions.BooleanExpression:
        if self.operator == "is-null":
            return expressions.IsNull(self.column)
        values = [_in_pyiceberg(value) for value in self.values]
        if self.operator == "in":
            return expressions.In(self.column, values)
        made = {"lt": expressions.LessThan, "gt-eq": expressions.GreaterThanOrEqual}
        return made[self.operator](self.column, *values)

    def duckdb(self) -> str:
        if self.operator == "is-null":
            return f"{self.column} IS NULL"
        operator = {"in": "IN", "lt": "<", "gt-eq": ">="}[self.operator]
        kind = COLUMNS[self.column].sql
        values = ", ".join(_in_duckdb(value, kind) for value in self.values)
        return f"{self.column} {operator} ({values})"


def filters_of(column: str) -> list[Filter]:
    """Nulls, half of the values, the other half, what is less than a value, and what is not less
    than another. None of the values is NaN or infinite, which not every reader takes."""
    values = [one for one in COLUMNS[column].values if one is not None and _is_finite(one)]
    return [
        Filter(column, "is-null", []),
        Filter(column, "in", values[::2]),
        Filter(column, "in", values[1::2]),
        Filter(column, "lt", values[:1]),
        Filter(column, "gt-eq", values[1:2]),
    ]


def _is_finite(value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _in_java(value):
    """The form of default values in table metadata, by which filters go as well."""
    match value:
        case bytes():
            return value.hex().upper()
        case datetime.datetime():
            return value.isoformat(timespec="microseconds")
        case float() | bool() | int() | str():
            return value
    return str(value)


def _in_pyiceberg(value):
    return literal(value.isoformat() if isinstance(value, datetime.datetime) else value)


def _in_duckdb(value, kind: str) -> str:
    match value:
        case bytes():
            return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"
        case str():
            return f"decode({_in_duckdb(value.encode(), kind)})"
    kind = {"TIMESTAMP(6)": "TIMESTAMP", "TIMESTAMP_LTZ(6)": "TIMESTAMPTZ"}.get(kind, kind)
    return f"CAST('{value}' AS {kind})"
