// The loader's files, and those of the changes that go with them: all ingested in one step, which RocksDB notes as one.
#include "platform/adapters/rocksdb/rocks_loader.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

constexpr std::uint64_t file_bytes_target = std::uint64_t{64} << 20;

::rocksdb::Slice slice_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

TableFiles::~TableFiles() {
    writer_.reset();
    std::error_code ignored;
    for (const auto& name : names_) std::filesystem::remove(name, ignored);
}

Status TableFiles::open_file() {
    const auto settings = database_->table_options();
    // What was written stays in the page cache: it is read soon.
    constexpr bool invalidate_page_cache = false;
    writer_ = std::make_unique<::rocksdb::SstFileWriter>(::rocksdb::EnvOptions(settings), settings, table_.get(), invalidate_page_cache);
    names_.push_back(database_->next_load_file());
    return to_status(writer_->Open(names_.back()), "can't write a table file");
}

Status TableFiles::close_file() {
    const auto finished = writer_->Finish();
    writer_.reset();
    return to_status(finished, "can't finish a table file");
}

Status TableFiles::add(std::string_view key, const std::string_view* value) {
    if (any_ && key <= last_key_) return fault(FaultCode::invalid_argument, "keys must ascend");
    if (!writer_) {
        if (auto opened = open_file(); !opened) return opened;
    }
    const auto put = value != nullptr ? writer_->Put(slice_of(key), slice_of(*value)) : writer_->Delete(slice_of(key));
    if (!put.ok()) return to_status(put, "can't write a table file");
    last_key_ = key;
    any_ = true;
    return writer_->FileSize() >= file_bytes_target ? close_file() : Status{};
}

Status TableFiles::finish() { return writer_ ? close_file() : Status{}; }

Result<RocksLoader::Others> RocksLoader::files_of(const ports::StoreBatch& changes) const {
    std::map<std::string, std::map<std::string, const std::optional<std::string>*>> sorted;  // by table, then key; the last change of a key counts
    for (const auto& change : changes.changes) sorted[change.table][change.key] = &change.value;
    Others others;
    for (const auto& [table, keys] : sorted) {
        auto handle = database_->table(table);
        if (!handle) return std::unexpected(std::move(handle.error()));
        if (handle->get() == rows_.table()) return fault(FaultCode::invalid_argument, "a loader's table takes no other changes");
        auto& files = *others.emplace_back(std::make_unique<TableFiles>(database_, std::move(*handle)));
        for (const auto& [key, value] : keys) {
            const std::string_view bytes = *value ? std::string_view(**value) : std::string_view();
            if (auto added = files.add(key, *value ? &bytes : nullptr); !added) return std::unexpected(std::move(added.error()));
        }
        if (auto finished = files.finish(); !finished) return std::unexpected(std::move(finished.error()));
    }
    return others;
}

Status RocksLoader::finish_with(const ports::StoreBatch& changes) {
    if (auto finished = rows_.finish(); !finished) return finished;
    const auto others = files_of(changes);
    if (!others) return std::unexpected(others.error());
    return ingest(*others);
}

Status RocksLoader::ingest(const Others& others) {
    std::vector<const TableFiles*> all;
    if (!rows_.names().empty()) all.push_back(&rows_);
    for (const auto& files : others) all.push_back(files.get());
    if (all.empty()) return {};
    const std::shared_lock lock(database_->tables_mutex());
    std::vector<::rocksdb::IngestExternalFileArg> arguments;
    for (const auto* files : all) {
        const std::string& name = files->table()->GetName();
        if (database_->find_locked(name) != files->table()) return fault(FaultCode::not_found, "the table " + name + " was dropped meanwhile");
        auto& argument = arguments.emplace_back();
        argument.column_family = files->table();
        argument.external_files = files->names();
        argument.options.move_files = true;
        argument.options.failed_move_fall_back_to_copy = true;
        argument.options.write_global_seqno = false;
    }
    const auto ingested = database_->db().IngestExternalFiles(arguments);
    database_->notice(ingested);
    if (ingested.ok()) database_->note_files();
    return to_status(ingested, "can't take the loaded files into the table " + rows_.table()->GetName());
}

}  // namespace granary::rocks
