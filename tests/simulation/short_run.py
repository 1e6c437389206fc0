#!/usr/bin/env python3
"""Runs seeds that the commit decides, so that each landing explores others; prints what failed and how to run it again."""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commit_seed import of_commit  # noqa: E402

SEEDS_HERE = 100
SEEDS_WHERE_CHANGES_MUST_PASS = 2000
SECONDS_WHERE_CHANGES_MUST_PASS = 240  # the output says how many of them fitted
SEEDS_MIN = 100  # with fewer of them in that time something is wrong with the simulator, or nothing was tried

program, *options = sys.argv[1:]
wanted = ["--seeds", str(SEEDS_HERE)]
if os.environ.get("CI"):
    wanted = ["--seeds", str(SEEDS_WHERE_CHANGES_MUST_PASS), "--seconds", str(SECONDS_WHERE_CHANGES_MUST_PASS)]
jobs = len(os.sched_getaffinity(0))
run = subprocess.run([program, *wanted, "--from", of_commit("GRANARY_SIMULATION_FROM"), "--jobs", str(jobs), *options], stdout=subprocess.PIPE, text=True)
print(run.stdout, end="")
tried = re.search(r"^(\d+) seeds, ", run.stdout, re.MULTILINE)
if run.returncode == 0 and (not tried or int(tried[1]) < SEEDS_MIN):
    sys.exit(f"{tried[1] if tried else 'no'} seeds were tried, and at least {SEEDS_MIN} should be")
sys.exit(run.returncode)
