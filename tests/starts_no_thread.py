"""Fails when a program holds anything that could start a thread: granary_tests(... ONE_THREAD) leaves it out of the search for data races.

Usage: starts_no_thread.py PROGRAM
"""

import subprocess
import sys

# What std::thread, std::jthread, std::async and the C libraries call; a static library contributes it only where something uses it.
STARTS = ("pthread_create", "thrd_create", "_M_start_thread")


def main() -> int:
    program = sys.argv[1]
    symbols = subprocess.run(["nm", "--dynamic", "--undefined-only", program], check=True, capture_output=True, text=True).stdout
    found = [line.split()[-1] for line in symbols.splitlines() if any(start in line for start in STARTS)]
    if found:
        print(f"{program} can start threads ({', '.join(found)}): take ONE_THREAD out of its CMakeLists.txt")
        return 1
    if not symbols:
        print(f"{program} has no dynamic symbols, so nothing can be said of it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
