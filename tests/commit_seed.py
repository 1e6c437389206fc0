"""A seed that the commit decides, so that each landing explores what no other has, and the same commit the same again."""
import os
import subprocess
from pathlib import Path


def of_commit(variable):
    """As text; the environment's variable goes before the commit. Where there is no commit, it is always the same one."""
    root = Path(__file__).resolve().parents[1]
    try:
        head = subprocess.run(["git", "-C", str(root), "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        head = "1"
    return os.environ.get(variable) or str(int(head, 16) % 1_000_000_000 * 100_000)
