"""Colours of the status page keep the contrast of WCAG 2.1 AA in light and dark."""

from __future__ import annotations

import re

import pytest

from havenlake.reports.palette import DARK, LIGHT, style_sheet

PAIRS = [
    *((text, ground) for text in ("text", "soft", "link") for ground in ("ground", "card")),
    *((kind, ground) for kind in ("ok", "warn", "bad", "none") for ground in (f"{kind}-ground", "card")),
    *(("text", f"{kind}-ground") for kind in ("ok", "warn", "bad")),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(palette, text, ground):
    assert contrast(palette[text], palette[ground]) >= 4.5


def test_both_schemes_define_every_colour_that_is_used():
    assert set(LIGHT) == set(DARK)
    assert set(re.findall(r"var\(--([a-z-]+)\)", style_sheet())) <= set(LIGHT)
    assert style_sheet().count("{") == style_sheet().count("}")
