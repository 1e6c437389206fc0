// Tables for people, JSON and CSV for programs.
#include "tools/granary/output.hpp"

#include <doctest/doctest.h>

#include "tools/granary/verbs.hpp"

using namespace granary;
using namespace granary::cli;

namespace {

const Table table{{{"name"}, {"count", true}}, {{"CAFÉ \"X\"", "7"}, {"a,b", "-12"}, {"two\nlines", "007"}}};

}  // namespace

TEST_CASE("table columns are as wide as their widest cell in characters, numbers to the right") {
    const Table cups{{{"name"}, {"count", true}, {"note"}}, {{"CAFÉ", "7", "é"}, {"TEA", "1234567", ""}}};
    CHECK(render(cups, Format::table) == "name    count  note\nCAFÉ        7  é\nTEA   1234567\n");
    CHECK(render({{{"a"}, {"b"}}, {}}, Format::table) == "a  b\n");
}

TEST_CASE("JSON has bare numbers only where the cell is an integer") {
    CHECK(render(table, Format::json) == "[{\"name\":\"CAFÉ \\\"X\\\"\",\"count\":7},{\"name\":\"a,b\",\"count\":-12},{\"name\":\"two\\nlines\",\"count\":\"007\"}]\n");
    CHECK(render({{{"n", true}}, {{"0"}, {"-"}, {""}, {"1.5"}, {"1234567890123456789"}}}, Format::json) ==
          "[{\"n\":0},{\"n\":\"-\"},{\"n\":\"\"},{\"n\":\"1.5\"},{\"n\":\"1234567890123456789\"}]\n");
    CHECK(render({{{"n"}}, {{"7"}}}, Format::json) == "[{\"n\":\"7\"}]\n");
    CHECK(render({{{"n"}}, {}}, Format::json) == "[]\n");
}

TEST_CASE("CSV quotes what holds commas, quotes or line ends") {
    CHECK(render(table, Format::csv) == "name,count\n\"CAFÉ \"\"X\"\"\",7\n\"a,b\",-12\n\"two\nlines\",007\n");
}

TEST_CASE("formats go by their names; damage has an exit code of its own") {
    CHECK(parse_format("table") == Format::table);
    CHECK(parse_format("json") == Format::json);
    CHECK(parse_format("csv") == Format::csv);
    CHECK_FALSE(parse_format("JSON"));
    CHECK(report_fault({FaultCode::corrupt, "x"}) == exit_found_wrong);
    CHECK(report_fault({FaultCode::halted, "x"}) == exit_found_wrong);
    CHECK(report_fault({FaultCode::io_error, "x"}) == exit_fault);
}
