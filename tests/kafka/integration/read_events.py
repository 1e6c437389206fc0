"""Prints every record of some topics, read with kafka-python: topic, key, value, then names and values of the headers; the topic as it
is, everything else in hex behind an `x`. usage: read_events.py BROKERS TOPIC..."""
import sys

from topic_reader import read_all


def hexed(value):
    return "x" + (value if isinstance(value, bytes) else value.encode()).hex()


def main():
    brokers, *topics = sys.argv[1:]
    for record in read_all(brokers, topics):
        words = [record.topic, hexed(record.key or b""), hexed(record.value or b"")]
        for name, value in record.headers:
            words += [hexed(name), hexed(value or b"")]
        print(" ".join(words))


main()
