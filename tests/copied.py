"""A program that a page gives away, run as whoever copies it would."""

import os
import subprocess
import sys
from pathlib import Path

QUIET = {"OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def run(code: str, folder: Path, **environment: str) -> list[str]:
    """The lines that the program prints; it runs from `folder`, and no warning is let pass."""
    file = folder / "copied.py"
    file.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", file],
        cwd=folder,
        env=os.environ | QUIET | environment,
        capture_output=True,
        check=False,
        timeout=600,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()
