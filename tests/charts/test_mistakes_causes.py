"""Pictures of the causes of mistakes."""

from textcls_core.charts.mistakes_causes import actions_chart, causes_chart

COUNTS = [("truncated", "Truncated", 27), ("ambiguous", "Ambiguous", 9)]
ACTIONS = [("Read more of the text", 27, 27), ("Sharpen the classes", 12, 3)]


def test_bar_of_a_cause_carries_its_name_for_a_click():
    figure = causes_chart(COUNTS, 36)

    bar = figure.data[0]
    assert list(bar.x) == [27, 9]
    assert [point[0] for point in bar.customdata] == ["truncated", "ambiguous"]
    assert list(bar.text) == ["27 (75 %)", "9 (25 %)"]
    assert figure.layout.title.text == "Most often: Truncated"


def test_bars_start_at_zero_and_leave_room_for_numbers():
    for figure in (causes_chart(COUNTS, 36), actions_chart(ACTIONS)):
        low, high = figure.layout.xaxis.range

        assert low == 0
        assert high > 27 * 1.2


def test_actions_are_cut_so_that_no_mistake_is_promised_twice():
    figure = actions_chart(ACTIONS)

    first, again = figure.data
    assert list(first.x) == [27, 3]
    assert list(again.x) == [0, 9]
    assert figure.layout.title.text == "Together up to 30 mistakes"
    assert [note.text for note in figure.layout.annotations] == ["up to 27", "up to 12"]


def test_nothing_found_is_a_picture_too():
    assert causes_chart([], 3).layout.title.text == "No cause was found"
    assert actions_chart([]).layout.title.text == "Together up to 0 mistakes"
