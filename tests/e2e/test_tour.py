"""Every verb of auditors and analysts, one after the other over one shop, on two days of real books; `tools/tour` does the same on all of them."""
import os
import subprocess
import sys
import unittest

from shop import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
DAYS = [os.path.join(ROOT, "tools/demo/online-retail", day) for day in ("2010-12-01.csv", "2011-02-06.csv")]


class Tour(unittest.TestCase):
    def test_each_verb_answers_as_it_should(self):
        done = subprocess.run([sys.executable, "-B", "-m", "tour", "--partitions", "8", "--killed-seconds", "4", "--load-seconds", "2", *DAYS],
                              cwd=HERE, capture_output=True, text=True, timeout=840, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
        self.assertIn(" checks in ", done.stdout)
        self.assertIn("p99 during / before: ", done.stdout)


if __name__ == "__main__":
    unittest.main()
