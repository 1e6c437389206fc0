// The logs under test, behind one shape.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "tests/contract/log/recorder.hpp"
#include "tests/temporary_folder.hpp"

namespace granary::tests {

constexpr ports::LogIdentity identity_under_test{{0x0123456789abcdef, 0x42}, 8};

class MemoryLogCase {
  public:
    MemoryLogCase() { log_.observe(recorder); }

    ports::Log& log() { return log_; }
    void reopen() {}

    Recorder recorder;

  private:
    memory::MemoryLog log_{identity_under_test};
};

class EmbeddedLogCase {
  public:
    explicit EmbeddedLogCase(rocks::LogOptions options = {}) : options_(std::move(options)) {
        options_.path = folder_.at("log");
        REQUIRE(rocks::create_log(options_, identity_under_test));
        open();
    }

    ports::Log& log() { return *log_; }
    void close() { log_.reset(); }
    void open() {
        auto opened = rocks::open_log(options_);
        REQUIRE_MESSAGE(opened, opened.error().message);
        log_ = std::move(*opened);
        log_->observe(recorder);
    }
    void reopen() {
        close();
        open();
    }
    const std::string& path() const { return options_.path; }
    rocks::LogOptions& options() { return options_; }

    Recorder recorder;

  private:
    TemporaryFolder folder_;
    rocks::LogOptions options_;
    std::unique_ptr<ports::Log> log_;
};

inline ports::LogAppend append_of(std::uint32_t partition, std::string bytes, std::uint64_t token = 0) {
    return {{partition}, "", SharedBytes(std::move(bytes)), token};
}

inline void append_one(ports::Log& log, ports::LogAppend append) {
    std::vector<ports::LogAppend> appends;
    appends.push_back(std::move(append));
    const auto queued = log.append(std::move(appends));
    REQUIRE_MESSAGE(queued, queued.error().message);
}

// Every record of a partition, page by page.
inline std::vector<std::string> all_records(ports::Log& log, std::uint32_t partition, std::size_t page_bytes = 1 << 20) {
    std::vector<std::string> records;
    for (Offset at{0};;) {
        const auto page = log.read({partition}, at, page_bytes);
        REQUIRE_MESSAGE(page, page.error().message);
        if (page->records.empty()) return records;
        for (const auto& record : page->records) {
            REQUIRE(record.offset.number == static_cast<std::int64_t>(records.size()));
            records.emplace_back(record.bytes.view());
        }
        at = page->next;
    }
}

}  // namespace granary::tests

TYPE_TO_STRING_AS("memory", granary::tests::MemoryLogCase);
TYPE_TO_STRING_AS("embedded", granary::tests::EmbeddedLogCase);
#ifdef GRANARY_LOGS_ON_KAFKA  // the same suite in a program of its own, which takes brokers
#include "tests/contract/log/kafka_log_case.hpp"
#define GRANARY_LOG_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::KafkaLogCase)
#else
#define GRANARY_LOG_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::MemoryLogCase, granary::tests::EmbeddedLogCase)
#endif
