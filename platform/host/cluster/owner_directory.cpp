// One row for each partition: offset of the claim, big-endian; length of the node's name; the name; the URL.
#include "platform/host/cluster/owner_directory.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/limits.hpp"

namespace granary {
namespace {

constexpr std::string_view table = "owners";
constexpr std::size_t offset_bytes = 8;

std::string key_of(Partition partition) {
    std::string key;
    for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(partition.number >> shift & 0xFF);
    return key;
}

std::string encode(const ports::Owner& owner) {
    std::string row;
    for (int shift = 56; shift >= 0; shift -= 8) row += static_cast<char>(static_cast<std::uint64_t>(owner.claimed_at.number) >> shift & 0xFF);
    row += static_cast<char>(owner.node.size());
    return row + owner.node + owner.url;
}

std::optional<ports::Owner> decode(std::string_view row) {
    if (row.size() <= offset_bytes) return std::nullopt;
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < offset_bytes; ++i) offset = offset << 8 | static_cast<unsigned char>(row[i]);
    const std::size_t node_bytes = static_cast<unsigned char>(row[offset_bytes]);
    row.remove_prefix(offset_bytes + 1);
    if (row.size() < node_bytes) return std::nullopt;
    return ports::Owner{{static_cast<std::int64_t>(offset)}, std::string(row.substr(0, node_bytes)), std::string(row.substr(node_bytes))};
}

}  // namespace

Result<std::unique_ptr<OwnerDirectory>> OwnerDirectory::open(ports::Store& store, std::uint32_t partitions) {
    if (auto created = store.create_table(table); !created) return std::unexpected(std::move(created.error()));
    std::unique_ptr<OwnerDirectory> directory(new OwnerDirectory(store, partitions));
    for (std::uint32_t i = 0; i < partitions; ++i) {
        const auto row = store.get(table, key_of({i}));
        if (!row) return std::unexpected(row.error());
        if (*row) directory->owners_[i] = decode(**row);
    }
    return directory;
}

void OwnerDirectory::note(Partition partition, ports::Owner owner) {
    // What a claim says of itself has been checked by nobody.
    owner.node.resize(std::min(owner.node.size(), limits::node_name_bytes_max));
    if (owner.url.size() > limits::node_url_bytes_max) owner.url.clear();
    const std::unique_lock lock(mutex_);
    if (partition.number >= owners_.size()) return;
    auto& known = owners_[partition.number];
    if (known && known->claimed_at >= owner.claimed_at) return;
    ports::StoreBatch batch;
    batch.put(table, key_of(partition), encode(owner));
    known = std::move(owner);
    // A row that is not written is a hint that is missing after the next start.
    (void)store_.write(batch, ports::Durability::process);
}

std::optional<ports::Owner> OwnerDirectory::find(Partition partition) const {
    const std::shared_lock lock(mutex_);
    return partition.number < owners_.size() ? owners_[partition.number] : std::nullopt;
}

std::vector<std::string> OwnerDirectory::urls() const {
    std::vector<std::string> urls;
    const std::shared_lock lock(mutex_);
    for (const auto& owner : owners_) {
        if (owner && !owner->url.empty()) urls.push_back(owner->url);
    }
    std::ranges::sort(urls);
    const auto rest = std::ranges::unique(urls);
    urls.erase(rest.begin(), rest.end());
    return urls;
}

}  // namespace granary
