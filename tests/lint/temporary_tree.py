"""A small project in a temporary folder, clean by every rule, that a test spoils in one place."""
import contextlib
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from lint_rules.main import check  # noqa: E402
from lint_rules.tree import Tree  # noqa: E402

FIRST = "// The job of this file in one sentence.\n"
HEADER = FIRST + "#pragma once\n"
SCRIPT = "#!/usr/bin/env bash\n# A verb.\necho usage\n"


def header(*lines: str) -> str:
    return HEADER + "".join(line + "\n" for line in lines)


def source(*lines: str) -> str:
    return FIRST + "".join(line + "\n" for line in lines)


# One file or more for each room, with what is allowed there.
CLEAN = {
    "core/money.hpp": header("#include <cstdint>", "namespace granary {", "struct Money { std::int64_t minor = 0; };", "Money twice(Money m);", "}"),
    "core/money.cpp": source('#include "core/money.hpp"', "namespace granary {", "constexpr int factors[] = {1, 2};",
                             "Money twice(Money m) {", "    thread_local const int two = factors[1];", "    return {m.minor * two};", "}", "}"),
    "core/check.cpp": source("#include <cstdio>", "void die() { std::fprintf(stderr, \"x\"); }"),
    "core/text.cpp": source("int width(char c) {", "    switch (c) {", "        case 'a': return 1;", "        default: return 2;", "    }", "}"),
    "schemas/orders.fbs": "// Messages of orders.\n",
    "schemas/payments.fbs": "// Messages of payments.\n",
    "schemas/codec.hpp": header("#include <flatbuffers/flatbuffers.h>", '#include "core/money.hpp"', '#include "schemas/orders_fbs.h"'),
    "platform/ports/log.hpp": header('#include "core/money.hpp"', "namespace granary {", "class Log {", "  public:", "    virtual ~Log() = default;", "};", "}"),
    "platform/adapters/rocksdb/log.hpp": header('#include "platform/ports/log.hpp"'),
    "platform/adapters/rocksdb/holders.hpp": header("#include <rocksdb/db.h>"),
    "platform/adapters/rocksdb/log.cpp": source("#include <rocksdb/db.h>", '#include "platform/adapters/rocksdb/holders.hpp"',
                                                '#include "platform/adapters/rocksdb/log.hpp"'),
    "platform/host/clock.cpp": source("#include <chrono>", "#include <spdlog/spdlog.h>", "#include <boost/asio/post.hpp>",
                                      "long now() { return std::chrono::system_clock::now().time_since_epoch().count(); }"),
    "command-side/domain/orders.hpp": header('#include "core/money.hpp"', '#include "schemas/orders_fbs.h"', "int decide(int state);"),
    "command-side/domain/orders.cpp": source('#include "command-side/domain/orders.hpp"', "#include <fmt/core.h>",
                                             "int decide(int state) { return state; }"),
    "command-side/domain/payments.hpp": header("int evolve(int state);"),
    "command-side/domain/payments.cpp": source('#include "command-side/domain/payments.hpp"', "int evolve(int state) { return state; }"),
    "tests/command-side/domain/orders_test.cpp": source('#include "command-side/domain/orders.hpp"', "#include <doctest/doctest.h>",
                                                        'TEST_CASE("orders") { CHECK(decide(1) == 1); }'),
    "tests/command-side/domain/payments_test.cpp": source('#include "command-side/domain/payments.hpp"'),
    "command-side/runtime/shard.hpp": header('#include "command-side/domain/orders.hpp"', '#include "platform/ports/log.hpp"'),
    "sagas/processes/refund.hpp": header('#include "schemas/orders_fbs.h"'),
    "sagas/runtime/runner.hpp": header('#include "sagas/processes/refund.hpp"'),
    "query-side/read_models/orders.hpp": header("struct OrderRow {};"),
    "projections/views/orders.hpp": header('#include "query-side/read_models/orders.hpp"'),
    "projections/runtime/projector.hpp": header('#include "projections/views/orders.hpp"'),
    "query-side/queries/orders.hpp": header('#include "query-side/read_models/orders.hpp"'),
    "gateway/http/session.cpp": source("#include <boost/beast/core.hpp>", "#include <boost/asio/post.hpp>"),
    "gateway/table.hpp": header('#include "gateway/routes/orders.hpp"'),
    "gateway/routes/orders.hpp": header('#include "query-side/queries/orders.hpp"'),
    "gateway/routes/orders.cpp": source('#include "gateway/routes/orders.hpp"', '#include "gateway/table.hpp"'),
    "tools/granary/main.cpp": source('#include "platform/adapters/rocksdb/log.hpp"', "#include <CLI/CLI.hpp>", "int main() { return 0; }"),
    "tools/granary/output.hpp": header("#include <CLI/CLI.hpp>"),
    "tests/tools/output_test.cpp": source('#include "tools/granary/output.hpp"'),
    "docs/architecture.md": "# How it works\n",
}


class TemporaryTree:
    """Use in a `with`: the clean files in a temporary folder that is removed in the end."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        subprocess.run(["git", "init", "-q", "--template=", str(self.root)], check=True)
        for path, text in CLEAN.items():
            self._write(path, text)
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def findings(self):
        return check(Tree(self.root))

    @contextlib.contextmanager
    def spoiled(self, files: dict[str, str | None], executable: bool = True):
        """The tree with these files written over it (None removes one), clean again afterwards."""
        for path, text in files.items():
            self._write(path, text, executable)
        try:
            yield self
        finally:
            for path in files:
                self._write(path, CLEAN.get(path))

    def _write(self, path: str, text: str | None, executable: bool = True):
        full = self.root / path
        if text is None:
            full.unlink()
            return
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        if executable and text.startswith("#!"):
            full.chmod(0o755)
