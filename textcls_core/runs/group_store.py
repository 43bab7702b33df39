"""GroupStore: make, list and find the groups of a workspace."""

import logging
from dataclasses import dataclass
from pathlib import Path

from textcls_core.errors import NotFoundError, TextclsError, did_you_mean
from textcls_core.files import new_directory, write_json
from textcls_core.runs.group import GroupPlan, RunGroup
from textcls_core.runs.store import checked_id
from textcls_core.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GroupStore:
    """The folder that holds groups."""

    root: Path

    @classmethod
    def open(cls, workspace: Workspace) -> "GroupStore":
        """Return the store of a workspace."""
        return cls(workspace.groups_dir)

    def create(self, plan: GroupPlan, group_id: str) -> tuple[RunGroup, bool]:
        """Make a group folder once.

        Args:
            plan: What the group is for.
            group_id: From `runs.store.new_run_id`; the same id never makes a second group.

        Returns:
            The group, and whether this call made it.
        """
        group = RunGroup(self.root / checked_id(group_id, "group"))
        try:
            with new_directory(group.folder) as temporary:
                write_json(temporary / "group.json", plan.model_dump(mode="json"))
        except FileExistsError:
            return group, False
        return group, True

    def groups(self) -> list[RunGroup]:
        """Return all groups, newest first; a damaged one is left out and named in the log."""
        folders = (file.parent for file in self.root.glob("[0-9]*/group.json"))
        groups = [RunGroup(folder) for folder in folders]
        return sorted(filter(_is_readable, groups), key=lambda g: g.plan.created_at, reverse=True)

    def open_group(self, group_id: str) -> RunGroup:
        """Return the group with this id; `latest` is the newest one.

        Raises:
            NotFoundError: If there is none.
        """
        groups = self.groups()
        if group_id == "latest" and groups:
            return groups[0]
        for group in groups:
            if group.group_id == group_id:
                return group
        known = [group.group_id for group in groups]
        shown = "".join(c for c in group_id[:40] if c.isprintable())
        raise NotFoundError(f'Group "{shown}" does not exist. {did_you_mean(group_id, known)}')


def _is_readable(group: RunGroup) -> bool:
    """Tell whether the plan of a group can be read; one bad folder must not hide the others."""
    try:
        return bool(group.plan.kind)
    except TextclsError as error:
        logger.warning("%s", error)
        return False
