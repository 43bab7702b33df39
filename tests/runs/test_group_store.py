"""Tests of the folder that holds groups."""

import pytest

from tests.groups import GROUP_ID, make_group
from textcls_core.errors import NotFoundError
from textcls_core.runs.group_store import GroupStore
from textcls_core.workspace import Workspace

OLDER = "20260101-115959-0123abcd"


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace."""
    return Workspace(tmp_path)


def test_a_group_is_made_once(workspace):
    first = make_group(workspace)

    second, is_new = GroupStore.open(workspace).create(first.plan, GROUP_ID)

    assert not is_new
    assert second == first


@pytest.mark.parametrize("group_id", ["../escape", "x", f"{GROUP_ID}\n"])
def test_an_id_that_was_not_made_here_is_refused(workspace, group_id):
    plan = make_group(workspace).plan

    with pytest.raises(NotFoundError, match=r"is not a group id\. Ids are made by the app\."):
        GroupStore.open(workspace).create(plan, group_id)


def test_groups_come_newest_first_and_leave_out_damaged_ones(workspace, caplog):
    older, newer = (
        make_group(workspace, group_id=OLDER, age_seconds=90),
        make_group(workspace, age_seconds=30),
    )
    damaged = make_group(workspace, group_id="20260101-120003-0123abcd")
    (damaged.folder / "group.json").write_text("{")

    assert GroupStore.open(workspace).groups() == [newer, older]
    assert "not valid JSON" in caplog.text


def test_a_group_is_found_by_its_id_or_as_the_latest(workspace):
    group, store = make_group(workspace), GroupStore.open(workspace)

    assert store.open_group(GROUP_ID) == store.open_group("latest") == group


@pytest.mark.parametrize("group_id", ["nope", "../.."])
def test_an_unknown_group_is_refused_with_what_is_known(workspace, group_id):
    make_group(workspace)

    with pytest.raises(NotFoundError, match=rf'Group ".*" does not exist\. Known: "{GROUP_ID}"'):
        GroupStore.open(workspace).open_group(group_id)


def test_the_latest_of_no_groups_is_refused(workspace):
    with pytest.raises(NotFoundError, match=r"There are none yet\."):
        GroupStore.open(workspace).open_group("latest")
