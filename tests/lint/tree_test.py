"""The project itself breaks none of its rules, by the same script that people run."""
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ProjectTree(unittest.TestCase):
    def test_project_passes(self):
        done = subprocess.run([ROOT / "tools" / "lint"], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(0, done.returncode, "\n" + done.stdout + done.stderr)
        self.assertRegex(done.stdout.splitlines()[-1], r"^tools/lint: \d+ rules, [1-9]\d* files, 0 errors, \d+ warnings$")


if __name__ == "__main__":
    unittest.main()
