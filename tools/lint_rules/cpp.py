"""Just enough C++ reading for the rules: blanking of comments and literals, functions, namespace-scope statements."""
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*'                                   # line comment
    r'|/\*.*?\*/'                                          # block comment
    r'|(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'                                # string
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"               # character; an apostrophe inside a number is none
    , re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def blank(text: str, keep_strings: bool = False) -> str:
    """Comments become spaces; so do the insides of literals, whose quotes stay."""

    def replace(match: re.Match) -> str:
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return _spaces(token)
        if keep_strings:
            return token
        return token[0].replace("R", '"') + _spaces(token[1:-1]) + token[-1]

    return TOKEN.sub(replace, text)


@dataclass(frozen=True)
class Function:
    first_line: int
    last_line: int
    header: str
    body: str
    body_offset: int

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


@dataclass(frozen=True)
class Statement:
    """What ends in `;` at namespace or class scope; the insides of its braces are cut out."""
    line: int
    text: str
    scope: str  # namespace or type


@dataclass
class _Scope:
    kind: str  # namespace, type, function, lambda or braces
    header_offset: int = 0
    header: str = ""
    body_offset: int = 0
    start: int = 0  # where the statement began that this scope is part of
    cut: tuple[tuple[int, int], ...] = ()
    parens: int = 0  # open parentheses inside


TEMPLATE = re.compile(r"\btemplate\s*<")
KEYWORD_CALL = re.compile(r"\b(?:alignas|decltype|noexcept|__attribute__|requires)\s*\(\)")
ACCESS = re.compile(r"^\s*(?:(?:public|private|protected)\s*:\s*)+")
TYPE_WORD = re.compile(r"\b(?:class|struct|union|enum)\b")
MEMBER_INITIALIZER = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:).*[\w>]$", re.DOTALL)
ASSIGNING_OPERATOR = re.compile(r"operator\s*(?:<=>|[=!<>+\-*/%&|^]*=)")
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:\(\))?[^()=]*$")


def without_templates(header: str) -> str:
    while match := TEMPLATE.search(header):
        depth, end = 1, match.end()
        while end < len(header) and depth:
            depth += {"<": 1, ">": -1}.get(header[end], 0)
            end += 1
        header = header[: match.start()] + header[end:]
    return header


def without_arguments(text: str) -> str:
    """Empties every pair of parentheses, whatever is nested in it."""
    depth, kept = 0, []
    for char in text:
        depth -= char == ")" and depth > 0
        if depth == 0:
            kept.append(char)
        depth += char == "("
    return "".join(kept)


def _kind_of(header: str, outer: _Scope) -> str:
    """What the brace after this header opens."""
    if outer.parens > 0 or outer.kind not in ("namespace", "type"):
        return "braces"
    plain = KEYWORD_CALL.sub(" ", without_arguments(without_templates(header))).strip()
    if "=" in re.sub(r"[=!<>]=", "", ASSIGNING_OPERATOR.sub(" ", plain)):
        return "lambda" if LAMBDA.search(plain) else "braces"
    if "(" in plain:
        return "braces" if MEMBER_INITIALIZER.search(plain) else "function"
    if TYPE_WORD.search(plain):
        return "type"
    if re.search(r'\bnamespace\b|\bextern\s*"', plain):
        return "namespace"
    return "braces"


class _Reader:
    """Walks blanked code once, keeping the stack of scopes."""

    def __init__(self, code: str):
        self.code = DIRECTIVE.sub(lambda match: _spaces(match.group(0)), code)
        self.stack = [_Scope("namespace")]
        self.start = 0  # where the current statement or header began
        self.cut: tuple[tuple[int, int], ...] = ()  # insides of its braces so far
        self.functions: list[Function] = []
        self.statements: list[Statement] = []
        for match in re.finditer(r"[{}();]", self.code):
            self._step(match.group(0), match.start())

    def _step(self, char: str, at: int) -> None:
        scope = self.stack[-1]
        if char == "(":
            scope.parens += 1
        elif char == ")":
            scope.parens = max(0, scope.parens - 1)
        elif char == "{":
            self._open(at)
        elif char == "}":
            self._close(at)
        elif scope.parens == 0 and scope.kind in ("namespace", "type"):
            self._statement(at, scope.kind)
            self._restart(at + 1)

    def _restart(self, at: int) -> None:
        self.start, self.cut = at, ()

    def _line(self, offset: int) -> int:
        return self.code.count("\n", 0, offset) + 1

    def _lead(self, end: int) -> int:
        """Where the current statement's first word stands, past an access specifier."""
        text = self.code[self.start:end]
        skip = ACCESS.match(text)
        begin = self.start + (skip.end() if skip else 0)
        return begin + len(self.code[begin:end]) - len(self.code[begin:end].lstrip())

    def _text(self, begin: int, end: int) -> str:
        parts = []
        for cut_begin, cut_end in self.cut:
            parts.append(self.code[begin:cut_begin])
            begin = cut_end
        return ("".join(parts) + self.code[begin:end]).strip()

    def _open(self, at: int) -> None:
        lead = self._lead(at)
        header = self._text(lead, at)
        kind = _kind_of(header, self.stack[-1])
        self.stack.append(_Scope(kind, lead, header, at + 1, self.start, self.cut))
        self._restart(at + 1)

    def _close(self, at: int) -> None:
        if len(self.stack) == 1:
            return
        scope = self.stack.pop()
        if scope.kind in ("function", "lambda"):
            lines = self._line(scope.header_offset), self._line(at)
            self.functions.append(Function(*lines, scope.header, self.code[scope.body_offset:at], scope.body_offset))
        if scope.kind in ("function", "namespace"):
            self._restart(at + 1)
        else:
            self.start, self.cut = scope.start, (*scope.cut, (scope.body_offset, at))

    def _statement(self, at: int, kind: str) -> None:
        lead = self._lead(at)
        text = self._text(lead, at)
        if text:
            self.statements.append(Statement(self._line(lead), text, kind))


def functions(code: str) -> list[Function]:
    """Every function with a body at namespace or class scope; inner lambdas count to the function around them."""
    return _Reader(code).functions


def statements(code: str) -> list[Statement]:
    """Declarations and definitions at namespace and class scope, without the functions that have a body."""
    return _Reader(code).statements
