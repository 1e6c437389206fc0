// Books as they were kept: every row in its invoice or named as unreadable, and sent many invoices at a time.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/import_limits.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "tests/tools/granary/fake_server.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/online_retail/booked_import.hpp"

using namespace granary;
using namespace granary::cli;
using namespace granary::cli::retail;
using granary::tests::Asked;
using granary::tests::FakeServer;

namespace {

const std::string header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

Book book_of(const std::string& lines) {
    BookReader reader;
    REQUIRE(reader.add(header + lines, "test.csv"));
    return reader.take();
}

// Answers every invoice as imported, but for those that it is told to refuse, and remembers the numbers.
class FakeBooks {
  public:
    std::set<std::string> refused;
    std::vector<http::Response> first_answers;  // given before anything is taken

    Result<BookedResult> import(const Book& book, std::size_t width = 4) {
        const auto client = http_client::make_http_client();
        return import_book(*client, {server.url(), "secret", "shop", width, {}}, book);
    }
    std::multiset<std::string> numbers;

  private:
    http::Response answer(const Asked& asked) {
        if (!first_answers.empty()) {
            auto answer = std::move(first_answers.back());
            first_answers.pop_back();
            return answer;
        }
        const auto body = parse_json(asked.body);
        REQUIRE(body);
        std::size_t imported = 0;
        std::size_t lines = 0;
        std::string refusals;
        for (const auto& invoice : body->find("invoices")->items) {
            const std::string number(invoice.string_at("number"));
            numbers.insert(number);
            if (refused.contains(number)) {
                refusals += (refusals.empty() ? "" : ",") + (R"({"number":")" + number + R"(","code":"already_exists","pointer":"/number","detail":"other"})");
                continue;
            }
            ++imported;
            lines += invoice.find("lines")->items.size();
        }
        return FakeServer::reply(200, R"({"imported":)" + std::to_string(imported) + R"(,"already_there":0,"refused":[)" + refusals + R"(],"lines":{"sale":)" + std::to_string(lines) + "}}");
    }

  public:
    FakeServer server{[this](const Asked& asked) { return answer(asked); }};  // last: it ends first
};

}  // namespace

TEST_CASE("rows stand in their invoice as they were written") {
    const auto book = book_of(
        "536365,85123a,\" HEART, \"\"6\"\" \",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,EIRE\n"
        "536365,85123a,\" HEART, \"\"6\"\" \",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,POST,,1,2010-12-01 08:27:00,0.001,17850.0,United Kingdom\n"
        "A5,B,Adjust,1,2010-12-01 09:00:00,-11062.06,,United Kingdom\n"
        "7,22752,,-5,2010-12-01 09:00:00,0,,United Kingdom\n");
    CHECK(book.rows == 6);
    CHECK(book.copies == 1);
    CHECK(book.anonymous == 3);
    CHECK(book.unreadable.empty());
    REQUIRE(book.invoices.size() == 4);
    const auto& first = book.invoices[0];
    CHECK(first.customer == "17850");
    CHECK(first.country == "United Kingdom");
    REQUIRE(first.rows.size() == 3);
    CHECK(first.rows[0].stock_code == "85123a");
    CHECK(first.rows[0].description == " HEART, \"6\" ");
    CHECK(rfc3339_of(first.rows[2].at) == "2010-12-01T08:27:00Z");
    CHECK(first.rows[2].line == 5);
    using read_models::LineKind;
    CHECK(first.rows[0].kind == LineKind::sale);
    CHECK(book.invoices[1].rows[0].kind == LineKind::cancel);
    CHECK(book.invoices[2].rows[0].kind == LineKind::adjust);
    CHECK(book.invoices[3].rows[0].kind == LineKind::zero);
}

TEST_CASE("a row that can't be part of an invoice is named with the reason") {
    const auto book = book_of(
        "1,A,x,six,2010-12-01 08:26:00,2.55,,France\n"
        "1,A,x,6,2010-12-01,2.55,,France\n"
        "1,A,x,6,2010-12-01 08:26:00,2.55555,,France\n"
        "1,,x,6,2010-12-01 08:26:00,2.55,,France\n"
        "1 2,A,x,6,2010-12-01 08:26:00,2.55,,France\n"
        "1,A,x\n"
        "1,A,x,6,2010-12-01 08:26:00,2.55,,France\n"
        "1,A,x,6,2010-12-01 08:26:00,2.55,9.0,France\n"
        "1,A,\xff,6,2010-12-01 08:26:00,2.55,,France\n");
    CHECK(book.rows == 9);
    CHECK(book.unreadable.size() == 8);
    REQUIRE(book.invoices.size() == 1);
    CHECK(book.invoices[0].rows.size() == 1);
    CHECK(book.unreadable[0].problem.contains("quantity"));
    CHECK(book.unreadable[6].problem.contains("another customer"));
    CHECK(book.unreadable[6].line == 9);
    CHECK_FALSE(BookReader().add("a,b\n", "x.csv").has_value());
}

TEST_CASE("many invoices go in one request, each once, and refused ones are told apart") {
    std::string lines;
    for (int i = 0; i < 1200; ++i) lines += std::to_string(1000 + i) + ",A,x,1,2010-12-01 08:26:00,2.55,,France\n";
    const auto book = book_of(lines);
    FakeBooks books;
    books.refused = {"1003"};
    const auto result = books.import(book);
    REQUIRE_MESSAGE(result, result.error().message);
    CHECK(books.numbers.size() == 1200);
    CHECK(std::set<std::string>(books.numbers.begin(), books.numbers.end()).size() == 1200);
    CHECK(books.server.asked().size() == 3);
    CHECK(result->imported == 1199);
    CHECK(result->rows[0] == 1199);
    REQUIRE(result->refused.size() == 1);
    CHECK(result->refused[0].invoice->number == "1003");
    CHECK(result->refused[0].code == "already_exists");
}

TEST_CASE("no request is larger than the server takes") {
    std::string lines;
    const std::string text(limits::product_name_bytes_max, '"');
    std::string doubled;
    for (const char c : text) doubled += std::string(2, c);
    for (int i = 0; i < 3000; ++i) lines += std::to_string(1000 + i / 1500) + ",A,\"" + doubled + "\",1,2010-12-01 08:26:00,2.55,,France\n";
    FakeBooks books;
    const auto book = book_of(lines);
    REQUIRE(books.import(book));
    for (const auto& asked : books.server.asked()) CHECK(asked.body.size() < limits::http_large_body_bytes_max);
}

TEST_CASE("a busy server is asked again, and a refusal of a whole request ends the import") {
    const auto book = book_of("1,A,x,1,2010-12-01 08:26:00,2.55,,France\n");
    FakeBooks busy;
    busy.first_answers.push_back(FakeServer::reply(503, "{}"));
    REQUIRE(busy.import(book));
    CHECK(busy.server.asked().size() == 2);
    FakeBooks strange;
    strange.first_answers.push_back(FakeServer::reply(403, R"({"code":"forbidden"})"));
    std::string many;
    for (int i = 0; i < 2000; ++i) many += std::to_string(1000 + i) + ",A,x,1,2010-12-01 08:26:00,2.55,,France\n";
    const auto refused = strange.import(book_of(many), 1);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.contains("forbidden"));
    CHECK(strange.server.asked().size() == 1);
}
