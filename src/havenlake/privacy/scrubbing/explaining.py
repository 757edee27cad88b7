"""Which stage of the cascade masked a span, and why, in words for people."""

from __future__ import annotations

from typing import NamedTuple

from havenlake.privacy.scrubber import Span


class Reason(NamedTuple):
    """A stage and why it masked."""

    stage: str
    why: str


_BY_RECOGNISER = {
    "tagger": Reason("tagger", "its letters and the words beside it look like a name's"),
    "vocabulary": Reason("vocabulary", "no list knows it, and it is no typing error of a common word"),
    "conversation": Reason("conversation", "a text of the conversation, this or another one, gives it as a name"),
    "known": Reason("known", "it is an identifier known from elsewhere, or one the policy denies"),
    "place-list": Reason("list", "a list of places has it"),
    "place-cue": Reason("cue", "words before it announce a place, and it has a capital"),
    "name-list": Reason("list", "a list of first names has it"),
    "name-pair": Reason("list", "it is a first name with a surname after it"),
    "surname-list": Reason("list", "a list of surnames has it"),
    "name-capital": Reason("capital", "it is a name that is also a word, with a capital in mid-sentence"),
    "unknown-capital": Reason("capital", "no list knows it, and it has a capital in mid-sentence"),
}


def reason(span: Span) -> Reason:
    """The stage that masked a span. What overlapped was merged; the reason is that of the part it is named after."""
    if span.recogniser.startswith("name-cue"):
        return Reason("cue", "words before it announce a name")
    kind = span.entity.lower().replace("_", " ")
    return _BY_RECOGNISER.get(span.recogniser, Reason("recogniser", f"it has the form of a detail: {kind}"))
