"""One violation after another: the rule that must fire, and the files that break it (None removes a clean one)."""
from temporary_tree import CLEAN, SCRIPT, header, source

LONG_FUNCTION = source("int f() {", *["    g();"] * 70, "}")
NOTE = "TO" + "DO"


def added(path: str, *lines: str) -> dict[str, str]:
    """A clean file with lines behind it."""
    return {path: CLEAN[path] + "".join(line + "\n" for line in lines)}


DIRECTION = [
    ("room", {"platform/log.cpp": source()}),
    ("room", {"docs/example.cpp": source()}),
    ("include-form", added("core/money.cpp", "#include <core/check.hpp>")),
    ("include-form", added("core/money.cpp", '#include "vector"')),
    ("include-form", added("core/money.cpp", '#include "core/../core/money.hpp"')),
    ("include-form", added("tools/granary/main.cpp", '#include "rocksdb/db.h"')),
    ("allowed-includes", added("core/money.cpp", '#include "schemas/orders_fbs.h"')),
    ("allowed-includes", added("schemas/codec.hpp", '#include "platform/ports/log.hpp"')),
    ("allowed-includes", added("platform/ports/log.hpp", '#include "platform/adapters/rocksdb/options.hpp"')),
    ("allowed-includes", added("command-side/domain/orders.hpp", '#include "platform/ports/log.hpp"')),
    ("allowed-includes", added("sagas/processes/refund.hpp", '#include "command-side/domain/orders.hpp"')),
    ("allowed-includes", added("sagas/runtime/runner.hpp", '#include "command-side/runtime/shard.hpp"')),
    ("allowed-includes", added("projections/runtime/projector.hpp", '#include "query-side/queries/orders.hpp"')),
    ("allowed-includes", added("query-side/queries/orders.hpp", '#include "projections/runtime/projector.hpp"')),
    ("allowed-includes", added("gateway/routes/orders.cpp", '#include "tools/granary/table.hpp"')),
    ("allowed-includes", added("command-side/runtime/shard.hpp", '#include "tests/support.hpp"')),
    ("allowed-includes", added("tests/command-side/domain/orders_test.cpp", '#include "tools/granary/table.hpp"')),
    ("context-isolation", added("command-side/domain/orders.cpp", '#include "command-side/domain/payments.hpp"')),
    ("context-isolation", added("command-side/domain/orders.cpp", '#include "command-side/domain/all.hpp"')
     | {"command-side/domain/all.hpp": header('#include "command-side/domain/payments.hpp"')}),
    ("cycle", {"core/a.hpp": header('#include "core/b.hpp"'), "core/b.hpp": header('#include "core/c.hpp"'), "core/c.hpp": header('#include "core/a.hpp"')}),
    ("cycle", {"gateway/openapi/a.hpp": header('#include "gateway/middleware/b.hpp"'), "gateway/openapi/c.hpp": header(),
               "gateway/middleware/b.hpp": header(), "gateway/middleware/d.hpp": header('#include "gateway/openapi/c.hpp"')}),
]

FENCES = [
    ("fence", added("tools/granary/main.cpp", "#include <rocksdb/db.h>")),
    ("fence", added("tools/granary/main.cpp", "#include <librdkafka/rdkafka.h>")),
    ("fence", added("gateway/routes/orders.cpp", "#include <boost/beast/http.hpp>")),
    ("fence", added("platform/host/clock.cpp", "#include <boost/beast/http.hpp>")),
    ("fence", added("sagas/runtime/runner.hpp", "") | {"sagas/runtime/runner.cpp": source("#include <boost/asio/post.hpp>")}),
    ("fence", added("command-side/domain/orders.cpp", "#include <flatbuffers/flatbuffers.h>")),
    # A header behind the fence that names the fenced type must not get out.
    ("fence", added("tools/granary/main.cpp", '#include "platform/adapters/rocksdb/holders.hpp"')),
    ("public-header", added("core/money.hpp", "#include <fmt/core.h>")),
    ("public-header", added("platform/ports/log.hpp", "#include <openssl/evp.h>")),
    ("public-header", added("gateway/table.hpp", "#include <boost/json.hpp>")),
]

PURITY = [("purity", added("command-side/domain/orders.cpp", line)) for line in (
    "#include <random>", "#include <thread>", "#include <mutex>", "#include <atomic>", "#include <condition_variable>", "#include <fstream>",
    "#include <filesystem>", "#include <iostream>", "#include <spdlog/spdlog.h>", "#include <unistd.h>", "#include <sys/stat.h>",
    "auto t() { return std::chrono::steady_clock::now(); }", "int r() { return std::rand(); }", "auto t() { return time(nullptr); }",
    "auto e() { return std::getenv(\"HOME\"); }", "void p() { std::printf(\"x\"); }", "void p() { spdlog::info(\"x\"); }",
    "void p() { std::fprintf(stderr, \"x\"); }", "void f() { std::ofstream out; }",
    "void f() { std::jthread worker; }", "void f() { std::lock_guard guard(lock); }", "void f() { std::time(&now); }", "std::atomic_int& f();",
)] + [
    ("purity", added("core/money.cpp", "#include <chrono>", "auto t() { return std::chrono::system_clock::now(); }")),
    ("purity", added("sagas/processes/refund.hpp", "#include <thread>")),
    ("purity", added("projections/views/orders.hpp", "#include <mutex>")),
    ("purity", added("query-side/read_models/orders.hpp", "#include <fstream>")),
    ("purity", added("schemas/codec.hpp", "#include <random>")),
    ("hidden-state", added("core/money.cpp", "int next() {", "    static int count = 0;", "    return ++count;", "}")),
    ("hidden-state", added("core/money.cpp", "int next() {", "    thread_local int count;", "    return ++count;", "}")),
    ("floating-point", added("core/money.hpp", "double rate(int percent);")),
    ("floating-point", added("command-side/domain/orders.cpp", "constexpr float total = 1;")),
    ("catch-all", added("command-side/domain/orders.cpp", "int f(E e) {", "    switch (e) {", "        case E::a: return 1;",
                        "        default: return 2;", "    }", "}")),
    ("catch-all", added("projections/views/orders.hpp", "constexpr auto ignore = [](const auto&) {};")),
]

STATICS = [("static-construction", added("gateway/routes/orders.cpp", *lines)) for lines in (
    ("const std::string name = \"orders\";",),
    ("namespace {", "std::vector<int> seen;", "}"),
    ("static const bool registered = register_route(make);",),
    ("std::atomic<int> calls{0};",),
    ("Registrar orders(\"orders\", make);",),
    ("Registrar orders(make_orders);",),
    ("struct Table {", "    static inline std::map<int, int> rows;", "};"),
    ("const auto table = [] {", "    return 1;", "}();"),
    ("thread_local std::string scratch;",),
)]

TEXT = [
    ("first-comment", {"core/time.hpp": "#pragma once\n"}),
    ("first-comment", {"core/time.cpp": "#include <array>\n"}),
    ("first-comment", {"schemas/catalog.fbs": "namespace granary;\n"}),
    ("first-comment", {"tools/importers/days.py": "import sys\n"}),
    ("pragma-once", {"core/time.hpp": "// Points in time.\n"}),
    ("unfinished", added("core/money.cpp", f"// {NOTE}: round")),
    ("unfinished", {"docs/notes.md": "X" * 3 + " later\n"}),
    *[("machine-path", {"docs/notes.md": f"cd /{folder}/x\n"}) for folder in ("work", "root", "home", "tmp")],
    ("machine-path", added("gateway/routes/orders.cpp", 'constexpr auto folder = "/' + 'tmp";')),
    *[("banned-name", {path: source()}) for path in (
        "command-side/runtime/events/placed.cpp", "command-side/runtime/commands/place.cpp", "gateway/utils/text.cpp", "core/common.cpp",
        "platform/host/helpers.cpp", "gateway/route_manager.cpp", "core/text_utils.cpp")],
    ("banned-name", {"core/types.h": header()}),
    ("file-size", {"core/long.cpp": source(*["// line"] * 600)}),
    ("function-size", {"core/long.cpp": LONG_FUNCTION}),
    ("function-size", {"tools/importers/days.py": '"""Reads days of orders."""\ndef f():\n' + "    g()\n" * 70}),
]

# A context with an event and all that it owes; each violation leaves one of these out.
EVENTFUL = {
    "schemas/customers.fbs": '// Messages of customers.\ntable CustomerRegistered (event_type: "601", event_version: "1") {}\n',
    "command-side/domain/customers.hpp": header(), "command-side/domain/customers.cpp": source(), "tests/command-side/domain/customers_test.cpp": source(),
    "projections/views/customers.hpp": header(), "gateway/routes/customers.cpp": source(),
}
OWED = [path for path in EVENTFUL if path.split("/")[0] != "schemas" and not path.endswith("domain/customers.hpp")]

COMPLETENESS = [
    *[("context-completeness", {path: text for path, text in EVENTFUL.items() if path != left_out}) for left_out in OWED],
    ("context-completeness", {"schemas/orders.fbs": None}),
    ("context-completeness", {"command-side/domain/catalog.cpp": source(), "tests/command-side/domain/catalog_test.cpp": source(),
                              "schemas/catalog.fbs": "// Messages of the catalogue.\n"}),
    ("context-completeness", {"tests/command-side/domain/payments_test.cpp": None}),
    ("context-completeness", {"gateway/routes/delivery.cpp": source()}),
    ("context-completeness", {"projections/views/catalog.hpp": header()}),
]

SCRIPTS = [
    ("script-help", {"tools/run": SCRIPT.replace("echo usage", "exit 3")}),
    ("script-help", {"tools/run": SCRIPT.replace("echo usage", ":")}),
    ("script-executable", {"tools/run": "echo usage\n"}),
]

ALL = DIRECTION + FENCES + PURITY + STATICS + TEXT + COMPLETENESS + SCRIPTS
