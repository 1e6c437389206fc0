"""Every command of the README, and what it shows, on a server that tools/run has started."""
import os
import re
import subprocess
import tempfile
import threading
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.environ["GRANARY_BINARY"]
START_SECONDS = 200


def blocks():
    """(command, expected lines) of every console block, in order."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        text = readme.read()
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def matches(expected, actual):
    """`...` stands for any text in a line; alone on a line, for any lines."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in actual)) is not None


class Readme(unittest.TestCase):
    def test_matching_is_strict(self):
        self.assertTrue(matches(["a ... c"], ["a b c"]))
        self.assertTrue(matches(["a", "..."], ["a", "b", "c"]))
        self.assertFalse(matches(["a"], ["a", "b"]))
        self.assertFalse(matches(["a ... d"], ["a b c"]))

    def test_every_command_shows_what_the_readme_says(self):
        preset = os.path.basename(os.path.dirname(BINARY))
        with tempfile.TemporaryDirectory(prefix="granary-readme-") as folder:
            data = os.path.join(folder, "data")
            server = subprocess.Popen([os.path.join(ROOT, "tools/run"), "--data", data, "--listen", "127.0.0.1:0", "--preset", preset],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
            try:
                self.run_all(data, self.wait_for_address(server))
            finally:
                server.terminate()
                server.communicate(timeout=30)

    def wait_for_address(self, server):
        alarm = threading.Timer(START_SECONDS, server.kill)
        alarm.start()
        try:
            for line in server.stdout:
                found = re.search(r"Granary serves at http://(\S+)\. ", line)
                if found:
                    return found.group(1)
        finally:
            alarm.cancel()
        raise AssertionError("tools/run ended, or took too long, before it said where it serves")

    def run_all(self, data, address):
        exports = ""
        for command, expected in blocks():
            command = command.replace("127.0.0.1:8080", address).replace("build/release/granary", BINARY)
            command = command.replace("--data data", f"--data {data}").replace("cat data/", f"cat {data}/")
            if command.startswith("export "):
                exports += command + "\n"
                continue
            done = subprocess.run(["bash", "-c", exports + command], capture_output=True, text=True, timeout=120, cwd=ROOT)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
            self.assertTrue(matches(expected, done.stdout.splitlines()), f"{command} shows\n{done.stdout}\nbut the README says\n" + "\n".join(expected))

    def test_the_scripts_that_the_readme_names_answer(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
            scripts = set(re.findall(r"tools/(?:run|test|bench|lint|faults|fuzz)\b", readme.read()))
        for script in scripts:
            done = subprocess.run([os.path.join(ROOT, script), "--help"], capture_output=True, text=True, timeout=60, cwd=ROOT)
            self.assertEqual(done.returncode, 0, script)
            self.assertIn("usage", done.stdout)


if __name__ == "__main__":
    unittest.main()
