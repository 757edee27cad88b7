"""Sources: adapters that read rows of tables from landing files and databases, lazily and without changing a value.

`open_source` gives a `Source`; its `table(name)` a `SourceTable`: a lazy frame with its schema, and where its
rows come from. Whatever cannot be read exactly is refused with a coded error before anything is written.
"""

from havenlake.sources.contract import Source, SourceInput, SourceTable, StorageLike
from havenlake.sources.errors import coded, translate
from havenlake.sources.opening import open_source

__all__ = ["Source", "SourceInput", "SourceTable", "StorageLike", "coded", "open_source", "translate"]
