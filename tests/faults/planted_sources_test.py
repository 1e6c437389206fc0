#!/usr/bin/env python3
"""Bugs that are planted for losses of power and changed bytes are where the list says, the machine has them, and docs/testing.md tells of each."""
import re
import subprocess
import sys
from pathlib import Path

LEAST = 15

program, *compiled = sys.argv[1:]
root = Path(__file__).resolve().parents[2]
here = {Path(name).resolve().relative_to(root).as_posix() for name in compiled}
told = (root / "docs/testing.md").read_text(encoding="utf-8")
lines = subprocess.run([program, "--mutant", "list"], capture_output=True, text=True, check=True).stdout.splitlines()
bugs = {name: where for name, where, _ in (line.split(None, 2) for line in lines)}
wrong = []
for bug, where in bugs.items():
    if f"GRANARY_MUTANT({bug})" not in (root / where).read_text(encoding="utf-8"):
        wrong.append(f"{bug} is not in {where}")
    if where not in here:
        wrong.append(f"{where} is not compiled for the machine: {bug} can't be planted")
    if f"`{bug}`" not in told:
        wrong.append(f"docs/testing.md does not tell of {bug}")
for where in sorted(here):
    for bug in re.findall(r"\bGRANARY_MUTANT\((\w+)", (root / where).read_text(encoding="utf-8")):
        if where.startswith("platform/") and bug not in bugs:
            wrong.append(f"{bug} in {where} is not in the list of tests/faults/machine/mutants.cpp")
if len(bugs) < LEAST:
    wrong.append(f"only {len(bugs)} are left of at least {LEAST}")
print("\n".join(wrong) if wrong else f"{len(bugs)} planted bugs, each where it should be")
sys.exit(1 if wrong else 0)
