"""Pure steps from DataFrame to DataFrame, chained by `df.transform`: one select each, no session, no action."""

from havenlake.transforms._columns import Transform
from havenlake.transforms._opening import TYPE_KEY, original_type
from havenlake.transforms.comments import COMMENT_KEY, with_comments
from havenlake.transforms.countries import FOREIGN, with_foreign_zone, with_foreign_zone_of_phone
from havenlake.transforms.digests import bucket_sums, distinct_bucket_sums
from havenlake.transforms.encryption import decrypt_columns, encrypt_columns, reencrypt_columns
from havenlake.transforms.hashing import rehashed, with_md5_hash, with_row_hash
from havenlake.transforms.identity import identity_missing, identity_text, identity_token
from havenlake.transforms.metadata import with_ingest_metadata
from havenlake.transforms.projection import project, without
from havenlake.transforms.scrubbing import scrub_columns, values_present
from havenlake.transforms.tokens import with_tokens

__all__ = [
    "COMMENT_KEY",
    "FOREIGN",
    "TYPE_KEY",
    "Transform",
    "bucket_sums",
    "decrypt_columns",
    "distinct_bucket_sums",
    "encrypt_columns",
    "identity_missing",
    "identity_text",
    "identity_token",
    "original_type",
    "project",
    "reencrypt_columns",
    "rehashed",
    "scrub_columns",
    "values_present",
    "with_comments",
    "with_foreign_zone",
    "with_foreign_zone_of_phone",
    "with_ingest_metadata",
    "with_md5_hash",
    "with_row_hash",
    "with_tokens",
    "without",
]
