// `granary proof`: checkpoints over a log, proofs under them, and the check of both.
#include <CLI/CLI.hpp>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include "core/limits.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "proofs/verified.hpp"
#include "tools/granary/argument_fault.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/proofs/log_trees.hpp"
#include "tools/granary/proofs/proof_key.hpp"
#include "tools/granary/proofs/proof_limits.hpp"
#include "tools/granary/proofs/witness.hpp"
#include "tools/granary/verbs.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr unsigned readable_by_all = 0644;
constexpr unsigned readable_by_owner = 0600;  // a proof may hold a record

struct ProofArguments {
    std::string data;
    LogChoice log;
    std::string key;       // the signing key's file; of `verify`, a verifier key
    std::string out;
    std::string position;
    std::string older;
    std::string newer;
    std::string file;
    std::string checkpoint;
    std::vector<std::string> witnesses;
    std::int64_t every_s = 0;
    unsigned parallel = 0;
    bool without_record = false;
    std::string format = "table";
};

constinit volatile sig_atomic_t interrupted = 0;

int report(const Fault& fault) {
    const int code = report_argument_fault(fault);
    return fault.code == FaultCode::not_found ? exit_found_wrong : code;
}

Result<std::string> key_path(const ProofArguments& arguments) {
    if (!arguments.key.empty()) return arguments.key;
    if (!arguments.data.empty()) return (DataDirectory{arguments.data}.root / "proof.key").string();
    return fault(FaultCode::invalid_argument, "--key FILE says where the signing key of a log on Kafka is");
}

Status put_out(const std::string& path, std::string_view text, unsigned mode) {
    if (!path.empty()) return write_whole_file(path, text, mode);
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
    return fault(FaultCode::io_error, std::string("can't write the proof: ") + std::strerror(errno));
}

// The log and the key of its checkpoints.
struct Opened {
    std::unique_ptr<ports::Log> log;
    proofs::SigningKey key;
};

Result<Opened> open_both(const ProofArguments& arguments) {
    auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return std::unexpected(std::move(log.error()));
    const auto path = key_path(arguments);
    if (!path) return std::unexpected(path.error());
    SystemRandom random;
    auto key = open_signing_key(*path, (*log)->identity().id, random);
    if (!key) return std::unexpected(std::move(key.error()));
    return Opened{std::move(*log), std::move(*key)};
}

std::string signed_file(const std::vector<proofs::Checkpoint>& checkpoints, const proofs::SigningKey& key) {
    std::string file;
    for (const auto& checkpoint : checkpoints) {
        if (!file.empty()) file += "\n";
        file += sign_note(text_of(checkpoint), key);
    }
    return file;
}

Result<std::vector<proofs::Checkpoint>> read_checkpoints(const std::string& path, const proofs::VerifierKey& key) {
    const auto file = read_whole_file(path, limits::checkpoint_file_bytes_max);
    if (!file) return std::unexpected(file.error());
    auto checkpoints = proofs::verified_checkpoints(*file, key);
    if (!checkpoints) return fault(checkpoints.error().code, path + ": " + checkpoints.error().message);
    return checkpoints;
}

int run_key(const ProofArguments& arguments) {
    const auto opened = open_both(arguments);
    if (!opened) return report(opened.error());
    std::printf("%s\n", text_of(opened->key.verifier()).c_str());
    return exit_fine;
}

// -- checkpoint -----------------------------------------------------------------------------------------------------

std::uint64_t total_size(const std::vector<proofs::Checkpoint>& checkpoints) {
    std::uint64_t records = 0;
    for (const auto& checkpoint : checkpoints) records += checkpoint.size;
    return records;
}

std::uint64_t record_count(ports::Log& log) {
    std::uint64_t total = 0;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        if (const auto end = log.end({number})) total += static_cast<std::uint64_t>(end->number);
    }
    return total;
}

// Reads on, signs, and hands the checkpoints to everybody.
Status take_checkpoint(const ProofArguments& arguments, const Opened& opened, LogTrees& trees, const std::vector<Witness>& witnesses) {
    Progress progress("checkpoint", "records", record_count(*opened.log));
    const unsigned parallelism = arguments.parallel > 0 ? arguments.parallel : std::max(1U, std::thread::hardware_concurrency());
    auto grown = trees.grow(parallelism, [&](std::uint64_t records) { progress.update(records); });
    progress.finish();
    if (!grown) return grown;
    const auto checkpoints = trees.checkpoints();
    const std::string file = signed_file(checkpoints, opened.key);
    if (!arguments.out.empty() || witnesses.empty()) {
        if (auto written = put_out(arguments.out, file, readable_by_all); !written) return written;
    }
    // One that is away keeps it from none of the others.
    Status told;
    for (const auto& witness : witnesses) {
        if (auto given = witness.give(file); !given && told) told = std::move(given);
    }
    if (!told) return told;
    std::fprintf(stderr, "granary: %llu records of %zu partitions are under these checkpoints; they are checked with the key %s\n", static_cast<unsigned long long>(total_size(checkpoints)),
                 checkpoints.size(), text_of(opened.key.verifier()).c_str());
    return {};
}

Status expect_kept(const Opened& opened, const std::vector<Witness>& witnesses, LogTrees& trees) {
    for (const auto& witness : witnesses) {
        const auto kept = witness.kept(opened.key.verifier());
        if (!kept) return std::unexpected(kept.error());
        if (!*kept) continue;
        if (auto expected = trees.expect(**kept); !expected) return expected;
    }
    return {};
}

// Sleeps in short pieces, so that an interrupt ends it soon.
void rest(std::int64_t seconds) {
    constexpr auto piece = std::chrono::milliseconds(100);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (interrupted == 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(piece);
}

int run_checkpoint(const ProofArguments& arguments) {
    const auto opened = open_both(arguments);
    if (!opened) return report(opened.error());
    const auto client = http_client::make_http_client();
    std::vector<Witness> witnesses;
    for (const auto& place : arguments.witnesses) witnesses.emplace_back(*client, place);
    LogTrees trees(*opened->log);
    if (auto expected = expect_kept(*opened, witnesses, trees); !expected) return report(expected.error());
    ::signal(SIGINT, [](int) { interrupted = 1; });
    ::signal(SIGTERM, [](int) { interrupted = 1; });
    while (true) {
        const auto taken = take_checkpoint(arguments, *opened, trees, witnesses);
        // On a schedule a witness that is away is asked again next time; damage ends it.
        if (!taken && !(arguments.every_s > 0 && taken.error().retryable())) return report(taken.error());
        if (!taken) (void)report_fault(taken.error());
        if (arguments.every_s == 0) return exit_fine;
        rest(arguments.every_s);
        if (interrupted != 0) return exit_fine;
    }
}

// -- event and consistency ------------------------------------------------------------------------------------------

// The checkpoint of one partition that a proof is made for: of the file, or signed now.
Result<proofs::Checkpoint> checkpoint_for(const ProofArguments& arguments, const Opened& opened, Partition partition) {
    if (!arguments.checkpoint.empty()) {
        const auto checkpoints = read_checkpoints(arguments.checkpoint, opened.key.verifier());
        if (!checkpoints) return std::unexpected(checkpoints.error());
        const auto& found = (*checkpoints)[std::min<std::size_t>(partition.number, checkpoints->size() - 1)];
        if (found.origin.partition != partition) return fault(FaultCode::invalid_argument, "the checkpoints know no partition " + std::to_string(partition.number));
        return found;
    }
    proofs::Tree tree;
    auto walked = walk_leaves(*opened.log, partition, [&](const ScannedRecord&, const Digest& leaf) {
        tree.add(leaf);
        return true;
    });
    if (!walked) return std::unexpected(std::move(walked.error()));
    const auto identity = opened.log->identity();
    return proofs::Checkpoint{{identity.id, identity.partitions, partition}, tree.size(), tree.root()};
}

int run_event(const ProofArguments& arguments) {
    const auto opened = open_both(arguments);
    if (!opened) return report(opened.error());
    const auto position = parse_position(arguments.position);
    if (!position || position->partition.number >= opened->log->identity().partitions) {
        std::fprintf(stderr, "granary: a position looks like 12:3456; this log has partitions 0 to %u\n", opened->log->identity().partitions - 1);
        return exit_usage;
    }
    const auto checkpoint = checkpoint_for(arguments, *opened, position->partition);
    if (!checkpoint) return report(checkpoint.error());
    const auto proven = prove_record(*opened->log, position->offset, *checkpoint);
    if (!proven) return report(proven.error());
    proofs::InclusionProof proof{proofs::leaf_data(position->offset, proven->hash), proven->index, proven->path, sign_note(text_of(*checkpoint), opened->key)};
    if (!arguments.without_record) proof.extra.append(proven->record.view());
    if (auto written = put_out(arguments.out, text_of(proof), readable_by_owner); !written) return report(written.error());
    return exit_fine;
}

int run_consistency(const ProofArguments& arguments) {
    const auto opened = open_both(arguments);
    if (!opened) return report(opened.error());
    const auto key = opened->key.verifier();
    const auto older = read_checkpoints(arguments.older, key);
    if (!older) return report(older.error());
    const auto newer = read_checkpoints(arguments.newer, key);
    if (!newer) return report(newer.error());
    const auto identity = opened->log->identity();
    if (older->size() != identity.partitions || newer->size() != identity.partitions) return report({FaultCode::invalid_argument, "the checkpoints are of a log with another number of partitions"});
    std::string file;
    Progress progress("prove", "partitions", identity.partitions);
    for (std::size_t i = 0; i < older->size(); ++i) {
        auto hashes = prove_consistency(*opened->log, (*older)[i], (*newer)[i]);
        if (!hashes) return report(hashes.error());
        if (!file.empty()) file += "\n";
        file += text_of(proofs::ConsistencyProof{std::move(*hashes), sign_note(text_of((*older)[i]), opened->key), sign_note(text_of((*newer)[i]), opened->key)});
        progress.update(i + 1);
    }
    progress.finish();
    if (auto written = put_out(arguments.out, file, readable_by_all); !written) return report(written.error());
    return exit_fine;
}

// -- verify ---------------------------------------------------------------------------------------------------------

Result<Table> verified_table(std::string_view file, const proofs::VerifierKey& key) {
    if (proofs::looks_like_inclusion_proof(file)) {
        const auto proof = proofs::parse_inclusion_proof(file);
        if (!proof) return std::unexpected(proof.error());
        const auto proven = proofs::verified_inclusion(*proof, key);
        if (!proven) return std::unexpected(proven.error());
        return Table{{{"origin"}, {"position"}, {"record_sha256"}, {"record_bytes", true}, {"tree_size", true}},
                     {{text_of(proven->checkpoint.origin), text_of(proven->position), hex_of(proven->record_hash), std::to_string(proven->record.size()), std::to_string(proven->checkpoint.size)}}};
    }
    if (proofs::looks_like_consistency_proof(file)) {
        const auto proven = proofs::verified_consistencies(file, key);
        if (!proven) return std::unexpected(proven.error());
        Table table{{{"origin"}, {"older_size", true}, {"newer_size", true}}, {}};
        for (const auto& each : *proven) table.rows.push_back({text_of(each.newer.origin), std::to_string(each.older.size), std::to_string(each.newer.size)});
        return table;
    }
    const auto checkpoints = proofs::verified_checkpoints(file, key);
    if (!checkpoints) return std::unexpected(checkpoints.error());
    Table table{{{"origin"}, {"size", true}, {"root"}}, {}};
    for (const auto& each : *checkpoints) table.rows.push_back({text_of(each.origin), std::to_string(each.size), hex_of(each.root)});
    return table;
}

int run_verify(const ProofArguments& arguments) {
    const auto key = read_verifier_key(arguments.key);
    if (!key) return report(key.error());
    const auto file = read_whole_file(arguments.file, limits::proof_file_bytes_max);
    if (!file) return report(file.error());
    const auto table = verified_table(*file, *key);
    if (!table) return report(table.error());
    print(*table, *parse_format(arguments.format));
    std::fprintf(stderr, "granary: proven, for whoever trusts the key %s\n", text_of(*key).c_str());
    return exit_fine;
}

// -- the verbs ------------------------------------------------------------------------------------------------------

using Run = int (*)(const ProofArguments&);

CLI::App* add_verb(CLI::App& proof, const char* name, const char* about, const std::shared_ptr<ProofArguments>& arguments, Run run, int& exit_code) {
    auto* verb = proof.add_subcommand(name, about);
    verb->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
    return verb;
}

CLI::App* add_log_verb(CLI::App& proof, const char* name, const char* about, const std::shared_ptr<ProofArguments>& arguments, Run run, int& exit_code) {
    auto* verb = add_verb(proof, name, about, arguments, run, exit_code);
    verb->add_option("--data", arguments->data, "the data directory; may be left out for a log on Kafka");
    add_log_options(*verb, arguments->log);
    verb->add_option("--key", arguments->key, "file of the signing key, made when there is none; DIR/proof.key if left out. Better kept where the server can't read it");
    return verb;
}

std::string check_witness(const std::string& place) {
    return place.starts_with("https://") ? "a witness is a file or reached by http://; for TLS let a proxy on this machine speak it" : std::string();
}

void add_checkpoint_verb(CLI::App& proof, int& exit_code) {
    const auto arguments = std::make_shared<ProofArguments>();
    auto* verb = add_log_verb(proof, "checkpoint", "Read the log, check its chain, and sign what every partition holds now", arguments, run_checkpoint, exit_code);
    verb->add_option("--out", arguments->out, "file to write; stdout if neither this nor a witness is given");
    verb->add_option("--witness", arguments->witnesses, "a file or an http:// URL that gets them; what a file holds is compared with the log first")->expected(1, 16)->check(CLI::Validator(check_witness, "WITNESS"));
    verb->add_option("--every", arguments->every_s, "go on, with new checkpoints every so many seconds, until interrupted")
        ->check(CLI::Range(limits::checkpoint_interval_min.us / 1'000'000, limits::checkpoint_interval_max.us / 1'000'000));
    verb->add_option("--parallel", arguments->parallel, "partitions read at once; 0: as many as there are processors")->check(CLI::Range(0U, 64U));
}

void add_verify_verb(CLI::App& proof, int& exit_code) {
    const auto arguments = std::make_shared<ProofArguments>();
    auto* verb = add_verb(proof, "verify", "Check a file of checkpoints, or a proof, with nothing but the key; exits 1 when it proves nothing", arguments, run_verify, exit_code);
    verb->add_option("file", arguments->file, "what `proof checkpoint`, `event` or `consistency` wrote")->required();
    verb->add_option("--key", arguments->key, "the verifier key that `proof key` printed, or a file that holds it")->required();
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
}

}  // namespace

void add_proof_verbs(CLI::App& app, int& exit_code) {
    auto* proof = app.add_subcommand("proof", "Prove what the log holds to somebody who has only a key");
    proof->require_subcommand(1);
    add_log_verb(*proof, "key", "Print the key that checkpoints are checked with: publish it, or give it to your auditor", std::make_shared<ProofArguments>(), run_key, exit_code);
    add_checkpoint_verb(*proof, exit_code);
    const auto event = std::make_shared<ProofArguments>();
    auto* event_verb = add_log_verb(*proof, "event", "Prove that one record is in the log, where it stands", event, run_event, exit_code);
    event_verb->add_option("position", event->position, "of the record, such as 12:3456; `granary history` tells it")->required();
    event_verb->add_option("--checkpoint", event->checkpoint, "file of checkpoints to prove it under; a new one if left out");
    event_verb->add_flag("--without-record", event->without_record, "prove the record's hash and show nothing of what it says");
    event_verb->add_option("--out", event->out, "file to write; stdout if left out");
    const auto consistency = std::make_shared<ProofArguments>();
    auto* consistency_verb = add_log_verb(*proof, "consistency", "Prove that the history under newer checkpoints goes on where older ones ended", consistency, run_consistency, exit_code);
    consistency_verb->add_option("older", consistency->older, "file of checkpoints")->required();
    consistency_verb->add_option("newer", consistency->newer, "file of checkpoints")->required();
    consistency_verb->add_option("--out", consistency->out, "file to write; stdout if left out");
    add_verify_verb(*proof, exit_code);
}

}  // namespace granary::cli
