// The key with which a log's checkpoints are signed: a file of its own, which its owner alone may read.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "platform/ports/random.hpp"
#include "proofs/note.hpp"

namespace granary::cli {

// Made when there is none. corrupt: the file is no such key; conflict: it is another log's, or others may read it.
Result<proofs::SigningKey> open_signing_key(const std::string& path, Uuid log, ports::Random& random);

// What --key of `proof verify` names: the key itself, or a file that holds it.
Result<proofs::VerifierKey> read_verifier_key(const std::string& text_or_path);

}  // namespace granary::cli
