"""Tests of texts similar to another one."""

import numpy as np

from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.similar import position_of, records, similar_rows

VECTORS = normalised(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-1.0, 0.0]]))


def test_similar_rows_come_with_their_cosines_the_nearest_first():
    similar = similar_rows(VECTORS, VECTORS[:1], 3)

    assert similar.rows.tolist() == [0, 1, 2]
    np.testing.assert_allclose(similar.cosines, [1, 0.9 / np.hypot(0.9, 0.1), 0], atol=1e-6)


def test_similar_rows_to_a_row_leave_it_out():
    assert similar_rows(VECTORS, VECTORS[1:2], 2, without=1).rows.tolist() == [0, 2]


def test_similar_rows_leave_out_a_row_that_others_equal():
    same = normalised(np.ones((4, 2)))

    found = similar_rows(same, same[:1], 2, without=3).rows.tolist()

    assert len(found) == 2
    assert 3 not in found


def test_records_name_every_label(topics_dataset):
    rows = [
        next(n for n, ids in enumerate(topics_dataset.label_sets) if ids == wanted)
        for wanted in ([0, 2], [])
    ]

    found = records(topics_dataset, rows)

    assert [row["label"] for row in found] == ["animals, weather", ""]
    assert [row["text"] for row in found] == topics_dataset.texts(np.array(rows))


def test_position_of_a_row_that_is_not_there_is_none(toy_dataset):
    row_ids = toy_dataset.row_ids()

    assert position_of(toy_dataset, row_ids[7]) == 7
    assert position_of(toy_dataset, "nope") is None
