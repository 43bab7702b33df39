"""The frame of every HTML file we write: no request leaves it, and it follows the theme."""

from textcls_core.reporting.markup import Safe, text
from textcls_core.reporting.style import CONTENT_POLICY, STYLE


def document(title: str, main: Safe, *, policy: str = CONTENT_POLICY, style: str = "") -> str:
    """Return a whole HTML document.

    Args:
        title: In the tab of the browser.
        main: What it shows.
        policy: What the browser may fetch and run.
        style: Rules of ours, beyond those of all documents.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}{style}</style></head>\n"
        f"<body>{main}</body></html>\n"
    )
