"""What counts as a word where texts of any language are counted."""

_NO_SPACES = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, kana and Han: scripts written without spaces between words."""
WORD_PATTERN = rf"(?u)[{_NO_SPACES}]|[^\W{_NO_SPACES}]{{2,}}"
"""scikit-learn's own pattern, but that each character of these scripts is a word."""
