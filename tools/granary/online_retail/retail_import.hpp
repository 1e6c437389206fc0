// Carries a plan out through the public HTTP API, as if the orders were placed now.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/ports/http_client.hpp"
#include "tools/granary/online_retail/retail_plan.hpp"

namespace granary::cli::retail {

struct ImportOptions {
    std::string url;                     // `http://127.0.0.1:8080`
    std::string key;                     // an API key with the permission to import
    std::string label = "1";             // part of every Idempotency-Key: another label places the same orders again
    std::string warehouse = "main";
    std::size_t width = 32;              // requests under way at once
    // Told of each finished request: phase name, done, total.
    std::function<void(const std::string& phase, std::size_t done, std::size_t total)> progress;
};

struct ImportCounts {
    std::size_t products = 0, receipts = 0, customers = 0, orders = 0, cancellations = 0, corrections = 0;
    std::size_t replayed = 0;  // of all these, already there from an earlier run
    std::size_t retries = 0;
};

struct ImportResult {
    ImportCounts counts;
    std::vector<RowError> errors;                // the plan's and the server's
    std::map<std::string, std::string> orders;   // invoice -> order id
};

// Products, opening stock, customers, orders, corrections, then cancellations (each waits until its order is paid).
// Running it again with the same label changes nothing: every request carries an Idempotency-Key of its invoice or row.
// A Fault only when the server can't be reached or refuses the key; refusals of single requests become row errors.
Result<ImportResult> run_import(ports::HttpClient& client, const ImportOptions& options, const Plan& plan);

}  // namespace granary::cli::retail
