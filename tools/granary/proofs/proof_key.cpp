// The file holds one line, in the form that other programs for signed notes read, too.
#include "tools/granary/proofs/proof_key.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "proofs/checkpoint.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t key_file_bytes_max = 4096;
constexpr unsigned owner_only = 0600;

std::string_view without_line_feed(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

proofs::SigningKey make_key(Uuid log, ports::Random& random) {
    proofs::SigningKey key{proofs::key_name_of(log), {}};
    auto at = key.seed.begin();
    for (int half = 0; half < 2; ++half) at = std::ranges::copy(bytes_of(random.bits()), at).out;
    return key;
}

Status check_mode(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0) return {};
    return fault(FaultCode::conflict, "others than its owner may use the signing key " + path + ": chmod 600 it, and think whether it is still a secret");
}

}  // namespace

Result<proofs::SigningKey> open_signing_key(const std::string& path, Uuid log, ports::Random& random) {
    auto text = read_whole_file(path, key_file_bytes_max);
    if (!text && text.error().code == FaultCode::not_found) {
        if (auto made = write_new_file(path, text_of(make_key(log, random)) + "\n", owner_only); !made && made.error().code != FaultCode::conflict) return std::unexpected(std::move(made.error()));
        text = read_whole_file(path, key_file_bytes_max);
    }
    if (!text) return std::unexpected(std::move(text.error()));
    if (auto mode = check_mode(path); !mode) return std::unexpected(std::move(mode.error()));
    auto key = proofs::parse_signing_key(without_line_feed(*text));
    if (!key) return fault(key.error().code, path + ": " + key.error().message);
    if (key->name != proofs::key_name_of(log)) return fault(FaultCode::conflict, path + " is the key of " + key->name + ", and this log is " + proofs::key_name_of(log));
    return key;
}

Result<proofs::VerifierKey> read_verifier_key(const std::string& text_or_path) {
    if (auto key = proofs::parse_verifier_key(text_or_path)) return key;
    const auto text = read_whole_file(text_or_path, key_file_bytes_max);
    if (!text) return fault(FaultCode::invalid_argument, "--key takes a verifier key, as `granary proof key` prints it, or a file that holds one: " + text.error().message);
    return proofs::parse_verifier_key(without_line_feed(*text));
}

}  // namespace granary::cli
