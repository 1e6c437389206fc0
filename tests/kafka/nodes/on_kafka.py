"""What tests of whole nodes on the test brokers share: addresses, topics of their own, Kafka's own tools."""
import os
import pathlib
import subprocess
import uuid

from shop import BINARY

DATA = os.environ["GRANARY_KAFKA_DATA"]


def brokers(data=DATA):
    return pathlib.Path(data, "bootstrap").read_text().strip()


def log_options(topic=None, data=DATA):
    return ("--log", "kafka", "--kafka-brokers", brokers(data), "--topic", topic or f"test-{uuid.uuid4().hex}")


def granary(*arguments, timeout=120, **extra):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout, check=False, **extra)


def kafka_tool(tool, *arguments, data=DATA):
    done = subprocess.run([os.path.join(os.environ["GRANARY_TOOLS"], "kafka"), "admin", "--data", data, tool, *arguments],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
