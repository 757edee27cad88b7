"""First drafts of data assets, made from a look at a source: keys, sensitive columns, safe codes, contexts.

A bounded sample of values is read and judged in memory. What is written holds names, reasons and counts, never a
value. Whatever is not known to be harmless is proposed for encryption.
"""

from havenlake.suggest.draft import Draft, draft
from havenlake.suggest.folder import FolderTables
from havenlake.suggest.text import asset_text

__all__ = ["Draft", "FolderTables", "asset_text", "draft"]
