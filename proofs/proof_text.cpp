// Lines in, lines out.
#include "proofs/proof_text.hpp"

#include <charconv>
#include <optional>

#include "proofs/base64.hpp"
#include "proofs/merkle.hpp"
#include "proofs/note.hpp"

namespace granary::proofs {
namespace {

constexpr std::string_view inclusion_mark = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view consistency_mark = "granary/consistency-proof@v1\n";
constexpr std::string_view extra_mark = "extra ";
constexpr std::string_view index_mark = "index ";

std::unexpected<Fault> malformed(const std::string& what) { return fault(FaultCode::corrupt, "no proof: " + what); }

std::string lines_of(const std::vector<Digest>& hashes) {
    std::string lines;
    for (const auto& hash : hashes) lines += base64_of(hash.view()) + "\n";
    return lines;
}

// The line behind `mark`, if the next one begins with it; `text` goes on behind the line.
std::optional<std::string_view> take_marked(std::string_view& text, std::string_view mark) {
    const auto end = text.find('\n');
    if (!text.starts_with(mark) || end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(mark.size(), end - mark.size());
    text.remove_prefix(end + 1);
    return line;
}

// Hashes up to a blank line, which is taken too.
Result<std::vector<Digest>> take_hashes(std::string_view& text) {
    std::vector<Digest> hashes;
    while (const auto line = take_marked(text, "")) {
        if (line->empty()) return hashes;
        const auto hash = digest_of_base64(*line);
        if (!hash) return malformed("a line that should be a hash is not 32 bytes in base64");
        // A consistency proof has one hash more than the longest path at most.
        if (hashes.size() > path_hashes_max) return malformed("there are more hashes than any tree has levels");
        hashes.push_back(*hash);
    }
    return malformed("the hashes don't end with a blank line");
}

}  // namespace

std::string text_of(const InclusionProof& proof) {
    std::string text(inclusion_mark);
    if (!proof.extra.empty()) text.append(extra_mark).append(base64_of(proof.extra)).append("\n");
    text.append(index_mark).append(std::to_string(proof.index)).append("\n");
    return text + lines_of(proof.path) + "\n" + proof.checkpoint;
}

Result<InclusionProof> parse_inclusion_proof(std::string_view text) {
    if (text.size() > proof_bytes_max) return malformed("it has more than 16 MiB");
    if (!looks_like_inclusion_proof(text)) return malformed("its first line is not c2sp.org/tlog-proof@v1");
    text.remove_prefix(inclusion_mark.size());
    InclusionProof proof;
    if (const auto extra = take_marked(text, extra_mark)) {
        auto bytes = bytes_of_base64(*extra);
        if (!bytes || bytes->empty()) return malformed("what stands behind `extra` is not base64");
        proof.extra = std::move(*bytes);
    }
    const auto index = take_marked(text, index_mark);
    if (!index) return malformed("the line `index N` is missing");
    const auto [end, error] = std::from_chars(index->data(), index->data() + index->size(), proof.index);
    if (error != std::errc() || end != index->data() + index->size() || std::to_string(proof.index) != *index) return malformed("the index is no decimal number");
    auto path = take_hashes(text);
    if (!path) return std::unexpected(std::move(path.error()));
    proof.path = std::move(*path);
    proof.checkpoint = std::string(text);
    return proof;
}

std::string text_of(const ConsistencyProof& proof) { return std::string(consistency_mark) + lines_of(proof.hashes) + "\n" + proof.older + "\n" + proof.newer; }

Result<ConsistencyProof> parse_consistency_proof(std::string_view text) {
    if (text.size() > proof_bytes_max) return malformed("it has more than 16 MiB");
    if (!looks_like_consistency_proof(text)) return malformed("its first line is not granary/consistency-proof@v1");
    text.remove_prefix(consistency_mark.size());
    auto hashes = take_hashes(text);
    if (!hashes) return std::unexpected(std::move(hashes.error()));
    auto end = end_of_note(text);
    if (end == std::string_view::npos || !text.substr(end).starts_with('\n')) return malformed("it holds two checkpoints with a blank line between them");
    return ConsistencyProof{std::move(*hashes), std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

bool looks_like_inclusion_proof(std::string_view text) { return text.starts_with(inclusion_mark); }
bool looks_like_consistency_proof(std::string_view text) { return text.starts_with(consistency_mark); }

}  // namespace granary::proofs
