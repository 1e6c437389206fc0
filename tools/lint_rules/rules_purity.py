"""Pure rooms: no clock, random, thread, lock, file, environment, logging or floating point; no catch-all over messages."""
import re

from . import rooms
from .finding import Finding
from .tree import SourceFile, Tree

BANNED_HEADERS = {
    "random": "randomness", "thread": "threads", "stop_token": "threads", "future": "threads", "barrier": "threads",
    "latch": "threads", "semaphore": "locks", "mutex": "locks", "shared_mutex": "locks", "condition_variable": "locks",
    "atomic": "locks", "fstream": "files", "filesystem": "files", "iostream": "files", "syncstream": "files",
    "ctime": "the clock", "csignal": "signals",
}
BANNED_CODE = (
    ("the clock", re.compile(r"::now\s*\(|\b(?:clock_gettime|gettimeofday|system_clock|steady_clock|high_resolution_clock)\b"
                             r"|\bstd::time\s*\(|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0)\s*\)")),
    ("randomness", re.compile(r"\bs?rand\s*\(|\brandom_device\b|\bmt19937(?:_64)?\b|\bRAND_bytes\b|\brandombytes_\w+|\bgetrandom\s*\(")),
    ("threads", re.compile(r"\bstd::(?:jthread|thread|async)\b|\bpthread_\w+|\bsleep_for\b|\busleep\s*\(")),
    ("locks", re.compile(r"\bstd::(?:\w*mutex|lock_guard|scoped_lock|unique_lock|atomic\w*|condition_variable\w*|call_once)\b")),
    ("files", re.compile(r"\b(?:fopen|fread|fwrite|freopen|fclose|opendir)\s*\(|(?<![\w:.>])::open\s*\(|\bstd::filesystem\b|\b[io]?fstream\b"
                         r"|\bstd::(?:cin|cout|cerr|clog)\b|(?<![\w])(?:std::)?(?:printf|puts|putchar)\s*\(|\bstdout\b")),
    ("the environment", re.compile(r"\b(?:secure_)?(?:getenv|setenv|putenv)\s*\(|\benviron\b")),
    ("logging", re.compile(r"\bspdlog\b|\bsyslog\s*\(")),
)
STDERR = re.compile(r"\bstderr\b")
STDERR_ALLOWED = "core/check.cpp"  # the last words of a process that ends
FLOATING = re.compile(r"\b(?:float|double)\b|\bstd::(?:float|double)_t\b")
DEFAULT_CASE = re.compile(r"\bdefault\s*:(?!:)")
NAMED_CASE = re.compile(r"\bcase\s+[A-Za-z_]")
CATCH_ALL_LAMBDA = re.compile(r"\]\s*\(\s*(?:const\s+)?auto\s*(?:&&?|\.\.\.)?\s*(?:\.\.\.)?\s*\)|\]\s*\(\s*\.\.\.\s*\)")
MUTABLE_LOCAL = re.compile(r"(?:^|[;{}])\s*((?:static|thread_local)\b[^;{}()=]*)", re.MULTILINE)
REMEDY = "a pure room gets time, randomness and settings as fields of its input; move what acts on the world behind a port"


def _pure(tree: Tree) -> list[SourceFile]:
    return [file for file in tree.cpp if rooms.is_pure(file.path)]


def purity(tree: Tree):
    """purity: pure rooms contain no clock, random, thread, lock, file, environment or logging."""
    for file in _pure(tree):
        for include in file.includes:
            reason = BANNED_HEADERS.get(include.target) if include.angled else None
            if include.angled and re.match(r"spdlog/", include.target):
                reason = "logging"
            elif include.angled and re.match(r"sys/|net/|netinet/|arpa/|linux/|boost/asio|.*(?<!sodium)(?<!zstd)\.h$", include.target) \
                    and not re.match(r"(?:openssl|flatbuffers|sodium|fmt)/", include.target):
                reason = "the operating system"
            if reason:
                yield Finding(file.path, include.line, "purity", f"<{include.target}> brings {reason} into a pure room", REMEDY)
        for reason, pattern in BANNED_CODE:
            for match in pattern.finditer(file.code):
                yield Finding(file.path, file.line_of(match.start()), "purity",
                              f"`{match.group(0).strip()}`: {reason} in a pure room", REMEDY)
        for match in STDERR.finditer(file.code) if file.path != STDERR_ALLOWED else ():
            yield Finding(file.path, file.line_of(match.start()), "purity", "output in a pure room", REMEDY)


def hidden_state(tree: Tree):
    """hidden-state: a pure function remembers nothing between calls."""
    for file in _pure(tree):
        for function in file.functions:
            for match in MUTABLE_LOCAL.finditer(function.body):
                if not re.search(r"\b(?:const|constexpr|constinit)\b", match.group(1)):
                    yield Finding(file.path, file.line_of(function.body_offset + match.start(1)), "hidden-state",
                                  f"`{match.group(1).strip()}` survives the call", "pass the state in and return it, or make it const")


def floating_point(tree: Tree):
    """floating-point: money and quantities are integers wherever rules are decided."""
    for file in _pure(tree):
        for match in FLOATING.finditer(file.code):
            yield Finding(file.path, file.line_of(match.start()), "floating-point", f"`{match.group(0)}` in a pure room",
                          "use Money, Amount or a whole number of a small unit, with explicit rounding")


def catch_all(tree: Tree):
    """catch-all: no `default:` over named cases and no visitor for every type, so that a new message breaks what must think of it."""
    remedy = "name each case; what has nothing to do says so case by case, or the function ends after the switch"
    for file in _pure(tree):
        found = [(at, "`default:` over named cases") for at in _defaults_over_names(file.code)]
        found += [(match.start(), "a visitor for every type") for match in CATCH_ALL_LAMBDA.finditer(file.code)]
        for at, what in found:
            yield Finding(file.path, file.line_of(at), "catch-all", f"{what} hides messages that are added later", remedy)


def _defaults_over_names(code: str) -> list[int]:
    """A switch over characters or numbers is open by nature; one over enumerators is a closed set."""
    return [match.start() for match in DEFAULT_CASE.finditer(code) if NAMED_CASE.search(_block_around(code, match.start()))]


def _block_around(code: str, at: int) -> str:
    """The code of the innermost braces around this place."""
    begin, end = at, at
    for step in (-1, 1):
        opening, closing, depth, position = ("}", "{", 0, at) if step < 0 else ("{", "}", 0, at)
        while 0 <= position < len(code) and not (code[position] == closing and depth == 0):
            depth += (code[position] == opening) - (code[position] == closing)
            position += step
        begin, end = (position + 1, end) if step < 0 else (begin, position)
    return code[begin:end]
