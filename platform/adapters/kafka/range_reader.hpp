// Reads older records, those that are no longer at hand, through a few consumers of their own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/read_ahead.hpp"

namespace granary::kafka {

// Thread-safe; at most limits::kafka_range_readers_max reads run at once, others wait for their turn.
class RangeReaders {
  public:
    // The options must outlive it.
    explicit RangeReaders(const LogOptions& options) : options_(options) {}

    // Records from `from` on, all before `until`, which exists; about `bytes_max` bytes, at least one. corrupt: they are not
    // there (for limits::kafka_read_deadline), or damaged; unavailable: not within limits::kafka_read_deadline.
    Result<std::vector<ports::LogRecord>> read(Partition partition, Offset from, Offset until, std::size_t bytes_max);

  private:
    // single: asks for no answer before the last one was taken, for pages that one answer holds. flowing: asks ahead.
    enum class Kind { single, flowing };
    struct Reader;
    struct ReaderDeleter {
        void operator()(Reader* reader) const;
    };
    using ReaderHandle = std::unique_ptr<Reader, ReaderDeleter>;

    Result<std::vector<ports::LogRecord>> fetch(Partition partition, Offset from, Offset until, std::size_t bytes);
    Result<ReaderHandle> borrow(Kind kind);
    Status make_ready(Reader& reader);
    void give_back(ReaderHandle reader);

    const LogOptions& options_;
    ReadAhead ahead_;
    std::mutex mutex_;
    std::condition_variable idle_changed_;
    std::vector<ReaderHandle> idle_;
    std::size_t readers_ = 0;
};

}  // namespace granary::kafka
