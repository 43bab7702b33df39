"""`python -m bench NAME [--json]`: run one measurement and print its figures."""

import argparse
import json
import sys

from bench import pages

BENCHES = {"pages": pages.measure}


def main() -> int:
    """Run the chosen measurement."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    figures = BENCHES[arguments.name]()
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
