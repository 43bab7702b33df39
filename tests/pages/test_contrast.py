"""Tests that words can be read on their background: WCAG 2.2, 1.4.3, at least 4.5 to 1."""

import tomllib
from pathlib import Path

import pytest

from textcls_core.charts.theme import INK, PAPER, TICKS

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
THEMES = tomllib.loads(CONFIG.read_text())["theme"]
CAPTION = 0.6
"""Streamlit draws captions, and names of pages, with this share of the colour of words."""
LEAST = 4.5


def channels(color):
    return [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(rgb):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("background", ["backgroundColor", "secondaryBackgroundColor"])
def test_captions_can_be_read(theme, background):
    words, paper = (channels(THEMES[theme][name]) for name in ("textColor", background))
    mixed = [CAPTION * ink + (1 - CAPTION) * bare for ink, bare in zip(words, paper, strict=True)]

    assert contrast(mixed, paper) >= LEAST


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["linkColor", "grayColor", "blueTextColor"])
def test_coloured_words_can_be_read(theme, name):
    words, paper = (channels(THEMES[theme][color]) for color in (name, "backgroundColor"))

    assert contrast(words, paper) >= LEAST


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_on_the_button_of_a_page_can_be_read(theme):
    assert contrast(channels("#FFFFFF"), channels(THEMES[theme]["primaryColor"])) >= LEAST


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_in_charts_can_be_read(theme):
    assert PAPER[theme] == THEMES[theme]["backgroundColor"]
    assert INK[theme] == THEMES[theme]["textColor"]
    assert contrast(channels(TICKS[theme]), channels(PAPER[theme])) >= LEAST
