"""Start TextCLS Studio, or check it: `python studio.py` and `python studio.py check`.

Needs Python 3.11 or newer and nothing else: it makes its own environment in `.venv`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"


def main() -> int:
    """Run the chosen command in the project's own environment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", nargs="?", choices=["app", "check"], default="app")
    parser.epilog = "Further arguments are passed on to streamlit or pytest."
    arguments, rest = parser.parse_known_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - the reader may start it with an older Python
        print("TextCLS Studio needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    try:
        if arguments.command == "app":
            return start_app(rest)
        return check(rest)
    except KeyboardInterrupt:
        return 0
    except subprocess.CalledProcessError as error:
        print(f"This command failed, see above: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        print("On Debian and Ubuntu, install python3-venv and delete .venv.", file=sys.stderr)
        return 1


def start_app(rest: list[str]) -> int:
    """Install what the app needs and open it in the browser."""
    prepare("requirements.txt")
    show = [] if os.environ.get("CI") else ["--server.headless=false"]
    return run("-m", "streamlit", "run", "streamlit_app.py", *show, *rest)


def check(rest: list[str]) -> int:
    """Run every check and test; return the first exit code that is not 0."""
    prepare("requirements-dev.txt")
    for step in (
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
    ):
        print("+", " ".join(step), flush=True)
        code = run(*step)
        if code:
            return code
    return check_tests_and_types(rest)


def check_tests_and_types(rest: list[str]) -> int:
    """Run the tests on all cores with mypy beside them; on its own it keeps one core waiting."""
    spread = ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile")
    print("+ -m mypy, and beside it -m pytest", *spread, *rest, flush=True)
    with ThreadPoolExecutor() as beside:
        types = beside.submit(run, "-m", "mypy")
        tests = run("-m", "pytest", *spread, "--no-loadscope-reorder", *rest)
    if types.result():
        print("mypy found mistakes: see its lines above.", file=sys.stderr)
    return tests or types.result()


def prepare(requirements: str) -> None:
    """Make the environment, and install the requirements unless they are installed already."""
    if not any((BIN / name).exists() for name in ("pip", "pip.exe")):  # none, or half made
        print("Making the environment in .venv", flush=True)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    wanted = "\n".join((ROOT / name).read_text() for name in requirement_files(requirements))
    stamp = ENVIRONMENT / f"installed-{requirements}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {requirements}; the first time this takes some minutes", flush=True)
    subprocess.run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",  # done below, on all cores
            "-r",
            requirements,
        ],
        cwd=ROOT,
        check=True,
    )
    subprocess.run([PYTHON, "-m", "compileall", "-qq", "-j", "0", ENVIRONMENT], check=False)
    stamp.write_text(wanted)


def requirement_files(requirements: str) -> list[str]:
    """Return the requirement files that decide what is installed."""
    return sorted({"requirements.txt", requirements})


def run(*arguments: str) -> int:
    """Run Python in the project's environment from the project's folder."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
