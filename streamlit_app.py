"""TextCLS Studio: declares the pages and runs the chosen one."""

from pages._app import frame

frame.run()
