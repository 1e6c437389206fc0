"""The bounded contexts and what each layer must hold of them: one table, one file pair per context and layer."""
import fnmatch
import re

from .finding import Finding
from .tree import Tree

CONTEXTS = ("orders", "payments", "inventory", "delivery", "catalog", "customers", "identity", "carts", "pricing",
            "suppliers", "notifications", "recommendations", "invoices", "access")
# What a layer holds of a context, any one of the patterns; `*` crosses folders, so a folder of use cases counts too.
PLACES = {
    "schema": ("schemas/{c}.fbs",),
    "domain": ("command-side/domain/{c}.hpp", "command-side/domain/{c}/*.hpp"),
    "domain code": ("command-side/domain/{c}.cpp", "command-side/domain/{c}/*.cpp", "command-side/domain/{c}_*.cpp"),
    "domain test": ("tests/command-side/domain/{c}_test.cpp", "tests/command-side/*{c}_test*.cpp",
                    "tests/command-side/*{c}/*_test*.cpp", "tests/command-side/*{c}_*_test*.cpp"),
    "view": ("projections/views/{c}.hpp", "projections/views/{c}/*.hpp", "projections/views/{c}_*.hpp"),
    "route": ("gateway/routes/{c}.cpp", "gateway/routes/{c}/*.cpp"),
}
# Whoever has the first must have the second: a context grows from its schema outwards and is tested where it decides.
# (A header may come before its code: contracts are settled first.)
LEANS_ON = (
    ("domain", "schema"),
    ("domain code", "domain"),
    ("domain code", "domain test"),
    ("view", "schema"),
    ("route", "domain"),
)
# Places where every built context must be present. A place joins this list once the layer holds them all; a context
# joins BUILT once it has all of these.
BUILT = ("orders", "payments", "inventory", "delivery", "catalog", "customers")
COMPLETE: tuple[str, ...] = ("schema",)
# What a context owes as soon as its schema declares an event: somebody decides it, somebody shows it, somebody can ask.
EVENTFUL = re.compile(r"\bevent_type\s*:")
EVENTFUL_NEEDS = ("domain code", "domain test", "view", "route")


def domain_context_of(path: str) -> str | None:
    """The context that a file of command-side/domain belongs to: by its base name or the folder it is in."""
    folder = "command-side/domain/"
    if not path.startswith(folder):
        return None
    first = path[len(folder):].split("/")[0].split(".")[0]
    return next((context for context in CONTEXTS if first == context or first.startswith(context + "_")), None)


def _holds(tree: Tree, place: str, context: str) -> str | None:
    """The first file of the context in that place."""
    patterns = [pattern.format(c=context) for pattern in PLACES[place]]
    return next((file.path for file in tree.files if any(fnmatch.fnmatchcase(file.path, pattern) for pattern in patterns)), None)


def completeness(tree: Tree):
    """context-completeness: each context has a file under its own name in every layer that needs one."""
    demanded: dict[tuple[str, str], str] = {}
    for context in CONTEXTS:
        for place, needed in LEANS_ON:
            if path := _holds(tree, place, context):
                demanded.setdefault((needed, context), path)
        schema = tree.by_path.get(_holds(tree, "schema", context) or "")
        for place in EVENTFUL_NEEDS if schema and EVENTFUL.search(schema.text) else ():
            demanded.setdefault((place, context), schema.path)
        for place in COMPLETE if context in BUILT else ():
            demanded.setdefault((place, context), "tools/lint_rules/contexts.py")
    for (place, context), path in sorted(demanded.items()):
        if not _holds(tree, place, context):
            yield Finding(path, 1, "context-completeness", f"{context} has no {place}",
                          f"write {PLACES[place][0].format(c=context)} (a folder of use cases named {context} counts too)")
