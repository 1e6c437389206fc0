"""Topics under whose settings acknowledged records could get lost are refused, each setting with its remedy."""
import re
import tempfile
import unittest
import uuid

from on_kafka import granary, kafka_tool, log_options
from shop import Shop

BAD = {"retention.ms": "604800000", "retention.bytes": "1000000", "cleanup.policy": "compact", "unclean.leader.election.enable": "true",
       "min.insync.replicas": "1", "max.message.bytes": "100000"}
NEEDED = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", "unclean.leader.election.enable": "false", "min.insync.replicas": "at least 2"}


class Settings(unittest.TestCase):
    def setUp(self):
        self.topic = f"settings-{uuid.uuid4().hex}"
        self.log = log_options(self.topic)

    def make_topic(self, *, replication, **settings):
        config = [word for name, value in settings.items() for word in ("--config", f"{name}={value}")]
        kafka_tool("topics", "--create", "--topic", self.topic, "--partitions", "2", "--replication-factor", str(replication), *config)

    def refusal(self, *more):
        done = granary("log", "create", *self.log, "--partitions", "2", *more)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        return done.stderr

    def test_every_bad_setting_is_named_with_what_sets_it_right(self):
        self.make_topic(replication=3, **BAD)
        said = self.refusal()
        for name, value in BAD.items():
            self.assertIn(f"{name} of the topic {self.topic} is {value} and must be {NEEDED.get(name, 'at least ')}", said)
        commands = re.findall(r"kafka-configs\.sh --bootstrap-server \S+ (.*)", said)
        self.assertEqual(len(commands), len(BAD))
        # One call of the tool for all of them: each is a Java program of its own.
        added = ",".join(command.rsplit(" ", 1)[1] for command in commands)
        kafka_tool("configs", *commands[0].split()[:-1], added)
        made = granary("log", "create", *self.log, "--partitions", "2")
        self.assertEqual(made.returncode, 0, made.stderr)
        kafka_tool("configs", "--alter", "--entity-type", "topics", "--entity-name", self.topic, "--add-config", "retention.ms=1000")
        with tempfile.TemporaryDirectory() as data:
            served = granary("serve", "--data", data, "--listen", "127.0.0.1:0", *self.log)
        self.assertEqual(served.returncode, 3)
        self.assertIn("retention.ms", served.stderr)
        self.assertEqual(granary("log", "read", *self.log).returncode, 0, "looking at it does no harm")

    def test_too_few_replicas_and_another_number_of_partitions(self):
        self.make_topic(replication=1, **{"retention.ms": "-1", "max.message.bytes": "2000000", "min.insync.replicas": "1"})
        said = self.refusal()
        self.assertIn("replication factor", said)
        self.assertIn("must be at least 3", said)
        self.assertIn("partitions", self.refusal("--partitions", "5"))
        made = granary("log", "create", *self.log, "--partitions", "2", "--allow-single-broker")
        self.assertEqual(made.returncode, 0, made.stderr)
        for excused in ("replication factor", "min.insync.replicas"):
            self.assertIn(excused, made.stderr)
        with Shop(*self.log, "--allow-single-broker") as shop:
            self.assertIn("--allow-single-broker excuses", shop.log_tail())
            self.assertEqual(shop.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
