"""How a file begins, what it must not say, how it is called and how big it and its functions may grow."""
import ast
import pathlib
import re

from . import rooms
from .finding import Finding
from .tree import SourceFile, Tree

BANNED_NAMES = {"events", "commands", "util", "utils", "utility", "utilities", "common", "helper", "helpers",
                "manager", "managers", "misc", "stuff", "types", "shared", "base"}
BANNED_ENDINGS = ("_util", "_utils", "_helper", "_helpers", "_manager")
DATA_SUFFIXES = {".csv", ".zst", ".gz", ".svg", ".png", ".bin", ".tsv"}
SIZED_SUFFIXES = {".cpp", ".hpp", ".h", ".fbs", ".py", ".sh", ".cmake", ".js", ".css", ".html", ""}
FILE_WARN, FILE_MAX = 400, 600
FUNCTION_WARN, FUNCTION_MAX = 35, 70
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.\-:/>)}])/(?:(?:work|root|home)/|tmp\b)")


def first_comment(tree: Tree):
    """first-comment: every source file starts with one sentence that says its job."""
    for file in tree.files:
        lines = [line for line in file.lines if not line.startswith("#!")]
        first = lines[0] if lines else ""
        if file.is_cpp or file.suffix == ".fbs":
            good = re.match(r"// ?\S.{10,}", first)
        elif file.suffix == ".py":
            good = re.match(r'(?:"""|# )\S.{10,}', first)
        else:
            continue
        if not good:
            yield Finding(file.path, 1, "first-comment", "the file does not start with its job",
                          "make the first line a comment of one sentence that says what this file is for")


def pragma_once(tree: Tree):
    """pragma-once: headers guard themselves."""
    for file in tree.cpp:
        if file.is_header and not re.search(r"^#pragma once$", file.code, re.MULTILINE):
            yield Finding(file.path, 1, "pragma-once", "header without `#pragma once`", "put `#pragma once` on the second line")


def unfinished(tree: Tree):
    """unfinished: no notes that stand in for work."""
    for file, number, line in _prose(tree):
        if match := UNFINISHED.search(line):
            yield Finding(file.path, number, "unfinished", f"a note ({match.group(0)}) stands in for work", "do it now, or open an issue and remove the note")


def machine_paths(tree: Tree):
    """machine-path: nothing leans on one machine's folders."""
    for file, number, line in _prose(tree):
        if match := MACHINE_PATH.search(line):
            yield Finding(file.path, number, "machine-path", f"absolute path {match.group(0)}",
                          "ask for a temporary folder (mktemp -d, temp_directory_path), or take the path as an argument")


def _prose(tree: Tree):
    for file in tree.files:
        if file.suffix not in DATA_SUFFIXES and file.stem != "LICENSE":
            for number, line in enumerate(file.lines, 1):
                yield file, number, line


def banned_names(tree: Tree):
    """banned-name: below a layer, names say the role and the context; a catch-all name says neither."""
    for file in tree.files:
        if rooms.layer_of(file.path) is None:
            continue
        inside = pathlib.PurePosixPath(file.path).parts[1:]
        for name in (*inside[:-1], inside[-1].split(".")[0]):
            if name.lower() in BANNED_NAMES or name.lower().endswith(BANNED_ENDINGS):
                yield Finding(file.path, 1, "banned-name", f"`{name}` is a name for anything",
                              "name it after what it does or the context it serves, next to what uses it")


def file_size(tree: Tree):
    """file-size: a file that nears 400 lines becomes a folder; past 600 it fails."""
    for file in tree.files:
        count = len(file.lines)
        if file.suffix in SIZED_SUFFIXES and file.stem != "LICENSE" and count > FILE_WARN:
            yield Finding(file.path, count, "file-size", f"{count} lines (warns over {FILE_WARN}, fails over {FILE_MAX})",
                          "split it by use case into a folder of the same name", warning=count <= FILE_MAX)


def function_size(tree: Tree):
    """function-size: a function is read in one look: 35 lines; past 70 it fails."""
    for file in tree.files:
        for line, count, name in _functions(file):
            if count > FUNCTION_WARN:
                yield Finding(file.path, line, "function-size", f"{name} has {count} lines (warns over {FUNCTION_WARN}, fails over {FUNCTION_MAX})",
                              "take out the steps that have a name of their own", warning=count <= FUNCTION_MAX)


def _functions(file: SourceFile) -> list[tuple[int, int, str]]:
    if file.is_cpp:
        return [(function.first_line, function.lines, _name_of(function.header)) for function in file.functions]
    if file.suffix == ".py" or file.text.startswith("#!/usr/bin/env python3"):
        nodes = [node for node in ast.walk(ast.parse(file.text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        return [(node.lineno, node.end_lineno - node.lineno + 1, node.name) for node in nodes]
    return []


def _name_of(header: str) -> str:
    match = re.search(r"([\w:~]+|operator\W+)\s*\(", header)
    return match.group(1) if match else "a lambda"
