"""A node that reaches its brokers through TLS with a password or a certificate, and one that must not."""
import os
import subprocess
import tempfile
import unittest
import uuid

from on_kafka import granary
from shop import Shop

DATA = os.environ["GRANARY_KAFKA_DATA"]
CREDENTIALS = os.path.join(DATA, "credentials")


class Secured(unittest.TestCase):
    def setUp(self):
        self.brokers = self.listener("secure")
        self.topic = f"secured-{uuid.uuid4().hex}"
        self.password_file = os.path.join(CREDENTIALS, "password")

    def listener(self, kind):
        with open(os.path.join(DATA, f"bootstrap-{kind}"), encoding="utf-8") as file:
            return file.read().strip()

    def log(self, *, ca=os.path.join(CREDENTIALS, "ca.pem"), user="granary", password_file=None, mechanism="PLAIN"):
        return ("--log", "kafka", "--kafka-brokers", self.brokers, "--topic", self.topic, "--kafka-tls", "--kafka-ca", ca,
                "--kafka-sasl", mechanism, "--kafka-user", user, *(("--kafka-password-file", password_file) if password_file else ()))

    def test_an_order_is_delivered_over_tls_with_a_password(self):
        log = self.log(password_file=self.password_file)
        made = granary("log", "create", *log, "--partitions", "4")
        self.assertEqual(made.returncode, 0, made.stderr)
        with Shop(*log) as shop:
            shop.stock_up("PEAR", 10)
            shop.wait_for_status(shop.place(("PEAR", 1)), "DELIVERED")
            self.assertEqual(shop.terminate(), 0)
        with open(self.password_file, encoding="utf-8") as file:
            password = file.read().strip()
        read = granary("log", "stats", *self.log(), env={**os.environ, "GRANARY_KAFKA_PASSWORD": password})
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertNotIn(password, read.stderr)

    def test_a_certificate_does_instead_of_a_password(self):
        log = ("--log", "kafka", "--kafka-brokers", self.listener("mutual"), "--topic", self.topic, "--kafka-tls", "--kafka-ca", os.path.join(CREDENTIALS, "ca.pem"))
        own = ("--kafka-certificate", os.path.join(CREDENTIALS, "client.pem"), "--kafka-certificate-key", os.path.join(CREDENTIALS, "client.key"))
        made = granary("log", "create", *log, *own, "--partitions", "2")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(granary("log", "verify", *log, *own).returncode, 0)

    def test_scram_logs_in_or_says_what_is_in_the_way(self):
        """Debian's client library can't log in with SCRAM at brokers of Kafka 4; a newer one can."""
        made = granary("log", "create", *self.log(password_file=self.password_file, mechanism="SCRAM-SHA-512"), "--partitions", "2")
        if made.returncode != 0:
            self.assertIn("SCRAM-SHA-512 does not work with this machine's client library", made.stderr)
            self.assertIn("Use --kafka-sasl PLAIN with --kafka-tls, or a client certificate", made.stderr)

    def refused(self, *log):
        done = granary("log", "stats", *log)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        return done.stderr

    def test_a_wrong_password_an_unknown_authority_and_a_missing_file_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = os.path.join(folder, "password")
            with open(wrong, "w", encoding="utf-8") as file:
                file.write("not-the-password\n")
            said = self.refused(*self.log(password_file=wrong))
            self.assertNotIn("not-the-password", said)
            other = os.path.join(folder, "other.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=somebody else",
                            "-keyout", os.path.join(folder, "other.key"), "-out", other], check=True, capture_output=True)
            self.assertIn("certificate", self.refused(*self.log(ca=other, password_file=self.password_file)).lower())
        self.refused(*self.log(password_file="/nowhere"))


if __name__ == "__main__":
    unittest.main()
