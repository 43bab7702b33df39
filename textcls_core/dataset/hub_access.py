"""Whether the Hugging Face hub can be reached, told at once and not after a time-out."""

import os
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies

_CONNECT_SECONDS = 3.0


def why_unreachable() -> str | None:
    """Return why nothing can be downloaded, as the end of a sentence; None if it may work."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return "HF_HUB_OFFLINE is set"
    if getproxies():  # a proxy decides what can be reached; the download will tell
        return None
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = endpoint.port or (443 if endpoint.scheme == "https" else 80)
    try:
        socket.create_connection((endpoint.hostname or "", port), _CONNECT_SECONDS).close()
    except OSError:
        return f"{endpoint.hostname} cannot be reached"
    return None
