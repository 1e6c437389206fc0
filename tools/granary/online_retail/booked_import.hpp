// Sends booked invoices to POST /v1/imports/orders, many in a request and several requests at once.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "platform/ports/http_client.hpp"
#include "tools/granary/online_retail/booked_rows.hpp"

namespace granary::cli::retail {

struct BookedImportOptions {
    std::string url;                      // `http://127.0.0.1:8080`
    std::string key;                      // an API key with the permission orders:import
    std::string source = "online-retail";
    std::size_t width = 8;                // requests under way at once
    std::function<void(std::size_t rows_done)> progress;  // after each request
};

// An invoice that the server did not take.
struct RefusedInvoice {
    const BookedInvoice* invoice = nullptr;
    std::string code;    // of the refusal
    std::string detail;
};

// What the server has acknowledged. Rows of all kinds and those of refused invoices add up to the rows sent.
struct BookedResult {
    std::size_t imported = 0;       // invoices, by this run
    std::size_t already_there = 0;  // by an earlier one
    std::array<std::size_t, read_models::line_kinds> rows{};
    std::vector<RefusedInvoice> refused;
};

// An interrupted import is run again: what is there is not imported twice. A Fault when a request could not be carried out
// for good; then nothing behind it is sent. `book` must outlive the result.
Result<BookedResult> import_book(ports::HttpClient& client, const BookedImportOptions& options, const Book& book);

}  // namespace granary::cli::retail
