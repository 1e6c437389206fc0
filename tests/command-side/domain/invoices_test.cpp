// What of another system's book is taken over, what is refused, and what is here already.
#include "command-side/domain/invoices.hpp"

#include "core/import_limits.hpp"
#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::invoices;

namespace {

const Currency gbp = currency("GBP");
constexpr Time booked{1'291'191'960'000'000};

std::unique_ptr<InvoiceLineT> line(std::string_view code, std::int64_t quantity, std::int64_t price) {
    auto made = std::make_unique<InvoiceLineT>();
    made->stock_code = Sku::from_stored(code);
    made->description = "HEART";
    made->quantity = quantity;
    made->unit_price = {price, gbp};
    made->at = booked;
    return made;
}

template <class Message>
Message filled() {
    Message message;
    message.source = "online-retail";
    message.number = "536365";
    message.customer = "17850";
    message.country = "United Kingdom";
    message.lines.push_back(line("85123A", 6, 25'500));
    message.lines.push_back(line("85123A", 6, 25'500));  // a line that is there twice is two lines
    message.lines.push_back(line("POST", -1, -110'620'600));
    message.lines.push_back(line("22139", 0, 0));
    return message;
}
ImportInvoiceT import() { return filled<ImportInvoiceT>(); }

}  // namespace

TEST_CASE("an invoice is taken over as it was written: every line, whatever its signs") {
    const auto decided = decide(InvoiceStateT{}, import(), scenario::now);
    REQUIRE(decided.has_value());
    REQUIRE(decided->size() == 1);
    CHECK(encode_event(decided->front()) == encode_event(filled<InvoiceImportedT>()));
}

TEST_CASE("the same invoice again is nothing; with other contents it is refused, and what is there stays") {
    InvoiceStateT state;
    evolve(state, filled<InvoiceImportedT>());
    const auto same = decide(state, import(), scenario::now);
    REQUIRE(same.has_value());
    CHECK(same->empty());
    const auto refused_with = [&](auto change) {
        auto other = import();
        change(other);
        const auto decided = decide(state, other, scenario::now);
        return !decided && decided.error().code == RefusalCode::already_exists && decided.error().pointer == "/number";
    };
    CHECK(refused_with([](ImportInvoiceT& c) { c.customer = ""; }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.country = "EIRE"; }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines.pop_back(); }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines[0]->stock_code = Sku::from_stored("85123a"); }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines[0]->description = "HEARTS"; }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines[0]->quantity = 5; }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines[0]->unit_price.ten_thousandths = 25'501; }));
    CHECK(refused_with([](ImportInvoiceT& c) { c.lines[0]->at = booked + minutes(1); }));
}

TEST_CASE("fields are refused by precedence, each with its pointer") {
    const auto refusal_of = [](auto change) {
        auto command = import();
        change(command);
        const auto decided = decide(InvoiceStateT{}, command, scenario::now);
        REQUIRE(!decided.has_value());
        return std::string(name_of(decided.error().code)) + " " + decided.error().pointer;
    };
    CHECK(refusal_of([](auto& c) { c.source = "a/b", c.number = ""; }) == "invalid /source");
    CHECK(refusal_of([](auto& c) { c.number = std::string(32, '1'), c.lines.clear(); }) == "invalid /number");
    CHECK(refusal_of([](auto& c) { c.customer = std::string(65, '1'); }) == "limit_exceeded /customer");
    CHECK(refusal_of([](auto& c) { c.lines.clear(); }) == "invalid /lines");
    CHECK(refusal_of([](auto& c) { while (c.lines.size() <= limits::invoice_lines_max) c.lines.push_back(line("1", 1, 1)); }) == "limit_exceeded /lines");
    CHECK(refusal_of([](auto& c) { c.lines[1]->stock_code = {}; }) == "invalid /lines/1/stock_code");
    CHECK(refusal_of([](auto& c) { c.lines[1]->quantity = -limits::quantity_max - 1; }) == "limit_exceeded /lines/1/quantity");
    CHECK(refusal_of([](auto& c) { c.lines[1]->unit_price.currency = currency("EUR"); }) == "currency_mismatch /lines/1/unit_price");
    CHECK(refusal_of([](auto& c) { c.lines[0]->unit_price.currency = {}; }) == "invalid /lines/0/unit_price");
    CHECK(refusal_of([](auto& c) { c.lines[0]->at = scenario::now + hours(1); }) == "invalid /lines/0/occurred_at");
    CHECK(refusal_of([](auto& c) { c.lines[2]->quantity = -limits::quantity_max, c.lines[2]->unit_price.ten_thousandths = limits::price_ten_thousandths_max; }) == "limit_exceeded /lines/2");
}

TEST_CASE("an invoice happened when its first line was booked") {
    auto command = import();
    command.lines[3]->at = booked - minutes(1);
    CHECK(occurred_at(Command(std::move(command)), scenario::now) == booked - minutes(1));
}
