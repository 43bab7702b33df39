"""Whether what people want to say fits the data set they say it about."""

from collections.abc import Sequence

from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.wording import plural, shorten


def require_labels(info: DatasetInfo, labels: Sequence[str]) -> None:
    """Refuse labels that a row of this version cannot get.

    Raises:
        InvalidArgumentError: If the version does not have one of them, or a row needs exactly one.
    """
    for name in labels:
        if name not in info.label_names:
            raise InvalidArgumentError(
                f'"{shorten(name)}" is not a label of {shorten(info.title)}. '
                + did_you_mean(name, list(info.label_names))
            )
    require_fitting(info, labels)


def require_fitting(info: DatasetInfo, labels: Sequence[str]) -> None:
    """Refuse none or several labels where each row has exactly one.

    Raises:
        InvalidArgumentError: If a row of this version needs exactly one.
    """
    if info.task == "single_label" and len(labels) != 1:
        raise InvalidArgumentError(
            f"Expected exactly one label, because every row of {shorten(info.title)} has one; got "
            f"{plural(len(labels), 'label')}. Propose one."
        )
