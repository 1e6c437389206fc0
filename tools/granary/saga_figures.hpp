// The report on sagas: how many stand where, how old they are, and how long each step takes, out of the log itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/log.hpp"
#include "query-side/queries/invoices/figures.hpp"
#include "sagas/runtime/saga_census.hpp"
#include "tools/granary/past/as_of.hpp"

namespace granary::cli {

enum class SagasBy { status, step };
std::optional<SagasBy> parse_sagas_by(std::string_view text);

struct SagaReportOptions {
    std::size_t threads = 1;
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // one call at a time
    std::stop_token stop;
};

// Reads the log up to a moment. Columns: see docs/reports.md. Faults: those of ChainReader.
Result<queries::Figures> report_sagas(ports::Log& log, SagasBy by, const AsOf& as_of, const SagaReportOptions& options);

// The same for a server that is asked again and again: goes on where it was, and is never asked to read for long. Thread-safe. The
// log and the clock outlive it.
class SagaFigures {
  public:
    SagaFigures(ports::Log& log, const ports::Clock& clock) : log_(log), clock_(clock) {}

    // Of the log as it is when this is called. unavailable: there is more to read than takes two seconds;
    // what was read is kept, and the next call goes on.
    Result<queries::Figures> report(SagasBy by);

  private:
    struct Part;

    Status read_on(Duration until);

    ports::Log& log_;
    const ports::Clock& clock_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<Part>> parts_;
    std::vector<Offset> ends_;
};

}  // namespace granary::cli
