// The loader's files: a new one whenever the last has become large, all ingested in one step.
#include "platform/adapters/rocksdb/rocks_loader.hpp"

#include <filesystem>
#include <mutex>
#include <system_error>

#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

constexpr std::uint64_t file_bytes_target = std::uint64_t{64} << 20;

}  // namespace

RocksLoader::~RocksLoader() {
    writer_.reset();
    std::error_code ignored;
    for (const auto& file : files_) std::filesystem::remove(file, ignored);
}

Status RocksLoader::open_file() {
    const auto settings = database_->table_options();
    writer_ = std::make_unique<::rocksdb::SstFileWriter>(::rocksdb::EnvOptions(settings), settings, table_.get());
    files_.push_back(database_->next_load_file());
    return to_status(writer_->Open(files_.back()), "can't write a table file");
}

Status RocksLoader::close_file() {
    const auto finished = writer_->Finish();
    writer_.reset();
    return to_status(finished, "can't finish a table file");
}

Status RocksLoader::add(std::string_view key, std::string_view value) {
    if (any_ && key <= last_key_) return fault(FaultCode::invalid_argument, "keys must ascend");
    if (!writer_) {
        if (auto opened = open_file(); !opened) return opened;
    }
    const auto put = writer_->Put(::rocksdb::Slice(key.data(), key.size()), ::rocksdb::Slice(value.data(), value.size()));
    if (!put.ok()) return to_status(put, "can't write a table file");
    last_key_ = key;
    any_ = true;
    return writer_->FileSize() >= file_bytes_target ? close_file() : Status{};
}

Status RocksLoader::finish() {
    if (writer_) {
        if (auto closed = close_file(); !closed) return closed;
    }
    if (files_.empty()) return {};
    const std::shared_lock lock(database_->tables_mutex());
    if (database_->find_locked(table_->GetName()) != table_.get()) return fault(FaultCode::not_found, "the table " + table_->GetName() + " was dropped meanwhile");
    ::rocksdb::IngestExternalFileOptions how;
    how.move_files = true;
    how.failed_move_fall_back_to_copy = true;
    how.write_global_seqno = false;
    const auto ingested = database_->db().IngestExternalFile(table_.get(), files_, how);
    return to_status(ingested, "can't take the loaded files into the table " + table_->GetName());
}

}  // namespace granary::rocks
