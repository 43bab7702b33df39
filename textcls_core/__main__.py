"""`python -m textcls_core`: the command line."""

import sys

from textcls_core.cli.main import main

sys.exit(main(sys.argv[1:]))
