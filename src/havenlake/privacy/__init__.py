"""Keys, cipher, hashes and the scrubber, on plain values: nothing here knows Spark or tables."""

from havenlake.privacy.binding import Binding
from havenlake.privacy.keyring import KEYRING_FILE, Keyring
from havenlake.privacy.scrubber import ScrubbedText, Span, TextScrubber
from havenlake.privacy.scrubbing.scrubber import Scrubber

__all__ = ["KEYRING_FILE", "Binding", "Keyring", "ScrubbedText", "Scrubber", "Span", "TextScrubber"]
