"""The files under inspection: what git tracks or would track, with their text, blanked C++ code and includes."""
import functools
import pathlib
import re
import subprocess
from dataclasses import dataclass

from . import cpp

CPP_SUFFIXES = {".cpp", ".hpp", ".h"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class NoWorkTree(Exception):
    """git can't say which files belong to the project."""


@dataclass(frozen=True)
class Include:
    line: int
    target: str
    angled: bool


class SourceFile:
    """One file. `path` is relative to the root, with forward slashes; binary files have empty text."""

    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.full = root / path
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.stem = pathlib.PurePosixPath(path).stem
        self.folder = str(pathlib.PurePosixPath(path).parent)
        self.is_cpp = self.suffix in CPP_SUFFIXES
        self.is_header = self.suffix in {".hpp", ".h"}

    @functools.cached_property
    def text(self) -> str:
        data = self.full.read_bytes()
        if b"\0" in data:
            return ""
        return data.decode("utf-8", errors="replace")

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def code(self) -> str:
        """The C++ text with comments and the insides of literals blanked out; offsets and lines stay the same."""
        return cpp.blank(self.text)

    @functools.cached_property
    def includes(self) -> list[Include]:
        if not self.is_cpp:
            return []
        found = []
        for match in INCLUDE.finditer(cpp.blank(self.text, keep_strings=True)):
            found.append(Include(self.line_of(match.start(1)), match.group(2), match.group(1) == "<"))
        return found

    @functools.cached_property
    def functions(self) -> list[cpp.Function]:
        return cpp.functions(self.code) if self.is_cpp else []

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1


class Tree:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.files = [SourceFile(root, path) for path in sorted(_paths(root))]
        self.by_path = {file.path: file for file in self.files}
        self.cpp = [file for file in self.files if file.is_cpp]


def _paths(root: pathlib.Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise NoWorkTree(f"{root} is not a work tree that git can list: {done.stderr.decode(errors='replace').strip()}")
    return [path for path in set(done.stdout.decode().split("\0")) if path and (root / path).is_file()]
