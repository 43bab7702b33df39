"""Which texts of a packed row are attended to together."""

from hypothesis import given
from hypothesis import strategies as st

from textcls_core.models.grouped_attention import Group, groups_of

A_LENGTH = st.one_of(st.integers(1, 60), st.integers(120, 140), st.integers(500, 520))


def test_places_and_tokens_of_a_group():
    group = Group.of((2, 3))
    assert group.has_padding
    assert group.places.tolist() == [0, 1, 3, 4, 5]
    assert group.tokens.tolist() == [0, 1, 0, 2, 3, 4]
    assert group.mask.isfinite().view(2, 3).tolist() == [[True, True, False], [True] * 3]


def test_texts_of_equal_length_have_no_padding():
    assert not Group.of((4, 4, 4)).has_padding


@given(st.lists(A_LENGTH, min_size=1, max_size=20))
def test_groups_hold_all_texts_in_their_order_with_little_padding(lengths):
    groups = groups_of(tuple(lengths))
    assert [length for group in groups for length in group.lengths] == lengths
    for group in groups:
        assert len(group.tokens) <= 2 * len(group.places)
        assert max(group.lengths) <= 128 or not group.has_padding
        assert group.tokens[group.places].tolist() == list(range(sum(group.lengths)))


@given(st.lists(st.integers(100, 128), min_size=2, max_size=20))
def test_texts_of_similar_length_are_one_group(lengths):
    assert len(groups_of(tuple(lengths))) == 1
