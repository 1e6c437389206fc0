"""Runs the program's verbs one after the other, shows each with the beginning of what it says, and counts what is not as it should be."""
import json
import os
import re
import shlex
import subprocess
import time

from shop import BINARY

SHOWN_LINES = 4
SHOWN_COLUMNS = 170
POSITIONS = re.compile(r"\d+:\d+(,\d+:\d+){3,}")


class Guide:
    def __init__(self, shop):
        self.shop = shop
        self.checked = 0
        self.wrong = []

    @property
    def url(self):
        return ("--url", f"http://127.0.0.1:{self.shop.port}")

    @property
    def data(self):
        return ("--data", self.shop.data)

    def path(self, name):
        return os.path.join(self.shop.folder, name)

    def chapter(self, title):
        print(f"\n== {title}", flush=True)

    def short(self, text):
        """Without this run's folder and port, and with long vectors of positions cut."""
        for path in (self.shop.data, self.shop.folder):
            text = text.replace(path, "DATA" if path == self.shop.data else ".")
        text = text.replace(f"127.0.0.1:{self.shop.port}", "SERVER")
        return POSITIONS.sub(lambda found: found.group(0).split(",")[0] + ",...", text)

    def show(self, words, taken, out, lines):
        print("$", self.short(shlex.join(words)), f"   # {taken:.2f} s")
        told = [line.rstrip() for line in self.short(out).splitlines() if line.strip()]
        for line in told[:lines]:
            print("   ", line[:SHOWN_COLUMNS] + ("..." if len(line) > SHOWN_COLUMNS else ""))
        if len(told) > lines:
            print(f"    ... {len(told) - lines} lines more")

    def run(self, *words, code=0, lines=SHOWN_LINES, program=None, name="granary"):
        """The verb's standard output. `lines` of what it says are shown; None shows nothing, not even the verb."""
        began = time.monotonic()
        key = {"GRANARY_KEY": self.shop.key("admin")}
        done = subprocess.run([program or BINARY, *words], capture_output=True, text=True, timeout=600, env={**os.environ, **key}, check=False)
        if lines is not None:
            self.show([name, *words], time.monotonic() - began, done.stdout + done.stderr, lines)
        self.expect(done.returncode == code, f"{name} {shlex.join(words)}: exit code {done.returncode}, {done.stderr[-500:]}{done.stdout[-500:]}")
        return done.stdout

    def json(self, *words, **extra):
        said = self.run(*words, "--format", "json", **extra)
        return json.loads(said) if said else None

    def get(self, path, role="admin"):
        """A page of the API, by a key of this role."""
        began = time.monotonic()
        page = self.shop.wait_until(f"the key of {role} to be known", lambda: self.shop.call("GET", path, key=self.shop.key(role)).status == 200 and self.shop.get(path, key=self.shop.key(role)))
        self.show(["GET", path], time.monotonic() - began, json.dumps(page), 1)
        return page

    def expect(self, right, what):
        self.checked += 1
        if not right:
            self.wrong.append(what)
            print("    WRONG:", self.short(what))
        return right

    def equal(self, found, wanted, what):
        return self.expect(found == wanted, f"{what}: {str(found)[:300]} instead of {str(wanted)[:300]}")
