"""What auditors and analysts do over real books, verb by verb: `python3 -m tour`, or tools/tour."""
