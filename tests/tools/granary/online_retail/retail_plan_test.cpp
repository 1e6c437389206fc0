// From rows to what the shop would have done.
#include "tools/granary/online_retail/retail_plan.hpp"

#include "tests/tools/granary/online_retail/retail_files.hpp"

using namespace granary;
using namespace granary::cli::retail;
using granary::tests::real_day;
using granary::tests::rows_of;

namespace {

std::vector<std::string> codes_of(const Plan& plan) {
    std::vector<std::string> codes;
    for (const auto& error : plan.errors) codes.push_back(error.code);
    return codes;
}
using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("rows of one invoice become one order, in the order of the file, wherever they stand") {
    const auto plan = make_plan(rows_of({"1,A,N,6,2010-12-01,2.55,17850,France", "2,A,N,1,2010-12-01,2.55,,EIRE", "1,B,M,2,2010-12-01,0,17850,France"}));
    REQUIRE(plan.invoices.size() == 2);
    CHECK(plan.invoices[0].number == "1");
    CHECK(plan.invoices[0].customer == "17850");
    REQUIRE(plan.invoices[0].lines.size() == 2);
    CHECK(plan.invoices[0].lines[1].sku == "B");
    CHECK(plan.invoices[1].customer.empty());
    CHECK(plan.customers == std::map<std::string, std::string>{{"17850", "FR"}});
    CHECK(plan.products.at("A").opening_stock == 7);
    CHECK(plan.products.at("A").first.line == 2);
}

TEST_CASE("codes that differ in case are two products; name and price come from the first row that has them") {
    const auto plan = make_plan(rows_of({"1,85123A,,6,2010-12-01,0,17850,France", "2,85123A,HEART,1,2010-12-01,2.55,,France", "3,85123A,OTHER,1,2010-12-01,2.95,,France",
                                         "3,85123a,heart,1,2010-12-01,1.00,,France"}));
    REQUIRE(plan.products.size() == 2);
    CHECK(plan.products.at("85123A").name == "HEART");
    CHECK(plan.products.at("85123A").price == "2.55");
    CHECK(plan.products.at("85123a").price == "1.00");
}

TEST_CASE("a cancellation takes back the latest earlier order that has enough pieces, and each piece once") {
    const auto plan = make_plan(rows_of({"1,A,N,6,2010-12-01,2.55,17850,France", "2,A,N,4,2010-12-01,2.55,17850,France", "3,A,N,9,2010-12-01,2.55,12345,France",
                                         "4,A,N,9,2010-12-01,2.45,17850,France", "C5,A,N,-3,2010-12-01,2.55,17850,France", "C6,A,N,-3,2010-12-01,2.55,17850,France",
                                         "C7,A,N,-4,2010-12-01,2.55,17850,France"}));
    REQUIRE(plan.cancellations.size() == 2);
    CHECK(plan.cancellations[0].of_invoice == "2");
    CHECK(plan.cancellations[1].of_invoice == "1");
    CHECK(codes_of(plan) == Codes{"nothing_to_cancel"});
    CHECK(plan.errors[0].row.invoice == "C7");
}

TEST_CASE("what can't be carried out is listed with its code") {
    const auto plan = make_plan(rows_of({"C1,A,N,-3,2010-12-01,2.55,17850,France", "1,A,N,6,2010-12-01,2.55,17850,France", "C2,A,N,-3,2010-12-01,2.55,,France",
                                         "A3,B,Adjust bad debt,1,2010-12-01,5,,France", "4,A,N,x,2010-12-01,2.55,,France"}));
    CHECK(codes_of(plan) == Codes{"nothing_to_cancel", "no_customer", "adjustment", "malformed"});
    CHECK(plan.errors[3].detail.find("quantity") != std::string::npos);
    CHECK_FALSE(plan.products.contains("B"));
}

TEST_CASE("corrections move stock of a known product and place no order") {
    const auto plan = make_plan(rows_of({"1,A,damaged,-6,2010-12-01,0,,France", "2,A,found,4,2010-12-01,0,,France"}));
    CHECK(plan.invoices.empty());
    REQUIRE(plan.corrections.size() == 2);
    CHECK(plan.products.at("A").opening_stock == 6);  // what was found is no part of it
}

TEST_CASE("of the real days every row is somewhere, once") {
    auto rows = real_day("2010-12-01");
    const auto more = real_day("2011-02-06");
    rows.insert(rows.end(), more.begin(), more.end());
    const auto plan = make_plan(rows);
    std::size_t counted = 0, placed = 0;
    for (const auto& [kind, count] : plan.counts) counted += count;
    for (const auto& invoice : plan.invoices) placed += invoice.lines.size();
    CHECK(counted == rows.size());
    CHECK(placed + plan.cancellations.size() + plan.corrections.size() + plan.errors.size() == rows.size());
    CHECK(plan.invoices.size() > 100);
    CHECK(plan.products.contains("85123A"));
}
