// Turns rows into what the shop would have done: products, stock, customers, orders and cancellations.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/granary/online_retail/retail_rows.hpp"

namespace granary::cli::retail {

struct Product {
    std::string sku;
    std::string name;
    std::string price;
    // Pieces of all orders and of all that was lost or damaged: with so many at the start, no order depends on whether the
    // corrections come before or after it.
    std::int64_t opening_stock = 0;
    Row first;              // where it was first seen, for messages
};

struct Invoice {
    std::string number;
    std::string customer;
    std::string country;
    std::vector<Row> lines;  // sales and free items, in the order of the file
};

// A cancelled line, and the invoice it takes back, if the plan has one.
struct Cancellation {
    Row row;
    std::string of_invoice;  // the latest earlier invoice of the same customer with this SKU, price and at least this many pieces
};

// What can't be carried out, one line each in the error file.
struct RowError {
    Row row;
    std::string code;    // malformed, adjustment, nothing_to_cancel, no_customer, refused, ...
    std::string detail;
};

struct Plan {
    std::map<std::string, Product> products;          // by SKU
    std::map<std::string, std::string> customers;     // number -> country
    std::vector<Invoice> invoices;                    // in the order of their first row
    std::vector<Cancellation> cancellations;
    std::vector<Row> corrections;
    std::vector<RowError> errors;
    std::map<RowKind, std::size_t> counts;
};

// Rows of all files, in order.
Plan make_plan(const std::vector<Row>& rows);

}  // namespace granary::cli::retail
