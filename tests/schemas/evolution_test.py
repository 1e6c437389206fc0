"""The schemas only ever grow: each conforms to its released copy by flatc's judgement and by ours, and the gate shuts.

usage: evolution_test.py FLATC PROJECT

schemas/released/vN holds the schemas as they were when version N of the log's format was released; they never change.
What flatc overlooks is checked here: an event's number, a field that went away, and attributes that decide what is valid.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FLATC, PROJECT = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, str(PROJECT / "tools" / "generator"))
sys.dont_write_bytecode = True
import generate_messages  # noqa: E402

CURRENT = PROJECT / "schemas"
RELEASED = sorted((PROJECT / "schemas" / "released").glob("v*"))


def flatc_objects(current: pathlib.Path, released: pathlib.Path) -> str:
    """What flatc has against the schema as a later form of the released one; empty = nothing."""
    done = subprocess.run([FLATC, "--conform", str(released), "--conform-includes", str(released.parent), "-I", str(current.parent), str(current)],
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr + "refused"


def events(path: pathlib.Path) -> dict:
    """(type, version) -> its fields in order."""
    _, _, tables = generate_messages.parse(path)
    found = {}
    for name, attributes, fields in tables:
        if "event_type" in attributes:
            key = (int(attributes["event_type"]), int(attributes["event_version"]))
            assert key not in found, f"{path.name}: {name} has the number {key} of another event"
            found[key] = fields
    return found


def we_object(current: pathlib.Path, released: pathlib.Path) -> str:
    now = events(current)
    for key, fields in events(released).items():
        if key not in now:
            return f"event {key} is gone"
        if now[key][: len(fields)] != fields:
            return f"event {key} no longer begins with the fields {fields}"
    _, _, old_tables = generate_messages.parse(released)
    new_tables = {name: fields for name, _, fields in generate_messages.parse(current)[2]}
    for name, attributes, fields in old_tables:
        if "event_type" not in attributes and "command" not in attributes and new_tables.get(name, [])[: len(fields)] != fields:
            return f"table {name} no longer begins with its released fields"
    return ""


class Evolution(unittest.TestCase):
    def test_there_is_a_release(self):
        self.assertTrue(RELEASED)

    def test_every_released_schema_still_exists_and_conforms(self):
        for release in RELEASED:
            for released in sorted(release.glob("*.fbs")):
                with self.subTest(release=release.name, schema=released.name):
                    current = CURRENT / released.name
                    self.assertTrue(current.exists())
                    self.assertEqual(flatc_objects(current, released), "")
                    self.assertEqual(we_object(current, released), "")


class TheGateShuts(unittest.TestCase):
    """Each change is made to a copy of the current schemas and judged against the newest release."""

    def judge(self, schema: str, pattern: str, replacement: str) -> tuple[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            for path in CURRENT.glob("*.fbs"):
                shutil.copy(path, folder)
            changed = pathlib.Path(folder) / schema
            text, count = re.subn(pattern, replacement, changed.read_text(), count=1)
            self.assertEqual(count, 1, f"{pattern} is not in {schema}")
            changed.write_text(text)
            released = RELEASED[-1] / schema
            return flatc_objects(changed, released), we_object(changed, released)

    def assert_shut(self, schema, pattern, replacement):
        flatc, ours = self.judge(schema, pattern, replacement)
        self.assertTrue(flatc or ours, f"{schema}: {pattern} -> {replacement} went through")

    def test_flatc_itself_refuses_another_type(self):
        flatc, _ = self.judge("inventory.fbs", r"(table StockReceived \([^{]*\{[^}]*)quantity: long;", r"\1quantity: int;")
        self.assertIn("refused", flatc)

    def test_flatc_itself_refuses_a_field_in_between(self):
        flatc, _ = self.judge("inventory.fbs", r"(table StockReceived \([^{]*\{[^}]*)quantity: long;", r"\1shelf: int; quantity: long;")
        self.assertIn("refused", flatc)

    def test_a_field_that_goes_away_is_refused(self):
        self.assert_shut("inventory.fbs", r"(table StockReceived \([^{]*\{[^}]*)reference: string;", r"\1")

    def test_another_number_for_an_event_is_refused(self):
        self.assert_shut("orders.fbs", r'event_type: "101"', 'event_type: "199"')

    def test_another_value_for_an_enumerator_is_refused(self):
        self.assert_shut("orders.fbs", r"paid = 2, packed = 3", "paid = 3, packed = 4")

    def test_another_layout_of_a_struct_is_refused(self):
        self.assert_shut("values.fbs", r"minor:long; currency:uint;", "currency:uint; minor:long;")

    def test_a_field_at_the_end_is_welcome(self):
        flatc, ours = self.judge("inventory.fbs", r"(table StockReceived \([^{]*\{[^}]*)reference: string;", r"\1reference: string; shelf: int;")
        self.assertEqual(flatc + ours, "")


class Secrets(unittest.TestCase):
    def unmarked(self, field: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "spice.fbs"
            path.write_text(f"namespace spice;\ntable Bought {{ {field} }}\n")
            return generate_messages.unmarked_secrets(generate_messages.parse(path)[2])

    def test_a_text_that_sounds_secret_must_be_marked(self):
        self.assertEqual(self.unmarked("card_token: string (required);"), ["Bought.card_token"])
        self.assertEqual(self.unmarked("password: string;"), ["Bought.password"])

    def test_a_marked_one_and_what_is_no_text_pass(self):
        self.assertEqual(self.unmarked('card_token: string (required, secret);'), [])
        self.assertEqual(self.unmarked("card_token: string (secret);"), [])
        self.assertEqual(self.unmarked("payment_tokens: uint = 3; pan: [ubyte]; panel: string;"), [])

    def test_the_generator_stops_at_an_unmarked_one(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "spice.fbs"
            path.write_text("namespace spice;\ntable Bought { card_token: string; }\n")
            done = subprocess.run([sys.executable, generate_messages.__file__, path, "schemas", folder], capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("Bought.card_token", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
