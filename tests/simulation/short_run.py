#!/usr/bin/env python3
"""Runs seeds that the commit decides, so that each landing explores others; prints what failed and how to run it again."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commit_seed import of_commit  # noqa: E402

SEEDS_HERE = 100
SEEDS_WHERE_CHANGES_MUST_PASS = 2000
SECONDS_WHERE_CHANGES_MUST_PASS = 240  # the output says how many of them fitted

program, *options = sys.argv[1:]
wanted = ["--seeds", str(SEEDS_HERE)]
if os.environ.get("CI"):
    wanted = ["--seeds", str(SEEDS_WHERE_CHANGES_MUST_PASS), "--seconds", str(SECONDS_WHERE_CHANGES_MUST_PASS)]
jobs = len(os.sched_getaffinity(0))
sys.exit(subprocess.run([program, *wanted, "--from", of_commit("GRANARY_SIMULATION_FROM"), "--jobs", str(jobs), *options]).returncode)
