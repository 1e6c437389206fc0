#!/usr/bin/env python3
"""Runs a program of faults from a seed that the commit decides, so that each landing tries others; it prints what failed and how to try it again."""
import os
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
try:
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
except (OSError, subprocess.CalledProcessError):
    head = "1"
seed = os.environ.get("GRANARY_FAULTS_SEED") or str(int(head, 16) % 1_000_000_000 * 100_000)
jobs = len(os.sched_getaffinity(0))
sys.exit(subprocess.run([*sys.argv[1:], "--seed", seed, "--jobs", str(jobs)]).returncode)
