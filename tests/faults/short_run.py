#!/usr/bin/env python3
"""Runs a program of faults from a seed that the commit decides; it prints what failed and how to try it again."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commit_seed import of_commit  # noqa: E402

jobs = min(64, len(os.sched_getaffinity(0)))  # as many as the programs take
sys.exit(subprocess.run([*sys.argv[1:], "--seed", of_commit("GRANARY_FAULTS_SEED"), "--jobs", str(jobs)]).returncode)
