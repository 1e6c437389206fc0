#!/usr/bin/env python3
"""docs/limits.md against core/limits.hpp and the limits that one part alone leans on: every limit once, under its heading, with its value. `--rows` prints what is expected."""
import re
import sys
import unittest
from pathlib import Path

root = Path(__file__).resolve().parents[2]
limit_line = re.compile(r"^inline constexpr (?P<type>[\w:]+) (?P<name>\w+) = (?P<value>.+?);")
heading_line = re.compile(r"^// (?P<text>[A-Z].*)$")
headers = ("core/limits.hpp", "platform/host/log_copy_limits.hpp", "core/import_limits.hpp", "core/privacy_limits.hpp", "sagas/runtime/replay_limits.hpp", "projections/runtime/rebuild_limits.hpp", "tools/granary/proofs/proof_limits.hpp", "tools/granary/audit_limits.hpp")
row_line = re.compile(r"^\| `(?P<name>\w+)` \| (?P<value>[^|]+) \| (?P<what>[^|]*) \|$")
durations_us = {"milliseconds": 1_000, "seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000}


def evaluate(expression: str, known: dict[str, int]) -> int:
    """The number that a constant expression of the header stands for; durations in microseconds."""
    expression = re.sub(r"static_cast<[\w:]+>|std::\w+(?=\{)", "", expression)
    expression = expression.replace("{", "(").replace("}", ")").replace("'", "")
    expression = re.sub(r"(?<=\d)(ULL|U|L)\b", "", expression).replace("/", "//")
    calls = {name: (lambda n, unit=unit: n * unit) for name, unit in durations_us.items()}
    return eval(expression, {"__builtins__": {}}, {**known, **calls})  # of our own source only


def text_of(name: str, kind: str, number: int) -> str:
    """A value as people read it."""
    if kind == "Duration":
        for unit, us in (("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000)):
            if number % us == 0:
                return f"{number // us} {unit}"
    if "bytes" in name and number % 1024 == 0:
        for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
            if number % size == 0:
                return f"{number // size} {unit}"
    return f"{number:,}"


def limits_of_headers() -> list[tuple[str, str, str]]:
    """(heading, name, value), in order."""
    found, known, heading = [], {}, ""
    previous_is_blank = False
    for line in "\n".join((root / header).read_text(encoding="utf-8") for header in headers).splitlines():
        headed = heading_line.match(line)
        if headed and previous_is_blank:
            heading = re.split(r"[:.]", headed["text"])[0]
        previous_is_blank = not line.strip()
        limit = limit_line.match(line)
        if not limit:
            if line.startswith("inline constexpr"):
                raise ValueError(f"a limit that this test can't read: {line}")
            continue
        known[limit["name"]] = evaluate(limit["value"], known)
        found.append((heading, limit["name"], text_of(limit["name"], limit["type"], known[limit["name"]])))
    return found


def limits_of_docs() -> list[tuple[str, str, str, str]]:
    """(heading, name, value, what), in order."""
    found, heading = [], ""
    for line in (root / "docs/limits.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        row = row_line.match(line)
        if row:
            found.append((heading, row["name"], row["value"].strip(), row["what"].strip()))
        elif line.startswith("| `"):
            raise ValueError(f"a row that this test can't read: {line}")
    return found


class LimitsDocs(unittest.TestCase):
    """Neither grows alone."""

    def test_every_limit_is_listed_with_its_value(self) -> None:
        self.assertEqual([row[:3] for row in limits_of_docs()], limits_of_headers(), "see tests/core/limits_docs_test.py --rows")

    def test_every_limit_is_explained(self) -> None:
        self.assertEqual([row[1] for row in limits_of_docs() if not row[3]], [])

    def test_values_are_read_as_the_compiler_reads_them(self) -> None:
        self.assertEqual(evaluate("64 * in_flight_max", {"in_flight_max": 1024}), 65536)
        self.assertEqual(evaluate("256ULL * 1024 * 1024", {}), 256 << 20)
        self.assertEqual(evaluate("std::size_t{8} * 1024", {}), 8192)
        self.assertEqual(evaluate("static_cast<std::int64_t>(a) * 10'000", {"a": 3}), 30_000)
        self.assertEqual(text_of("order_time_limit", "Duration", evaluate("hours(24 * 30)", {})), "720 h")
        self.assertEqual(text_of("commit_bytes_max", "std::size_t", 900 * 1024), "900 KiB")
        self.assertGreater(len(limits_of_headers()), 100)


if __name__ == "__main__":
    if sys.argv[1:] == ["--rows"]:
        for headed, named, valued in limits_of_headers():
            print(f"{headed}: | `{named}` | {valued} |  |")
    else:
        unittest.main()
