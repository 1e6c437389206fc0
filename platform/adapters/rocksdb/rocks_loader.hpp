// Fills a table with ascending keys by writing table files and handing them to RocksDB. Seen only inside this folder.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/rocksdb/rocks_database.hpp"

namespace granary::rocks {

// Table files of one table, a new one whenever the last has become large. What is not ingested leaves nothing behind.
class TableFiles {
  public:
    TableFiles(std::shared_ptr<Database> database, Handle table) : database_(std::move(database)), table_(std::move(table)) {}
    ~TableFiles();
    TableFiles(const TableFiles&) = delete;
    TableFiles& operator=(const TableFiles&) = delete;

    Status add(std::string_view key, const std::string_view* value);  // null: a removal
    Status finish();
    const std::vector<std::string>& names() const { return names_; }
    ::rocksdb::ColumnFamilyHandle* table() const { return table_.get(); }

  private:
    Status open_file();
    Status close_file();

    std::shared_ptr<Database> database_;
    Handle table_;
    std::unique_ptr<::rocksdb::SstFileWriter> writer_;
    std::vector<std::string> names_;  // the last one is being written while writer_ is set
    std::string last_key_;
    bool any_ = false;
};

class RocksLoader : public ports::StoreLoader {
  public:
    RocksLoader(std::shared_ptr<Database> database, Handle table) : database_(database), rows_(std::move(database), std::move(table)) {}

    Status add(std::string_view key, std::string_view value) override { return rows_.add(key, &value); }
    Status remove(std::string_view key) override { return rows_.add(key, nullptr); }
    Status finish_with(const ports::StoreBatch& changes) override;

  private:
    using Others = std::vector<std::unique_ptr<TableFiles>>;

    Result<Others> files_of(const ports::StoreBatch& changes) const;
    Status ingest(const Others& others);

    std::shared_ptr<Database> database_;
    TableFiles rows_;
};

}  // namespace granary::rocks
