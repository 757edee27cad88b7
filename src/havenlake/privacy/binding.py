"""What a ciphertext is bound to: the asset, the column, the row's identity and the residency zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def netstring(text: str) -> bytes:
    """Text with its byte length in front, so that joined pieces can be told apart; easy to build in SQL too.

    >>> netstring("us")
    b'2:us,'
    """
    data = text.encode()
    return b"%d:%b," % (len(data), data)


@dataclass(frozen=True)
class Binding:
    """Logical asset name (`platformdb.message`, the same in every layer), identity columns, residency zone.

    >>> Binding("platformdb.message", ["id"], "us").identity
    ('id',)
    """

    asset: str
    identity: Sequence[str]
    zone: str

    def __post_init__(self) -> None:
        if isinstance(self.identity, str):
            raise TypeError("identity is a sequence of column names, not one string")
        if not (self.asset and self.zone and self.identity) or not all(self.identity):
            raise ValueError("a binding needs an asset, a zone and at least one identity column")
        if len(set(self.identity)) != len(self.identity):
            raise ValueError(f"identity of {self.asset} names a column twice")
        object.__setattr__(self, "identity", tuple(self.identity))

    def aad_prefix(self, column: str) -> bytes:
        """The part of the associated data that is the same for all values of a column."""
        return netstring(self.asset) + netstring(column) + netstring(self.zone)
