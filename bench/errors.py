"""The one kind of error of a measurement."""

from textcls_core.errors import TextclsError


class BenchError(TextclsError):
    """A measurement cannot start or go on; the message says why and what to do."""
