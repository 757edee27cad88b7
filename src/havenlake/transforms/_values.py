"""Values as exact bytes and back, in the JVM: what the cipher seals and what enters hashes.

Nothing here depends on the session: times are microseconds since the epoch in UTC or local ISO text, numbers are
text that reads back to the same bits.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.privacy.tags import Tag
from havenlake.transforms._columns import column

_JSON = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
    "dateFormat": "yyyy-MM-dd",
    "timeZone": "UTC",
}
_SIMPLE: tuple[tuple[tuple[type[T.DataType], ...], Tag], ...] = (
    ((T.StringType, T.CharType, T.VarcharType), Tag.TEXT),
    ((T.BinaryType,), Tag.BINARY),
    ((T.ByteType, T.ShortType, T.IntegerType, T.LongType), Tag.INTEGER),
    ((T.DecimalType,), Tag.DECIMAL),
    ((T.BooleanType,), Tag.BOOLEAN),
    ((T.DateType,), Tag.DATE),
    ((T.TimestampType,), Tag.TIMESTAMP),
    ((T.TimestampNTZType,), Tag.LOCAL_TIMESTAMP),
    ((T.FloatType, T.DoubleType), Tag.DOUBLE),
    ((T.ArrayType, T.StructType, T.MapType), Tag.JSON),
)
_WIDENS_TO = {Tag.INTEGER: frozenset({Tag.DECIMAL, Tag.DOUBLE})}


def tag_of(kind: T.DataType) -> Tag:
    """The mark of a Spark type; `OTHER` for those that are only hashed."""
    return next((tag for classes, tag in _SIMPLE if isinstance(kind, classes)), Tag.OTHER)


def readable_as(kind: T.DataType) -> frozenset[Tag]:
    """Marks of stored values that can be read as this type without loss."""
    wanted = tag_of(kind)
    return frozenset({wanted, *(tag for tag, wider in _WIDENS_TO.items() if wanted in wider)})


def to_bytes(name: str, kind: T.DataType, asset: str) -> Column:
    """The column as binary, exactly; HL-KEY-006 for a type that cannot be carried without loss."""
    tag = tag_of(kind)
    if tag is Tag.OTHER or not _carried(kind):
        raise _refused(name, kind, asset)
    value = column(name)
    if tag is Tag.BINARY:
        return value
    if tag is Tag.TIMESTAMP:
        value = F.unix_micros(value)
    elif tag is Tag.DOUBLE:
        value = value.cast("double")
    elif tag is Tag.JSON:
        value = _checked_json(name, kind, asset)
    return value.cast("string").cast("binary")


def from_bytes(value: Column, kind: T.DataType) -> Column:
    """The inverse of `to_bytes`: binary back to the original type."""
    tag = tag_of(kind)
    if tag is Tag.BINARY:
        return value
    text = value.cast("string")
    if tag is Tag.TIMESTAMP:
        return F.timestamp_micros(text.cast("bigint"))
    if tag is Tag.DOUBLE:
        return text.cast("double").cast(kind)
    if tag is Tag.JSON:
        return _from_json(text, kind)
    return text.cast(kind)


def to_hash(name: str, kind: T.DataType) -> Column:
    """The column in the form in which the row hash takes it over Arrow."""
    tag, value = tag_of(kind), column(name)
    if tag is Tag.TIMESTAMP:
        return F.unix_micros(value)
    if tag is Tag.JSON or isinstance(kind, T.VariantType):
        # NULL fields are left out, so that a new field of a nested type changes nothing until it is filled.
        return F.to_json(value, {**_JSON, "ignoreNullFields": "true"}).cast("binary")
    if tag is Tag.OTHER:
        return value.cast("string").cast("binary")
    widened = {Tag.TEXT: "binary", Tag.INTEGER: "bigint", Tag.DOUBLE: "double"}.get(tag)
    return value.cast(widened) if widened else value


def to_identity(name: str, kind: T.DataType, asset: str) -> Column:
    """An identity column in the form in which the cipher binds it; integers share the row hash's input."""
    return column(name).cast("bigint") if tag_of(kind) is Tag.INTEGER else to_bytes(name, kind, asset)


def _checked_json(name: str, kind: T.DataType, asset: str) -> Column:
    """JSON that has been seen to read back to the same value, or an error without the value."""
    value = column(name)
    text = F.to_json(value, {**_JSON, "ignoreNullFields": "false"})
    same = _from_json(text, kind).cast("string").eqNullSafe(value.cast("string"))
    lossy = _refused(name, kind, asset).message + " for one of its values (invalid text inside it?)"
    return F.when(same, text).otherwise(F.raise_error(F.lit(f"HL-KEY-006 {asset}: {lossy}")).cast("string"))


def _from_json(text: Column, kind: T.DataType) -> Column:
    return F.from_json(text, kind, {**_JSON, "mode": "FAILFAST"})  # type: ignore[arg-type]


def _carried(kind: T.DataType) -> bool:
    """Whether a type, inside and out, survives the way through text."""
    if isinstance(kind, T.MapType):
        return isinstance(kind.keyType, T.StringType) and _carried(kind.valueType)
    if isinstance(kind, T.ArrayType):
        return _carried(kind.elementType)
    if isinstance(kind, T.StructType):
        names = [field.name.casefold() for field in kind.fields]
        return bool(names) and len(set(names)) == len(names) and all(_carried(f.dataType) for f in kind.fields)
    return tag_of(kind) is not Tag.OTHER


def _refused(name: str, kind: T.DataType, asset: str) -> HavenlakeError:
    return HavenlakeError(
        "HL-KEY-006",
        f"column '{name}' of type {kind.simpleString()} cannot be encrypted without loss",
        where=asset,
        hint="convert it to text or numbers at the source, or set `columns: {<name>: drop}`",
    )
