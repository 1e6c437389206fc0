// Line by line; whatever is left over is an error.
#include "tools/proof_verifier/formats.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace verifier {
namespace {

constexpr std::string_view inclusion_mark = "c2sp.org/tlog-proof@v1";
constexpr std::string_view consistency_mark = "granary/consistency-proof@v1";
constexpr std::string_view signature_mark = "\xE2\x80\x94 ";
constexpr char ed25519 = 1;
constexpr std::size_t leaf_bytes = 40;

// A line without its line feed; the text goes on behind it.
std::string_view take_line(std::string_view& text, const std::string& what) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) throw Refused(what + " is missing, or its line is cut off");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

void take_blank(std::string_view& text, const std::string& what) {
    if (!take_line(text, "the blank line behind " + what).empty()) throw Refused("there is more behind " + what + " than there should be");
}

std::uint64_t number_of(std::string_view text, const std::string& what) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || std::to_string(value) != text || value > INT64_MAX) throw Refused(what + " is no number");
    return value;
}

std::string_view part_in_front(std::string_view& text, std::string_view mark, const std::string& what) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) throw Refused(what);
    const auto part = text.substr(0, at);
    text.remove_prefix(at + mark.size());
    return part;
}

void parse_origin(std::string_view text, Checkpoint& checkpoint) {
    const std::string form = "the origin is not of the form granary/LOG/PARTITION-of-PARTITIONS";
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) throw Refused(form);
    checkpoint.log = std::string(text.substr(0, slash));
    text.remove_prefix(slash + 1);
    checkpoint.partition = number_of(part_in_front(text, "-of-", form), "the partition of the origin");
    checkpoint.partitions = number_of(text, "the number of partitions in the origin");
    if (checkpoint.partition >= checkpoint.partitions || checkpoint.partitions > items_max) throw Refused(form);
}

// True when the line is a signature of this key; throws when it is one that is wrong.
bool vouches(std::string_view line, std::string_view text, const Key& key) {
    if (!line.starts_with(signature_mark)) throw Refused("behind the checkpoint stands something that is no signature");
    line.remove_prefix(signature_mark.size());
    const auto name = part_in_front(line, " ", "a signature line has no name");
    const std::string bytes = bytes_of_base64(line, "a signature");
    if (bytes.size() < 5) throw Refused("a signature is too short");
    if (name != key.name || bytes.substr(0, 4) != key.id) return false;
    if (!is_signature(std::string_view(bytes).substr(4), text, key.public_key)) throw Refused("the signature of the checkpoint is wrong: it was changed, or somebody else signed it");
    return true;
}

// Takes the note with which the text begins.
std::string_view take_note(std::string_view& text) {
    auto end = text.find("\n\n");
    if (end == std::string_view::npos) throw Refused("a checkpoint is missing, or cut off");
    end += 2;
    while (text.substr(end).starts_with(signature_mark)) {
        const auto line_end = text.find('\n', end);
        if (line_end == std::string_view::npos) throw Refused("a signature line is cut off");
        end = line_end + 1;
    }
    const auto note = text.substr(0, end);
    text.remove_prefix(end);
    return note;
}

std::vector<Hash> take_hashes(std::string_view& text) {
    std::vector<Hash> hashes;
    for (auto line = take_line(text, "a hash"); !line.empty(); line = take_line(text, "a hash, or the blank line behind the last,")) {
        if (hashes.size() == hashes_max) throw Refused("the proof has more hashes than any tree has levels");
        hashes.push_back(hash_of_base64(line, "a hash of the proof"));
    }
    return hashes;
}

Inclusion parse_inclusion(std::string_view text, const Key& key) {
    Inclusion inclusion;
    if (take_line(text, "the first line") != inclusion_mark) throw Refused("the first line is not " + std::string(inclusion_mark));
    auto line = take_line(text, "the record");
    if (!line.starts_with("extra ")) throw Refused("the proof does not say of which record it is");
    const std::string extra = bytes_of_base64(line.substr(6), "what stands behind `extra`");
    if (extra.size() < leaf_bytes) throw Refused("the proof does not say of which record it is");
    for (std::size_t i = 0; i < 8; ++i) inclusion.offset = inclusion.offset << 8 | static_cast<unsigned char>(extra[i]);
    std::copy_n(extra.begin() + 8, 32, inclusion.record_hash.begin());
    inclusion.record = extra.substr(leaf_bytes);
    line = take_line(text, "the index");
    if (!line.starts_with("index ")) throw Refused("the line `index N` is missing");
    inclusion.index = number_of(line.substr(6), "the index");
    inclusion.path = take_hashes(text);
    inclusion.checkpoint = parse_checkpoint(take_note(text), key);
    if (!text.empty()) throw Refused("behind the checkpoint stands something else");
    return inclusion;
}

Consistency take_consistency(std::string_view& text, const Key& key) {
    Consistency consistency;
    if (take_line(text, "the first line") != consistency_mark) throw Refused("the first line is not " + std::string(consistency_mark));
    consistency.hashes = take_hashes(text);
    consistency.older = parse_checkpoint(take_note(text), key);
    take_blank(text, "the older checkpoint");
    consistency.newer = parse_checkpoint(take_note(text), key);
    return consistency;
}

// Items with blank lines between them.
template <class Item, class Take>
std::vector<Item> take_all(std::string_view text, Take take) {
    std::vector<Item> items;
    while (!text.empty()) {
        if (!items.empty()) take_blank(text, "item " + std::to_string(items.size()));
        if (items.size() == items_max) throw Refused("there is more in the file than a log has partitions");
        items.push_back(take(text));
    }
    return items;
}

}  // namespace

Key parse_key(std::string_view text) {
    const std::string form = "a key looks like NAME+KEYID+BASE64; `granary proof key` prints it";
    Key key;
    key.name = std::string(part_in_front(text, "+", form));
    const auto id = part_in_front(text, "+", form);
    const std::string bytes = bytes_of_base64(text, "the key");
    if (key.name.empty() || bytes.size() != 1 + key.public_key.size() || bytes.front() != ed25519) throw Refused(form);
    std::copy(bytes.begin() + 1, bytes.end(), key.public_key.begin());
    const Hash hash = sha256(key.name + "\n" + bytes);
    key.id.assign(hash.begin(), hash.begin() + 4);
    if (hex_of(hash).substr(0, 8) != id) throw Refused("the key id does not belong to the key: it was not copied whole, or was changed");
    return key;
}

Checkpoint parse_checkpoint(std::string_view note, const Key& key) {
    Checkpoint checkpoint;
    auto rest = note;
    parse_origin(take_line(rest, "the origin"), checkpoint);
    checkpoint.size = number_of(take_line(rest, "the size"), "the size");
    checkpoint.root = hash_of_base64(take_line(rest, "the root"), "the root");
    const auto text = note.substr(0, note.size() - rest.size());
    take_blank(rest, "the root");
    if (checkpoint.log != key.name) throw Refused("the checkpoint is of " + checkpoint.origin() + ", and the key is that of " + key.name);
    bool vouched = false;
    for (std::size_t lines = 0; !rest.empty(); ++lines) {
        if (lines == signatures_max) throw Refused("there are more signatures than anybody needs");
        vouched = vouches(take_line(rest, "a signature"), text, key) || vouched;
    }
    if (!vouched) throw Refused("the checkpoint of " + checkpoint.origin() + " is not signed with this key");
    return checkpoint;
}

File parse_file(std::string_view text, const Key& key) {
    if (text.size() > file_bytes_max) throw Refused("the file is larger than 32 MiB");
    if (text.empty()) throw Refused("the file is empty");
    File file;
    if (text.starts_with(inclusion_mark)) file.inclusions.push_back(parse_inclusion(text, key));
    else if (text.starts_with(consistency_mark)) file.consistencies = take_all<Consistency>(text, [&](std::string_view& rest) { return take_consistency(rest, key); });
    else file.checkpoints = take_all<Checkpoint>(text, [&](std::string_view& rest) { return parse_checkpoint(take_note(rest), key); });
    return file;
}

}  // namespace verifier
