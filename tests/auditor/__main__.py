"""PYTHONPATH=tests python3 -m auditor EXPORT [--at-rest] [--url URL] [--acknowledged FILE]"""
import argparse
import os
import sys

from . import api
from .audit import audit


def parse():
    parser = argparse.ArgumentParser(prog="auditor", description="Checks what `granary log export --raw` wrote, by rules of its own: 0 nothing wrong, 1 something wrong, 2 usage, 3 can't be read.")
    parser.add_argument("export", help="the file, or - for standard input")
    parser.add_argument("--at-rest", action="store_true", help="every order has ended: check also what holds only then")
    parser.add_argument("--url", help="compare with what this server answers now (the key comes from GRANARY_KEY); only at rest")
    parser.add_argument("--acknowledged", metavar="FILE", help="lines of POSITION ID: what clients were told is there")
    return parser.parse_args()


def run(arguments):
    acknowledged = []
    if arguments.acknowledged:
        with open(arguments.acknowledged) as lines:
            acknowledged = [tuple(line.split()[:2]) for line in lines if line.strip()]
    with sys.stdin if arguments.export == "-" else open(arguments.export, errors="surrogateescape") as lines:
        books, findings = audit(lines, arguments.at_rest or bool(arguments.url), acknowledged)
    if arguments.url:
        api.check(books, arguments.url, os.environ.get("GRANARY_KEY", ""), findings)
    return findings


def main():
    try:
        findings = run(parse())
    except OSError as why:
        print(f"auditor: {why}", file=sys.stderr)
        return 3
    for line in findings.lines():
        print(line)
    print("auditor: checked " + ", ".join(f"{number} {family}" for family, number in sorted(findings.checked.items())), file=sys.stderr)
    return 0 if findings.sound else 1


if __name__ == "__main__":
    sys.exit(main())
