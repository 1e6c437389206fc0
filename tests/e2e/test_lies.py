"""Keepers of a log who lie: they have its disk, its signing key and this program, and whoever kept an older checkpoint catches them with the stand-alone verifier."""
import os
import re
import shutil
import subprocess
import unittest

from shop import BINARY, Shop

VERIFIER = os.path.join(os.path.dirname(BINARY), "granary-verify")
FEW = ("--partitions", "4")
NOTE = re.compile(r"^granary/[0-9a-f]+/\d+-of-\d+\n\d+\n\S+\n\n— .+\n", re.MULTILINE)


def origin(note):
    return note.split("\n", 1)[0]


class Lies(unittest.TestCase):
    def setUp(self):
        """An auditor has the key and the checkpoints `monday` and `friday`; a backup of the time between them is how the liar begins."""
        self.shop = Shop(*FEW)
        self.addCleanup(self.shop.__exit__)
        self.shop.start()
        self.shop.stock_up("salt", 10)
        self.key = self.made(self.shop.data, "key").strip()
        self.monday = self.checkpoint(self.shop.data, "monday")
        self.assertEqual(self.shop.terminate(), 0)
        self.backup = self.path("backup")
        shutil.copytree(self.shop.data, self.backup)
        self.shop.start()
        for quantity in (5, 7):
            self.receive(self.shop, quantity)
        self.friday = self.checkpoint(self.shop.data, "friday")

    def path(self, name):
        return os.path.join(self.shop.folder, name)

    def receive(self, shop, quantity):
        shop.post("/v1/stock/receipts", {"sku": "salt", "warehouse": "main", "quantity": quantity})

    def made(self, data, *words, code=0):
        done = self.shop.run("proof", *words, "--data", data)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def checkpoint(self, data, name):
        self.made(data, "checkpoint", "--out", self.path(name))
        return self.path(name)

    def growth(self, data, older, newer, name, code=0):
        said = self.made(data, "consistency", older, newer, "--out", self.path(name), code=code)
        return self.path(name) if code == 0 else said

    def another_story(self, *quantities):
        """What the liar's log comes to when the backup goes on in another way; in as many records."""
        other = Shop(*FEW, data=self.backup)
        with other:
            other.keys["admin"] = self.shop.key()
            for quantity in quantities:
                self.receive(other, quantity)
            self.assertEqual(other.terminate(), 0)

    def forged(self, file, name, notes):
        """The file with the signed notes in it replaced: `notes` gives another for each."""
        with open(file, encoding="utf-8") as old, open(self.path(name), "w", encoding="utf-8") as new:
            new.write(NOTE.sub(lambda found: notes(found.group(0)), old.read()))
        return self.path(name)

    def notes_of(self, file):
        with open(file, encoding="utf-8") as text:
            return {origin(note): note for note in NOTE.findall(text.read())}

    def caught(self, why, *files):
        done = subprocess.run([VERIFIER, "--key", self.key, *files], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(why, done.stdout + done.stderr)

    def believed(self, *files):
        done = subprocess.run([VERIFIER, "--key", self.key, *files], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_truth_is_believed(self):
        self.believed(self.monday, self.friday, self.growth(self.shop.data, self.monday, self.friday, "growth"))

    def test_two_histories(self):
        """To another auditor another history is shown, with proofs of its own from where both were the same."""
        self.another_story(5, 700)
        theirs = self.checkpoint(self.backup, "theirs")
        their_growth = self.growth(self.backup, self.monday, theirs, "their-growth")
        self.believed(self.monday, theirs, their_growth)
        our_growth = self.growth(self.shop.data, self.monday, self.friday, "our-growth")
        self.caught("TWO HISTORIES", self.friday, theirs)
        self.caught("TWO HISTORIES", self.monday, self.friday, theirs, our_growth, their_growth)

    def test_a_changed_middle(self):
        """The past is written again and goes on: no proof leads from Friday's checkpoint to it, and none that is forged holds."""
        self.another_story(500, 7, 1)
        later = self.checkpoint(self.backup, "later")
        growth = self.growth(self.backup, self.monday, later, "growth")
        self.believed(self.monday, later, growth)
        self.caught("TWO HISTORIES", self.friday, later)
        self.caught("TWO HISTORIES", self.monday, self.friday, later, growth, self.growth(self.shop.data, self.monday, self.friday, "ours"))
        self.assertIn("is not what the checkpoint", self.growth(self.backup, self.friday, later, "never", code=1))
        ours, monday = self.notes_of(self.friday), self.notes_of(self.monday)
        self.caught("REFUSED", self.forged(growth, "forged", lambda note: ours[origin(note)] if note in monday.values() else note))
        # The liar's own program does not sign over what a witness has.
        shutil.copy(self.friday, self.path("witness"))
        self.made(self.backup, "checkpoint", "--witness", self.path("witness"), code=1)
        self.assertEqual(self.notes_of(self.path("witness")), self.notes_of(self.friday))

    def test_a_tree_that_was_cut(self):
        """What is newer than the backup never was."""
        cut = self.checkpoint(self.backup, "cut")
        growth = self.growth(self.shop.data, cut, self.friday, "growth")
        self.believed(cut, self.friday, growth)
        self.assertIn("the newer checkpoint has only", self.growth(self.backup, self.friday, cut, "never", code=1))
        small, large = self.notes_of(cut), self.notes_of(self.friday)
        self.caught("was cut", self.forged(growth, "backwards", lambda note: (large if note in small.values() else small)[origin(note)]))
        self.made(self.backup, "checkpoint", "--witness", self.friday, code=1)
        # A partition left out.
        with open(self.friday, encoding="utf-8") as text:
            whole = text.read()
        with open(self.path("partial"), "w", encoding="utf-8") as part:
            part.write(whole[:whole.rindex("granary/", 0, whole.rindex("— "))].rstrip("\n") + "\n")
        self.caught("of 4 partitions", self.path("partial"))

    def test_a_swapped_identity(self):
        """Another log under this one's name, or with its key."""
        with Shop(*FEW) as other:
            other.stock_up("salt", 22)
            theirs = self.checkpoint(other.data, "theirs")
            self.caught("the key is that of", theirs)
            self.made(other.data, "checkpoint", "--key", os.path.join(self.shop.data, "proof.key"), "--out", self.path("signed"), code=3)
            self.assertFalse(os.path.exists(self.path("signed")))
            stolen = {name.rsplit("/", 1)[1]: note for name, note in self.notes_of(theirs).items()}
            named = self.forged(self.friday, "renamed", lambda note: origin(note) + stolen[origin(note).rsplit("/", 1)[1]][len(origin(note)):])
            self.caught("not signed", named)


if __name__ == "__main__":
    unittest.main()
