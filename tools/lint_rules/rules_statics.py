"""No code runs before main: objects outside functions are constant-initialised, and registration is a visible table."""
import re

from . import cpp, rooms
from .finding import Finding
from .tree import Tree

NOT_A_VARIABLE = re.compile(
    r"^(?:using|typedef|static_assert|friend|namespace|return|goto|concept|asm|public|private|protected|extern\s+template)\b"
    r"|^(?:class|struct|union|enum)\b[^{}=]*(?:\{\s*\})?$")
CONSTANT = re.compile(r"\b(?:constexpr|constinit|consteval)\b|^extern\b(?!.*=)")
OPERATOR = re.compile(r"\boperator\b")
BUILTIN = {"int", "char", "bool", "long", "short", "unsigned", "signed", "void", "auto", "size_t", "double", "float"}
REMEDY = "make it constexpr or constinit; what needs a constructor is made in the composition root, registration is a constexpr table"


def static_construction(tree: Tree):
    """static-construction: no object outside a function is made by code that runs before main."""
    for file in tree.cpp:
        if rooms.is_below(file.path, "tests"):
            continue  # doctest's own macros register cases this way
        for statement in cpp.statements(file.code):
            if _runs_before_main(statement):
                first = re.sub(r"\s+", " ", statement.text)[:60]
                yield Finding(file.path, statement.line, "static-construction", f"`{first}` is not constant-initialised", REMEDY)


def _runs_before_main(statement: cpp.Statement) -> bool:
    text = cpp.without_templates(re.sub(r"\[\[.*?\]\]", " ", statement.text)).strip()
    if NOT_A_VARIABLE.search(text) or CONSTANT.search(text) or OPERATOR.search(text):
        return False
    if statement.scope == "type" and not re.search(r"\binline\b", text):
        return False
    plain = cpp.without_arguments(text)
    declared = re.split(r"=|\{", plain, maxsplit=1)[0]
    if "(" in declared:
        return _constructs(text)
    # A variable has at least a type and a name; a lone word is a macro or a stray semicolon.
    return len(re.findall(r"[\w:]+", declared)) >= 2


def _constructs(text: str) -> bool:
    """`Type name(arguments);` looks like a function's declaration unless an argument is a value."""
    match = re.match(r"^(?:static\s+|inline\s+|const\s+)*[\w:]+(?:<.*?>)?\s+\w+\((.+)\)$", text, re.DOTALL)
    if not match:
        return False
    values = [argument.strip() for argument in match.group(1).split(",")]
    return all(re.match(r'^(?:["\d\-&][\w\s"\'.]*|(?:[a-z]\w*::)*[a-z]\w*\(\)|[a-z][a-z0-9_]*)$', value)
               and value not in BUILTIN and not value.endswith("_t") for value in values)
