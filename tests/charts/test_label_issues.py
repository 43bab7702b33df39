"""The chart of classes that are confused in the labels."""

from textcls_core.charts.label_issues import noise_pairs_chart


def test_bars_are_estimated_rows_of_each_pair() -> None:
    figure = noise_pairs_chart([("food", "animals", 12.0, 0.1), ("weather", "food", 3.0, 0.02)])

    assert list(figure.data[0].x) == [12.0, 3.0]
    assert list(figure.layout.yaxis.ticktext) == ["food → animals", "weather → food"]
    assert figure.layout.title.text == "Most often animals is labelled food"


def test_only_the_largest_pairs_are_drawn() -> None:
    figure = noise_pairs_chart([(f"a{n}", f"b{n}", 20.0 - n, 0.1) for n in range(20)])

    assert len(figure.data[0].x) == 8


def test_no_pair_is_said() -> None:
    assert noise_pairs_chart([]).layout.title.text == "No classes are confused in the labels"


def test_names_of_classes_are_drawn_as_they_are() -> None:
    figure = noise_pairs_chart([("<b>x</b>", "<a href='y'>", 1.0, 0.5)])

    assert "<b>" not in str(figure.layout.yaxis.ticktext)
    assert figure.data[0].customdata[0][0] == "&lt;b&gt;x&lt;/b&gt;"
