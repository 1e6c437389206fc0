"""Every verb is a script that can be run as it is and says what it does."""
import os
import subprocess

from .finding import Finding
from .tree import SourceFile, Tree

HELP_SECONDS_MAX = 20
REMEDY_HELP = "answer --help with a usage text on stdout and exit 0, before doing anything else"


def _verbs(tree: Tree) -> list[SourceFile]:
    return [file for file in tree.files if file.folder == "tools" and file.suffix == "" or file.path == ".ci/run"]


def executable(tree: Tree):
    """script-executable: scripts start with #! and have their executable bit."""
    for file in _verbs(tree):
        if not os.access(file.full, os.X_OK) or not file.text.startswith("#!"):
            yield Finding(file.path, 1, "script-executable", "the script can't be run as it is", f"start it with #! and chmod +x {file.path}")


def answers_help(tree: Tree):
    """script-help: every script answers --help."""
    for file in _verbs(tree):
        if os.access(file.full, os.X_OK) and file.text.startswith("#!") and (problem := _problem_with_help(file)):
            yield Finding(file.path, 1, "script-help", problem, REMEDY_HELP)


def _problem_with_help(file: SourceFile) -> str | None:
    try:
        done = subprocess.run([file.full, "--help"], capture_output=True, stdin=subprocess.DEVNULL, timeout=HELP_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return f"--help took more than {HELP_SECONDS_MAX} seconds"
    except OSError as error:
        return f"--help could not be run: {error}"
    if done.returncode != 0:
        return f"--help exits {done.returncode}"
    return None if done.stdout.strip() else "--help prints nothing"
