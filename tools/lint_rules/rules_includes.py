"""Direction: who may include whom, how an include is written, third-party fences, context isolation and cycles."""
import pathlib
import re

from . import contexts, rooms
from .finding import Finding
from .tree import Include, SourceFile, Tree

SYSTEM_HEADERS = re.compile(
    r"^(?:[a-z_0-9]+|(?:sys|net|netinet|arpa|linux|bits)/.+"
    r"|(?:unistd|fcntl|signal|poll|dirent|errno|netdb|pthread|sched|spawn|termios|pwd|execinfo|dlfcn|time|ucontext"
    r"|stdlib|stdio|string|stdint|stddef|math|limits|assert|ctype|getopt|syslog|ftw|glob|semaphore|ifaddrs)\.h)$")


def is_third_party(include: Include) -> bool:
    return include.angled and not SYSTEM_HEADERS.match(include.target)


def _project_includes(tree: Tree, file: SourceFile) -> list[tuple[Include, SourceFile]]:
    return [(include, tree.by_path[include.target]) for include in file.includes if include.target in tree.by_path]


def places(tree: Tree):
    """room: all C++ code lives in a room of the table."""
    for file in tree.cpp:
        if rooms.room_of(file.path) is None:
            yield Finding(file.path, 1, "room", "this folder is no room of the project",
                          "move the file to a folder that tools/lint_rules/rooms.py names; docs/ and deploy/ hold no code")


def include_form(tree: Tree):
    """include-form: project headers in quotes by their path from the root, all others in angle brackets."""
    for file in tree.cpp:
        for include in file.includes:
            known = rooms.layer_of(include.target) is not None
            if include.angled == known or ".." in pathlib.PurePosixPath(include.target).parts:
                yield Finding(file.path, include.line, "include-form", f"include of {include.target}",
                              'write "folder/file.hpp" from the project\'s root for own headers, <header> for all others')


def allowed(tree: Tree):
    """allowed-includes: the table in rooms.py says which room may see which."""
    for file in tree.cpp:
        room = rooms.room_of(file.path)
        for include in file.includes if room else []:
            if rooms.layer_of(include.target) and not rooms.may_see(room, include.target):
                seen = ", ".join((room.folder, *room.may_see))
                yield Finding(file.path, include.line, "allowed-includes", f"{room.folder} must not see {include.target}",
                              f"it may see only {seen}: meet through a port or a schema, or move the code to the room it belongs to")


def context_isolation(tree: Tree):
    """context-isolation: no context's domain file reaches another context's domain file, directly or through a third."""
    for file in tree.cpp:
        own = contexts.domain_context_of(file.path)
        for include, target in _project_includes(tree, file) if own else []:
            for reached in sorted(_reach(tree, target.path)):
                other = contexts.domain_context_of(reached)
                if other and other != own:
                    yield Finding(file.path, include.line, "context-isolation",
                                  f"{own} reaches {reached}, which belongs to {other}",
                                  "contexts meet in sagas, views and queries; what both need belongs to core or schemas")
                    break


def _reach(tree: Tree, path: str) -> frozenset[str]:
    """This file and all project files that it includes, at any depth."""
    cache = tree.__dict__.setdefault("reach_cache", {})
    if path not in cache:
        seen, todo = set(), [path]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += [target.path for _, target in _project_includes(tree, tree.by_path[at])]
        cache[path] = frozenset(seen)
    return cache[path]


def _fenced(file: SourceFile) -> list[tuple[Include, rooms.Fence]]:
    return [(include, fence) for include in file.includes for fence in rooms.FENCES
            if include.angled and include.target.startswith(fence.prefix)]


def fences(tree: Tree):
    """fence: some third-party headers stay in one folder, and reach nobody else through a header of it."""
    for file in tree.cpp:
        for include, fence in _fenced(file):
            if not any(rooms.is_below(file.path, folder) for folder in fence.allowed):
                yield _fence_finding(file, include, fence, f"<{include.target}> outside its fence")
        for include, target in _project_includes(tree, file):
            yield from _leaks(tree, file, include, target)


def _leaks(tree: Tree, file: SourceFile, include: Include, target: SourceFile):
    for reached in sorted(_reach(tree, target.path)):
        for fenced, fence in _fenced(tree.by_path[reached]):
            home = any(rooms.is_below(reached, folder) for folder in fence.allowed)
            if home and fence.prefix != "flatbuffers/" and not any(rooms.is_below(file.path, folder) for folder in fence.allowed):
                yield _fence_finding(file, include, fence, f"{include.target} brings in <{fenced.target}> by way of {reached}")
                return


def _fence_finding(file: SourceFile, include: Include, fence: rooms.Fence, problem: str) -> Finding:
    return Finding(file.path, include.line, "fence", problem,
                   f"keep {fence.prefix} in {', '.join(fence.allowed)}, behind a port or a header that names no type of it")


def public_headers(tree: Tree):
    """public-header: headers are contracts, so they name no third-party type (generated messages excepted)."""
    for file in tree.cpp:
        inner = any(rooms.is_below(file.path, folder) for folder in rooms.INNER_HEADERS)
        for include in file.includes if file.is_header and not inner else []:
            if is_third_party(include) and not _is_home_of_flatbuffers(file.path, include):
                yield Finding(file.path, include.line, "public-header", f"<{include.target}> in a public header",
                              "include it in the .cpp and keep its types behind your own (forward declaration, owner, plain struct)")


def _is_home_of_flatbuffers(path: str, include: Include) -> bool:
    return any(fence.prefix == "flatbuffers/" and include.target.startswith(fence.prefix)
               and any(rooms.is_below(path, folder) for folder in fence.allowed) for fence in rooms.FENCES)


def cycles(tree: Tree):
    """cycle: neither files nor folders include one another in a circle."""
    files = {file.path: {target.path: include.line for include, target in _project_includes(tree, file)} for file in tree.cpp}
    yield from _cycle_findings(files, lambda path: (path, None), "file")
    folders: dict[str, dict[str, int]] = {}
    witness: dict[tuple[str, str], tuple[str, int]] = {}
    for file in tree.cpp:
        for include, target in _project_includes(tree, file):
            here, there = file.folder, target.folder
            # A folder and what is below it are one place: a table may list what its sub-folder holds.
            if not rooms.is_below(here, there) and not rooms.is_below(there, here):
                folders.setdefault(here, {})[there] = include.line
                folders.setdefault(there, {})
                witness.setdefault((here, there), (file.path, include.line))
    yield from _cycle_findings(folders, lambda edge: witness[edge], "folder")


def _cycle_findings(graph, locate, what: str):
    for circle in _circles(graph):
        step = (circle[0], circle[1 % len(circle)])
        path, line = (circle[0], graph[step[0]][step[1]]) if what == "file" else locate(step)
        yield Finding(path, line, "cycle", f"{what} cycle: {' -> '.join([*circle, circle[0]])}",
                      "break the circle: move what both need into a file below them, or turn one side into a port")


def _circles(graph: dict[str, dict[str, int]]) -> list[list[str]]:
    """One shortest circle for each strongly connected set of nodes."""
    found, covered = [], set()
    for node in sorted(graph):
        if node not in covered and (circle := _shortest_circle(graph, node)):
            covered.update(circle)
            found.append(circle)
    return found


def _shortest_circle(graph: dict[str, dict[str, int]], origin: str) -> list[str] | None:
    before, queue = {origin: None}, [origin]
    for at in queue:
        for following in sorted(graph.get(at, {})):
            if following == origin:
                return _trail(before, at)
            if following not in before:
                before[following] = at
                queue.append(following)
    return None


def _trail(before: dict[str, str | None], at: str) -> list[str]:
    trail = []
    while at is not None:
        trail.insert(0, at)
        at = before[at]
    return trail
