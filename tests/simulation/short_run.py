#!/usr/bin/env python3
"""Runs seeds that the commit decides, so that each landing explores others; prints what failed and how to run it again."""
import os
import subprocess
import sys
from pathlib import Path

SEEDS_HERE = 100
SEEDS_WHERE_CHANGES_MUST_PASS = 2000
SECONDS_WHERE_CHANGES_MUST_PASS = 240  # the output says how many of them fitted

program, *options = sys.argv[1:]
wanted = ["--seeds", str(SEEDS_HERE)]
if os.environ.get("CI"):
    wanted = ["--seeds", str(SEEDS_WHERE_CHANGES_MUST_PASS), "--seconds", str(SECONDS_WHERE_CHANGES_MUST_PASS)]
root = Path(__file__).resolve().parents[2]
try:
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
except (OSError, subprocess.CalledProcessError):
    head = "1"
first = os.environ.get("GRANARY_SIMULATION_FROM") or str(int(head, 16) % 1_000_000_000 * 100_000)
jobs = len(os.sched_getaffinity(0))
sys.exit(subprocess.run([program, *wanted, "--from", first, "--jobs", str(jobs), *options]).returncode)
