// The log's ends are read before the views are: what comes later is not of a time that has passed.
#include "tools/granary/past/invoices_known.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/host/chain_reader.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/past/as_of.hpp"
#include "tools/granary/past/view_folder.hpp"
#include "tools/granary/stored_views.hpp"

namespace granary::cli {
namespace {

constexpr auto fold_patience = std::chrono::seconds(5);
constexpr auto fold_look = std::chrono::milliseconds(50);

using Folded = std::vector<std::optional<projections::FoldedTo>>;

// The first commit of a partition that is not folded; nullopt: there is none up to that end.
Result<std::optional<Position>> first_unfolded(ports::Log& log, Partition partition, const projections::FoldedTo* to, Offset end, Time by) {
    auto reader = ChainReader::open(log, partition, to != nullptr ? std::optional(to->anchor) : std::nullopt);
    if (!reader) return std::unexpected(reader.error());
    while (reader->next() < end) {
        const auto records = reader->read(limits::log_read_bytes_max);
        if (!records) return std::unexpected(records.error());
        if (records->empty()) break;
        for (const auto& record : *records) {
            const auto* commit = std::get_if<Commit>(&record.entry);
            if (record.position.offset >= end || (commit != nullptr && commit->meta.time > by)) return std::nullopt;
            if (commit != nullptr) return std::optional(record.position);
        }
    }
    return std::nullopt;
}

Status check_folded(ports::Log& log, const Folded& folded, const LogEnds& ends, Time by) {
    for (std::uint32_t number = 0; number < ends.size(); ++number) {
        const auto* to = number < folded.size() && folded[number] ? &*folded[number] : nullptr;
        if (to != nullptr && (to->time > by || to->anchor.offset.next() >= ends[number])) continue;
        const auto lacking = first_unfolded(log, {number}, to, ends[number], by);
        if (!lacking) return std::unexpected(lacking.error());
        if (*lacking) return fault(FaultCode::unavailable, "the views have not got to " + text_of(**lacking) + " yet, which the log knew by then; start the server on this data directory, or ask again");
    }
    return {};
}

Status check_views(ports::Log& log, const std::string& data, const LogEnds& ends, Time by) {
    const auto store = rocks::open_store_read_only({.path = DataDirectory{data}.views(), .derived = true});
    if (!store) return std::unexpected(store.error());
    StoredViews views(**store);
    if (auto read = views.read("invoices"); !read) return read;
    return check_folded(log, views.folded_to(), ends, by);
}

// Waits until the views hold all that the log knew by then.
Status wait_for_views(const std::string& data, Time by) {
    const auto log = open_log_to_read({}, data);
    if (!log) return fault(FaultCode::unavailable, "whether the views hold all that the log knew by a time can't be said without the log (" + log.error().message + "); ask the server, or name positions");
    const auto ends = parse_as_of(**log, "");
    if (!ends) return std::unexpected(ends.error());
    const auto patience = read_server_url(DataDirectory{data}) ? fold_patience : std::chrono::seconds(0);  // without a server nobody folds
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto known = check_views(**log, data, ends->ends, by);
        if (known || !known.error().retryable() || std::chrono::steady_clock::now() > deadline) return known;
        std::this_thread::sleep_for(fold_look);
    }
}

Status check_folder(const ViewFolder& folder, Time by) {
    StoredViews views(folder.store());
    if (auto read = views.read("invoices"); !read) return read;
    Time newest = folder.about().known_by.value_or(Time{});
    for (const auto& to : views.folded_to()) newest = std::max(newest, to ? to->time : Time{});
    if (by <= newest) return {};
    return fault(FaultCode::invalid_argument, "the folder holds what the log knew by " + rfc3339_of(newest) + " at most: name no later time, or none");
}

}  // namespace

CallResult<PrintedReport> invoice_report_of_data(const std::string& data, const InvoiceReportQuestion& question) {
    const auto scope = queries::parse_scope(question.scope);
    if (!scope) return std::unexpected(failure_of(scope.error()));
    if (scope->as_of) {
        if (auto known = wait_for_views(data, *scope->as_of); !known) return std::unexpected(failure_of(known.error()));
    }
    const auto store = rocks::open_store_read_only({.path = DataDirectory{data}.views(), .derived = true});
    if (!store) return std::unexpected(failure_of(store.error()));
    return invoice_report(**store, question);
}

CallResult<PrintedReport> invoice_report_of_folder(const std::string& folder, const InvoiceReportQuestion& question) {
    const auto scope = queries::parse_scope(question.scope);
    if (!scope) return std::unexpected(failure_of(scope.error()));
    const auto views = ViewFolder::open(folder);
    if (!views) return std::unexpected(failure_of(views.error()));
    if (scope->as_of) {
        if (auto known = check_folder(*views, *scope->as_of); !known) return std::unexpected(failure_of(known.error()));
    }
    return invoice_report(views->store(), question);
}

}  // namespace granary::cli
