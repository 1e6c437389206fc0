"""The table of all rules and the program that runs them."""
import argparse
import pathlib
import sys

from . import contexts, rules_includes, rules_purity, rules_scripts, rules_statics, rules_text
from .finding import Finding
from .tree import NoWorkTree, Tree

RULES = (
    rules_includes.places,
    rules_includes.include_form,
    rules_includes.allowed,
    rules_includes.context_isolation,
    rules_includes.fences,
    rules_includes.public_headers,
    rules_includes.cycles,
    rules_purity.purity,
    rules_purity.hidden_state,
    rules_purity.floating_point,
    rules_purity.catch_all,
    rules_statics.static_construction,
    rules_text.first_comment,
    rules_text.pragma_once,
    rules_text.unfinished,
    rules_text.machine_paths,
    rules_text.banned_names,
    rules_text.file_size,
    rules_text.function_size,
    contexts.completeness,
    rules_scripts.executable,
    rules_scripts.answers_help,
)


def name_of(rule) -> str:
    return rule.__doc__.split(":", 1)[0]


def check(tree: Tree) -> list[Finding]:
    return sorted(finding for rule in RULES for finding in rule(tree))


def main(arguments: list[str]) -> int:
    listing = "\n".join(f"  {name_of(rule):22}{rule.__doc__.split(':', 1)[1].strip()}" for rule in RULES)
    parser = argparse.ArgumentParser(
        prog="tools/lint", description="Checks the rules of the project on every file that git tracks or would track.",
        epilog=f"rules:\n{listing}\n\nExits 0 when all is well, 1 when a rule is broken (warnings are only counted), 3 when git can't list the files.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2],
                        help="the work tree to check (default: this one)")
    root = parser.parse_args(arguments).root
    try:
        tree = Tree(root)
    except NoWorkTree as error:
        print(f"tools/lint: {error}", file=sys.stderr)
        return 3
    findings = check(tree)
    for finding in findings:
        print(finding.text())
    errors = sum(not finding.warning for finding in findings)
    print(f"tools/lint: {len(RULES)} rules, {len(tree.files)} files, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0
