"""How the versions of a data set came from one another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textcls_core.dataset.store import DatasetInfo, DatasetStore


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version in the tree of its data set."""

    info: DatasetInfo
    depth: int
    """Steps from a version that was imported, 0 for that one."""
    parent_version: int | None
    """Version number of the parent; None if it was imported or the parent was deleted."""


def newest_version(store: DatasetStore, name: str) -> DatasetInfo:
    """Return the newest version that bears a name itself, not as another name.

    Raises:
        NotFoundError: If there is none.
    """
    named = (info for info in store.versions() if info.name == name)
    found = next(named, None)
    return store.find(name) if found is None else found


def history_of(infos: Sequence[DatasetInfo], info: DatasetInfo) -> list[HistoryEntry]:
    """Return all versions with the name of `info`, each below the version it was made from."""
    members = {other.fingerprint: other for other in infos if other.name == info.name}
    children: dict[str | None, list[DatasetInfo]] = defaultdict(list)
    for member in sorted(members.values(), key=lambda other: other.version):
        children[member.parent if member.parent in members else None].append(member)
    return list(_below(None, children, members, 0))


def _below(
    parent: str | None,
    children: dict[str | None, list[DatasetInfo]],
    members: dict[str, DatasetInfo],
    depth: int,
) -> Iterator[HistoryEntry]:
    for info in children[parent]:
        number = members[parent].version if parent else None
        yield HistoryEntry(info, depth, number)
        yield from _below(info.fingerprint, children, members, depth + 1)
