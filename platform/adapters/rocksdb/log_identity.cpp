// Lines of text: format, id, partitions, for a copy its place, and the SHA-256 of those before. That a copy is live is a file beside it.
#include "platform/adapters/rocksdb/log_identity.hpp"

#include <fcntl.h>

#include <charconv>

#include "core/digest.hpp"
#include "core/limits.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {
namespace {

std::string with_hash(const std::string& text) { return text + "sha256 " + hex_of(sha256(text)) + "\n"; }

std::string text_of(const ports::LogIdentity& identity) {
    std::string text = "granary log 1\nid " + hex_of(identity.id) + "\npartitions " + std::to_string(identity.partitions) + "\n";
    if (!identity.place.is_nil()) text += "place " + hex_of(identity.place) + "\n";
    return with_hash(text);
}

std::string live_path(const std::string& log_path) { return log_path + "/live"; }
std::string live_text(Uuid place) { return with_hash("granary log live 1\nplace " + hex_of(place) + "\n"); }

std::string_view word_behind(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return {};
    const auto from = at + label.size();
    return text.substr(from, text.find('\n', from) - from);
}

Result<std::string> read_text(const std::string& path) {
    const auto file = PosixFile::open(path, O_RDONLY);
    if (!file) return std::unexpected(file.error());
    return file->read_all();
}

Result<bool> is_live(const std::string& log_path, Uuid place) {
    if (place.is_nil()) return true;
    const auto text = read_text(live_path(log_path));
    if (!text && text.error().code == FaultCode::not_found) return false;
    if (!text) return std::unexpected(text.error());
    if (*text != live_text(place)) return fault(FaultCode::corrupt, live_path(log_path) + " is damaged, or of another copy; restore it (it never changes)");
    return true;
}

}  // namespace

std::string identity_path(const std::string& log_path) { return log_path + "/identity"; }

Status write_identity(const std::string& log_path, const ports::LogIdentity& identity) { return write_file_atomically(identity_path(log_path), text_of(identity)); }

Result<ports::LogIdentity> read_identity(const std::string& log_path) {
    const std::string path = identity_path(log_path);
    const auto text = read_text(path);
    if (!text && text.error().code == FaultCode::not_found) return fault(FaultCode::not_found, "there is no log in " + log_path + "; make one with `granary log create`");
    if (!text) return std::unexpected(text.error());
    ports::LogIdentity identity;
    const auto id = parse_hex_uuid(word_behind(*text, "\nid "));
    const auto count = word_behind(*text, "\npartitions ");
    std::from_chars(count.data(), count.data() + count.size(), identity.partitions);
    if (id) identity.id = *id;
    if (const auto place = parse_hex_uuid(word_behind(*text, "\nplace "))) identity.place = *place;
    // Writing it anew and comparing finds every deviation at once.
    if (!id || identity.partitions == 0 || identity.partitions > limits::partitions_max || text_of(identity) != *text) {
        return fault(FaultCode::corrupt, path + " is damaged; restore it from a copy (it never changes)");
    }
    const auto live = is_live(log_path, identity.place);
    if (!live) return std::unexpected(live.error());
    identity.live = *live;
    return identity;
}

Status write_live(const std::string& log_path, Uuid place) { return write_file_atomically(live_path(log_path), live_text(place)); }

}  // namespace granary::rocks
