// Fills a table with ascending keys by writing table files and handing them to RocksDB. Seen only inside this folder.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/rocksdb/rocks_database.hpp"

namespace granary::rocks {

class RocksLoader : public ports::StoreLoader {
  public:
    RocksLoader(std::shared_ptr<Database> database, Handle table) : database_(std::move(database)), table_(std::move(table)) {}
    ~RocksLoader() override;  // without finish(), nothing of it stays

    Status add(std::string_view key, std::string_view value) override;
    Status finish() override;

  private:
    Status open_file();
    Status close_file();

    std::shared_ptr<Database> database_;
    Handle table_;
    std::unique_ptr<::rocksdb::SstFileWriter> writer_;
    std::vector<std::string> files_;  // the last one is being written while writer_ is set
    std::string last_key_;
    bool any_ = false;
};

}  // namespace granary::rocks
