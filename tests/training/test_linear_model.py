"""Tests of linear models of one label or several, against scikit-learn itself."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from textcls_core.training.linear_model import fit_linear

SVM, REGRESSION = LinearSVC(random_state=0), LogisticRegression()


@pytest.fixture
def features(generator):
    return generator.normal(size=(40, 3))


@pytest.fixture
def sets(features):
    """Two labels that follow from the features, as 0 and 1 in float32."""
    return (features[:, :2] + 0.3 * features[:, 2:] > 0).astype(np.float32)


def test_one_label_has_the_probabilities_of_the_model(features, sets):
    label_ids = sets.sum(axis=1).astype(int)

    found = fit_linear(REGRESSION, features, label_ids, 3)(features)

    expected = LogisticRegression().fit(features, label_ids).predict_proba(features)
    np.testing.assert_allclose(found, expected)


def test_one_label_without_probabilities_is_certain(features, sets):
    label_ids = sets.sum(axis=1).astype(int)

    found = fit_linear(SVM, csr_matrix(features), label_ids, 3)(csr_matrix(features))

    expected = LinearSVC(random_state=0).fit(csr_matrix(features), label_ids)
    np.testing.assert_array_equal(found.argmax(axis=1), expected.predict(csr_matrix(features)))
    np.testing.assert_array_equal(np.sort(found, axis=1), [[0, 0, 1]] * 40)


def test_class_without_rows_gets_no_probability(features, sets):
    label_ids = 2 * sets[:, 0].astype(int)

    found = fit_linear(REGRESSION, features, label_ids, 4)(features)

    assert found.shape == (40, 4)
    assert not found[:, [1, 3]].any()


def test_several_labels_have_a_model_each(features, sets):
    expected = OneVsRestClassifier(LogisticRegression()).fit(features, sets)

    found = fit_linear(REGRESSION, features, sets, 2)(features)

    np.testing.assert_allclose(found, expected.predict_proba(features))


def test_several_labels_without_probabilities_are_yes_or_no(features, sets):
    expected = OneVsRestClassifier(LinearSVC(random_state=0)).fit(features, sets)

    found = fit_linear(SVM, features, sets, 2)(features)

    np.testing.assert_array_equal(found, expected.predict(features))


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("estimator", [SVM, REGRESSION], ids=["svm", "regression"])
def test_label_that_is_the_same_in_all_rows_is_always_answered(features, sets, estimator, value):
    sets[:, 1] = value

    found = fit_linear(estimator, features, sets, 2)(features[:5])

    assert found[:, 1].tolist() == [value] * 5
    assert 0 < found[:, 0].sum() < 5
