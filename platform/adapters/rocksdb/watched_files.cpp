// Wraps the files of the write-ahead log; all others pass through.
#include "platform/adapters/rocksdb/watched_files.hpp"

#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace granary::rocks {
namespace {

rocksdb::IOStatus made_to_fail() { return rocksdb::IOStatus::IOError("made to fail"); }

class WatchedFile : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    WatchedFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<LogProbe> probe)
        : FSWritableFileOwnerWrapper(std::move(file)), probe_(std::move(probe)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return probe_->log_write.fails() ? made_to_fail() : FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo& info,
                             rocksdb::IODebugContext* context) override {
        return probe_->log_write.fails() ? made_to_fail() : FSWritableFileOwnerWrapper::Append(data, options, info, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return probe_->log_sync.fails() ? made_to_fail() : FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
        return probe_->log_sync.fails() ? made_to_fail() : FSWritableFileOwnerWrapper::Fsync(options, context);
    }

  private:
    std::shared_ptr<LogProbe> probe_;
};

class WatchedFiles : public rocksdb::FileSystemWrapper {
  public:
    explicit WatchedFiles(std::shared_ptr<LogProbe> probe) : FileSystemWrapper(rocksdb::FileSystem::Default()), probe_(std::move(probe)) {}

    const char* Name() const override { return "granary.WatchedFiles"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
        auto made = FileSystemWrapper::NewWritableFile(name, options, file, context);
        if (made.ok() && name.ends_with(".log")) *file = std::make_unique<WatchedFile>(std::move(*file), probe_);
        return made;
    }

  private:
    std::shared_ptr<LogProbe> probe_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_watched_env(std::shared_ptr<LogProbe> probe) { return rocksdb::NewCompositeEnv(std::make_shared<WatchedFiles>(std::move(probe))); }

}  // namespace granary::rocks
