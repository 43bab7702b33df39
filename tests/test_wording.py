import datetime as dt

import pytest

from textcls_core.errors import did_you_mean
from textcls_core.wording import ago, duration, figure_name, percent, plural, points, shorten

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_204, "1,204 rows"), (-1, "-1 rows")],
)
def test_plural_gives_a_count_with_its_noun(count, text):
    assert plural(count, "row") == text


@pytest.mark.parametrize(("count", "text"), [(1, "1 class"), (3, "3 classes")])
def test_plural_takes_an_irregular_form(count, text):
    assert plural(count, "class", "classes") == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.9784, 1, "97.8 %"), (1, 0, "100 %"), (0, 1, "0.0 %"), (0.12345, 2, "12.35 %")],
)
def test_percent_rounds_a_share(share, digits, text):
    assert percent(share, digits) == text


@pytest.mark.parametrize(
    ("share", "reference", "text"),
    [
        (0.978, 0.962, "+1.6 points"),
        (0.5, 0.95, "-45.0 points"),
        (0.9, 0.9, "+0.0 points"),
        (0.9, 0.9001, "+0.0 points"),
    ],
)
def test_points_say_how_far_apart_two_shares_are(share, reference, text):
    assert points(share, reference) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (4.2, "4 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3_599.6, "1 h 0 min"),
        (7_260, "2 h 1 min"),
        (360_000, "100 h 0 min"),
    ],
)
def test_duration_has_the_two_largest_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (150, "2 minutes ago"),
        (3_600, "1 hour ago"),
        (7_500, "2 hours ago"),
        (86_400, "1 day ago"),
        (1_000_000, "11 days ago"),
    ],
)
def test_ago_is_coarse(seconds, text):
    assert ago(NOON - dt.timedelta(seconds=seconds), NOON) == text


def test_ago_compares_time_zones():
    tokyo = dt.timezone(dt.timedelta(hours=9))

    assert ago(NOON.astimezone(tokyo), NOON + dt.timedelta(hours=2)) == "2 hours ago"


def test_ago_counts_from_now_by_default():
    assert ago(dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)) == "3 hours ago"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("A long label", 7, "A long\u2026"),
        ("A long label", 8, "A long\u2026"),
        ("line\nbreak\tand  spaces", 60, "line break and spaces"),
        ("", 5, ""),
        ("\u4f60\u597d\u4e16\u754c", 3, "\u4f60\u597d\u2026"),
        ("x" * 5_000, 60, "x" * 59 + "\u2026"),
    ],
)
def test_shorten_gives_one_line_of_limited_length(text, limit, short):
    assert shorten(text, limit) == short


def test_did_you_mean_lists_what_exists():
    assert did_you_mean("c", ["a", "b"]) == 'Known: "a", "b".'


def test_did_you_mean_counts_what_it_leaves_out():
    assert did_you_mean("c", ["a", "b", "d"], limit=2) == 'Known: "a", "b" and 1 more.'


def test_did_you_mean_of_nothing_says_so():
    assert did_you_mean("c", []) == "There are none yet."


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("validation_macro_f1", "validation macro-F1"),
        ("weighted_f1", "weighted F1"),
        ("validation_mcc", "validation Matthews correlation"),
        ("validation_cohen_kappa", "validation Cohen's kappa"),
        ("validation_top_3_accuracy", "validation top-3 accuracy"),
        ("validation_macro_roc_auc", "validation macro ROC-AUC"),
        ("validation_brier", "validation Brier score"),
        ("validation_hamming_loss", "validation Hamming loss"),
    ],
)
def test_figures_have_the_names_that_people_use(name, spoken):
    assert figure_name(name) == spoken
