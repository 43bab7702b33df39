"""GroupStore: make, list and find the groups of a workspace."""

from dataclasses import dataclass
from pathlib import Path

from textcls_core.runs.group import GroupPlan, RunGroup
from textcls_core.runs.store import checked_id, make_once, pick, readable
from textcls_core.workspace import Workspace


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
        return group, make_once(group.folder, "group.json", plan)

    def groups(self) -> list[RunGroup]:
        """Return all groups, newest first; a damaged one is left out and named in the log."""
        folders = (file.parent for file in self.root.glob("[0-9]*/group.json"))
        groups = [RunGroup(folder) for folder in folders]
        known = readable(groups, lambda group: group.plan)
        return sorted(known, key=lambda group: group.plan.created_at, reverse=True)

    def open_group(self, group_id: str) -> RunGroup:
        """Return the group with this id; `latest` is the newest one.

        Raises:
            NotFoundError: If there is none.
        """
        return pick(self.groups(), group_id, "Group")
