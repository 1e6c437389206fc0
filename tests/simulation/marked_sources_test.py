#!/usr/bin/env python3
"""Planted bugs and marked branches are where the simulator's lists say, its build has them, and docs/testing.md tells of each bug."""
import re
import subprocess
import sys
from pathlib import Path

FOLDERS = ("command-side", "core", "gateway", "integration", "platform", "projections", "query-side", "sagas", "schemas", "tools")
# Bugs that others look for: losses of power and changed bytes (tests/faults).
ELSEWHERE = "tests/faults/machine/mutants.cpp"
HEADERS = {"core/mutants.hpp": r"GRANARY_MUTANT", "core/marks.hpp": r"GRANARY_MARK(?:_WHEN)?"}

program, *compiled = sys.argv[1:]
root = Path(__file__).resolve().parents[2]
wrong = []
elsewhere = set(re.findall(r'Mutant\{"(\w+)"', (root / ELSEWHERE).read_text(encoding="utf-8")))


def sources():
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            if name not in HEADERS:
                yield name, path.read_text(encoding="utf-8")


def found_in_sources(macro):
    places = {}
    for name, text in sources():
        for one in re.findall(rf"\b{macro}\((\w+)", text):
            places.setdefault(one, []).append(name)
    return places


def listed(option):
    lines = subprocess.run([program, option, "list"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: where for name, where, _ in (line.split(None, 2) for line in lines)}


def is_elsewhere(text):
    """All that is planted in it is for others to find."""
    planted = set(re.findall(r"\bGRANARY_M(?:UTANT|ARK|ARK_WHEN)\((\w+)", text))
    return bool(planted) and planted <= elsewhere - simulated


def compare(option, header, least):
    said, found = listed(option), found_in_sources(HEADERS[header])
    for one, where in said.items():
        if found.get(one) != [where]:
            wrong.append(f"{one} is said to be in {where}, once; it is in {found.get(one)}")
    for one in sorted(found.keys() - said.keys() - elsewhere):
        wrong.append(f"{one} in {found[one]} is not in the list of tests/simulation/{Path(header).stem}.cpp")
    if len(said) < least:
        wrong.append(f"{option}: only {len(said)} are left of at least {least}")
    return said


simulated = listed("--mutant").keys() | listed("--marks").keys()
bugs = compare("--mutant", "core/mutants.hpp", 30)
marks = compare("--marks", "core/marks.hpp", 20)
including = {name for name, text in sources() if any(f'#include "{header}"' in text for header in HEADERS) and not is_elsewhere(text)}
here = {Path(name).resolve().relative_to(root).as_posix() for name in compiled}
for name in sorted(including - here):
    wrong.append(f"{name} has bugs or marks and is not compiled for the simulator: run cmake again")
for name in sorted(here - including):
    wrong.append(f"{name} is compiled for the simulator and has neither bugs nor marks: run cmake again")
for bug, where in re.findall(r'Mutant\{"(\w+)", "([^"]+)"', (root / "tests/faults/machine/mutants.cpp").read_text(encoding="utf-8")):
    if f"GRANARY_MUTANT({bug})" not in (root / where).read_text(encoding="utf-8"):
        wrong.append(f"{bug} is said to be in {where} by tests/faults/machine/mutants.cpp, and is not")
told = (root / "docs/testing.md").read_text(encoding="utf-8")
for bug in bugs:
    if f"`{bug}`" not in told:
        wrong.append(f"docs/testing.md does not tell of {bug}")
print("\n".join(wrong) if wrong else f"{len(bugs)} planted bugs and {len(marks)} marks, each where it should be")
sys.exit(1 if wrong else 0)
