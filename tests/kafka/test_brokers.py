"""tools/kafka: brokers that start, are harmed one by one, come back, and leave nothing behind."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(os.environ["GRANARY_TOOLS"])
sys.path.insert(0, str(TOOLS))
from kafka_cluster import jars, wire  # noqa: E402
from kafka_cluster.cluster import Cluster  # noqa: E402


def kafka(*arguments):
    return subprocess.run([TOOLS / "kafka", *arguments], capture_output=True, text=True, timeout=280, check=False)


class Brokers(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.TemporaryDirectory(prefix="granary-kafka-")
        self.data = os.path.join(self.base.name, "cluster")

    def tearDown(self):
        kafka("stop", "--remove", "--data", self.data)
        self.base.cleanup()

    def run_verb(self, verb, *arguments):
        done = kafka(verb, "--data", self.data, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def states(self):
        lines = kafka("status", "--data", self.data).stdout.splitlines()
        return [line.split(": ", 1)[1].split(",")[0] for line in lines if line.startswith("broker")]

    def test_one_broker_after_another_is_harmed_and_comes_back(self):
        ready = self.run_verb("start", "--secure")
        servers = ready.removeprefix("ready ").strip()
        self.assertEqual(len(servers.split(",")), 3)
        self.assertEqual(pathlib.Path(self.data, "bootstrap").read_text().strip(), servers)
        self.assertEqual(len(pathlib.Path(self.data, "bootstrap-secure").read_text().split(",")), 3)
        self.assertEqual(self.states(), ["up"] * 3)
        self.run_verb("pause", "2")
        self.assertEqual(self.states(), ["up", "paused", "up"])
        self.run_verb("continue", "2")
        self.run_verb("kill", "3")
        self.assertEqual(self.states(), ["up", "up", "down"])
        self.assertNotEqual(kafka("kill", "--data", self.data, "3").returncode, 0)
        self.run_verb("restart", "3")
        self.assertEqual(self.states(), ["up"] * 3)
        self.assertTrue(wire.gives_producer_ids(int(servers.split(",")[2].split(":")[1])))
        self.run_verb("stop", "--now")
        self.assertEqual(self.states(), ["down"] * 3)
        self.assertEqual(self.run_verb("start").strip(), ready.strip(), "a stopped cluster comes back at the same addresses")

    def test_what_is_not_there_is_said(self):
        for verb in ("stop", "status"):
            done = kafka(verb, "--data", self.data)
            self.assertEqual(done.returncode, 3)
            self.assertIn("there is no cluster in", done.stderr)
        self.assertFalse(Cluster(self.data).exists())


class Jars(unittest.TestCase):
    def test_a_jar_that_is_not_the_pinned_one_is_noticed(self):
        jars.classpath()
        with tempfile.TemporaryDirectory() as folder:
            for name in jars.pinned():
                os.symlink(jars.cache_folder() / "jars" / name, os.path.join(folder, name))
            self.assertEqual(jars.wrong_jars(pathlib.Path(folder)), [])
            changed = sorted(jars.pinned())[3]
            os.unlink(os.path.join(folder, changed))
            self.assertEqual(jars.wrong_jars(pathlib.Path(folder)), [changed])
            pathlib.Path(folder, changed).write_bytes((jars.cache_folder() / "jars" / changed).read_bytes()[:-1] + b"x")
            self.assertEqual(jars.wrong_jars(pathlib.Path(folder)), [changed])


if __name__ == "__main__":
    unittest.main()
