"""The words of the status page, explained for readers who do not build lakehouses."""

from __future__ import annotations

from havenlake.reports.markup import Html, tag

TERMS = {
    "Bronze": "A faithful copy of the source. Sensitive columns are encrypted in it.",
    "Silver": "The cleaned copy that analysts use: one current row for each thing, personal details masked.",
    "Up to date": "The last attempt went well, and the data is not older than it should be.",
    "Due soon": "Still in time, but most of the time allowed has passed.",
    "Late": "The last good load is older than the table's freshness objective allows.",
    "Failed": "The last attempt stopped with an error. The table still holds its last good data, complete and unmixed.",
    "Refused": "A guard stopped the load before it could do harm, for example when most of the source's rows had gone.",
    "Interrupted": "The run ended without saying how, for example because its machine went off. It can be resumed.",
    "Unchanged": "The source was looked at and held nothing new. That counts as up to date.",
    "Quarantined": "Rows set aside because they cannot be right, such as rows without an id: counted, not loaded.",
    "Encrypted": "Unreadable without the instance's key.",
    "Scrubbed": "Names, numbers and other personal details in free text are masked.",
    "Held back": "A column nobody has classified yet. It does not reach silver until somebody has.",
    "Left empty": "Free text that could not be scrubbed is left out rather than shown.",
    "+ ~ - ↺": "Rows added, changed, removed, and returned after having been removed.",
}


def glossary() -> Html:
    """All terms."""
    pairs = (tag("div", tag("dt", term), tag("dd", meaning)) for term, meaning in TERMS.items())
    return tag("section", tag("h2", "What the words mean"), tag("dl", *pairs, class_="words"), aria_label="Glossary")
