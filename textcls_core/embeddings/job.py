"""What the background jobs of this room do; see `textcls_core.jobs`."""

from typing import Any

from textcls_core.embeddings.computing import MAX_ROWS, compute_embeddings
from textcls_core.embeddings.store import MAX_TOKENS
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Compute embeddings.

    Args:
        workspace: Where data sets and embeddings are kept.
        arguments: `fingerprint` and `source`; `num_tokens` and `max_rows` if not the usual ones.
        progress: Reports, and raises when asked to stop.
    """
    compute_embeddings(
        workspace,
        str(arguments["fingerprint"]),
        str(arguments["source"]),
        num_tokens=int(arguments.get("num_tokens", MAX_TOKENS)),
        max_rows=int(arguments.get("max_rows", MAX_ROWS)),
        progress=progress,
    )
