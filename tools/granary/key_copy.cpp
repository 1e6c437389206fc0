// The store of keys by its own rules, the file of API keys as an append-only file.
#include "tools/granary/key_copy.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

std::string store_of(const DataDirectory& data) { return data.keys() + "/store"; }
std::string api_keys_of(const DataDirectory& data) { return data.keys() + "/api_keys.jsonl"; }

// Whole lines only: a server may be writing one. Empty when there is no file.
std::string lines_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    text.erase(text.rfind('\n') + 1);
    return text;
}

// Both have only ever been appended to, so one of them begins with the other.
Result<std::uint64_t> copy_api_keys(const std::string& from, const std::string& to) {
    const std::string source = lines_of(from);
    const std::string there = lines_of(to);
    if (there.starts_with(source)) return std::uint64_t{0};
    if (!source.starts_with(there)) return fault(FaultCode::conflict, to + " holds other API keys than " + from + " does");
    if (auto written = write_whole_file(to, source, 0600); !written) return std::unexpected(std::move(written.error()));
    return source.size() - there.size();
}

}  // namespace

Result<CopiedKeys> copy_all_keys(const DataDirectory& from, const DataDirectory& to) {
    rocks::StoreOptions source_options;
    source_options.path = store_of(from);
    const auto source = rocks::open_store_read_only(source_options);
    if (!source) return std::unexpected(source.error());
    if (auto made = make_data_directory(to); !made) return std::unexpected(std::move(made.error()));
    if (auto made = make_data_directory({to.keys()}); !made) return std::unexpected(std::move(made.error()));
    rocks::StoreOptions options;
    options.path = store_of(to);
    const auto target = rocks::open_store(options);
    if (!target) return std::unexpected(target.error());
    const auto keys = copy_keys(**source, **target);
    if (!keys) return std::unexpected(keys.error());
    const auto bytes = copy_api_keys(api_keys_of(from), api_keys_of(to));
    if (!bytes) return std::unexpected(bytes.error());
    return CopiedKeys{*keys, *bytes};
}

}  // namespace granary::cli
