"""Each rule fires on a violation made for it, alone; a clean tree is quiet; the limits stand where they are said to."""
import contextlib
import io
import os
import pathlib
import tempfile
import unittest
import unittest.mock

from temporary_tree import CLEAN, SCRIPT, TemporaryTree, source
from violations import ALL, EVENTFUL, OWED
from lint_rules import contexts, main


PROJECT_COMPLETE = contexts.COMPLETE
tree = TemporaryTree()


def setUpModule():
    contexts.COMPLETE = ()  # the small tree holds two contexts only; test_complete_place_asks_for_every_built_context sets its own
    tree.__enter__()


def tearDownModule():
    tree.__exit__()
    contexts.COMPLETE = PROJECT_COMPLETE


class Rules(unittest.TestCase):
    def test_clean_tree_passes(self):
        with tree.spoiled({"tools/run": SCRIPT, ".ci/run": SCRIPT}):
            self.assertEqual([], [finding.text() for finding in tree.findings()])

    def test_each_violation_fires_its_rule_and_no_other(self):
        for rule, files in ALL:
            with self.subTest(rule=rule, files={path: text for path, text in files.items() if text != CLEAN.get(path)}), tree.spoiled(files):
                findings = tree.findings()
                self.assertEqual({rule}, {finding.rule for finding in findings}, [finding.text() for finding in findings])
                self.assertTrue(all(not finding.warning for finding in findings))

    def test_every_rule_has_a_violation(self):
        self.assertEqual({main.name_of(rule) for rule in main.RULES}, {rule for rule, _ in ALL})

    def test_script_without_executable_bit(self):
        with tree.spoiled({"tools/run": SCRIPT}, executable=False):
            self.assertEqual(["script-executable"], [finding.rule for finding in tree.findings()])

    def test_line_and_text_of_a_finding(self):
        with tree.spoiled({"core/time.cpp": source("", "#include <mutex>")}):
            (finding,) = tree.findings()
        self.assertEqual(("core/time.cpp", 3), (finding.path, finding.line))
        self.assertRegex(finding.text(), r"^core/time\.cpp:3: error: \[purity\] .+\n    remedy: .+$")


class Ratchet(unittest.TestCase):
    def findings_of(self, text: str):
        with tree.spoiled({"core/long.cpp": text}):
            return [(finding.rule, finding.warning) for finding in tree.findings()]

    def test_file_sizes(self):
        self.assertEqual([], self.findings_of(source(*["// line"] * 399)))
        self.assertEqual([("file-size", True)], self.findings_of(source(*["// line"] * 400)))
        self.assertEqual([("file-size", True)], self.findings_of(source(*["// line"] * 599)))
        self.assertEqual([("file-size", False)], self.findings_of(source(*["// line"] * 600)))

    def test_function_sizes(self):
        def function(lines: int) -> str:
            return source("struct A {", "    int f() const {", *["        { g(\"}\"); }  // }"] * (lines - 2), "    }", "    int x{0};", "};")
        self.assertEqual([], self.findings_of(function(35)))
        self.assertEqual([("function-size", True)], self.findings_of(function(36)))
        self.assertEqual([("function-size", True)], self.findings_of(function(70)))
        self.assertEqual([("function-size", False)], self.findings_of(function(71)))


class Completeness(unittest.TestCase):
    def test_complete_place_asks_for_every_built_context(self):
        self.addCleanup(setattr, contexts, "COMPLETE", ())
        contexts.COMPLETE = ("route",)
        problems = {finding.problem for finding in tree.findings()}
        self.assertEqual({f"{context} has no route" for context in contexts.BUILT if context != "orders"}, problems)


    def test_context_with_events_owes_all_places_and_one_without_events_owes_none(self):
        with tree.spoiled(EVENTFUL):
            self.assertEqual([], [finding.text() for finding in tree.findings()])
        self.assertEqual(len(contexts.EVENTFUL_NEEDS), len(OWED))
        with tree.spoiled({"schemas/customers.fbs": EVENTFUL["schemas/customers.fbs"]}):
            self.assertEqual({f"customers has no {place}" for place in contexts.EVENTFUL_NEEDS},
                             {finding.problem for finding in tree.findings()})
        with tree.spoiled({"schemas/customers.fbs": "// Messages of customers, none of them an event.\n"}):
            self.assertEqual([], tree.findings())


class Program(unittest.TestCase):
    def run_lint(self, files):
        out = io.StringIO()
        with tree.spoiled(files), contextlib.redirect_stdout(out):
            return main.main(["--root", str(tree.root)]), out.getvalue().splitlines()[-1]

    def test_exit_codes_and_summary(self):
        code, summary = self.run_lint({})
        self.assertEqual(0, code)
        self.assertIn(f"{len(main.RULES)} rules, {len(CLEAN)} files, 0 errors, 0 warnings", summary)
        code, summary = self.run_lint({"core/long.cpp": source(*["// line"] * 500)})
        self.assertEqual(0, code)
        self.assertIn("0 errors, 1 warnings", summary)
        code, summary = self.run_lint({"core/a.cpp": source("#include <mutex>", "#include <thread>")})
        self.assertEqual(1, code)
        self.assertIn("2 errors, 0 warnings", summary)

    def test_folder_without_git(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as err:
            # Even where temporary folders lie inside some work tree.
            with unittest.mock.patch.dict(os.environ, GIT_CEILING_DIRECTORIES=str(pathlib.Path(folder).resolve().parent)):
                self.assertEqual(3, main.main(["--root", folder]))
            self.assertIn("is not a work tree", err.getvalue())


if __name__ == "__main__":
    unittest.main()
