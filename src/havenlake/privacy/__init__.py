"""Keys, cipher, hashes and the scrubber's contract, on plain values: nothing here knows Spark or tables."""

from havenlake.privacy.binding import Binding
from havenlake.privacy.keyring import KEYRING_FILE, Keyring
from havenlake.privacy.scrubber import ScrubbedText, Scrubber, Span

__all__ = ["KEYRING_FILE", "Binding", "Keyring", "ScrubbedText", "Scrubber", "Span"]
