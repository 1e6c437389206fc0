// Four lines of text: format, id, partitions, and the SHA-256 of the first three.
#include "platform/adapters/rocksdb/log_identity.hpp"

#include <fcntl.h>

#include <charconv>

#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {
namespace {

std::string text_of(const ports::LogIdentity& identity) {
    std::string text = "granary log 1\nid " + hex_of(identity.id) + "\npartitions " + std::to_string(identity.partitions) + "\n";
    return text + "sha256 " + hex_of(sha256(text)) + "\n";
}

std::string_view word_behind(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return {};
    const auto from = at + label.size();
    return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

std::string identity_path(const std::string& log_path) { return log_path + "/identity"; }

Status write_identity(const std::string& log_path, const ports::LogIdentity& identity) { return write_file_atomically(identity_path(log_path), text_of(identity)); }

Result<ports::LogIdentity> read_identity(const std::string& log_path) {
    const std::string path = identity_path(log_path);
    const auto file = PosixFile::open(path, O_RDONLY);
    if (!file && file.error().code == FaultCode::not_found) return fault(FaultCode::not_found, "there is no log in " + log_path + "; make one with `granary log create`");
    if (!file) return std::unexpected(file.error());
    const auto text = file->read_all();
    if (!text) return std::unexpected(text.error());
    ports::LogIdentity identity;
    const auto id = parse_hex_uuid(word_behind(*text, "\nid "));
    const auto count = word_behind(*text, "\npartitions ");
    std::from_chars(count.data(), count.data() + count.size(), identity.partitions);
    if (id) identity.id = *id;
    // Writing it anew and comparing finds every deviation at once.
    if (!id || identity.partitions == 0 || identity.partitions > limits::partitions_max || text_of(identity) != *text) {
        return fault(FaultCode::corrupt, path + " is damaged; restore it from a copy (it never changes)");
    }
    return identity;
}

}  // namespace granary::rocks
