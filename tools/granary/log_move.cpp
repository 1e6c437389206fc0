// The steps of a move, each of which may be the last one that an earlier run got to.
#include "tools/granary/log_move.hpp"

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "platform/host/log_copy.hpp"
#include "platform/host/log_standing.hpp"
#include "platform/host/log_verification.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_listing.hpp"
#include "tools/granary/progress.hpp"

namespace granary::cli {
namespace {

constexpr std::string_view embedded_scheme = "embedded:";
constexpr std::string_view kafka_scheme = "kafka:";

// Whatever is in the way of a copy, a fresh place is the way out.
Fault not_a_place(const LogAddress& to, const std::string& why) {
    const std::string other = to.choice.on_kafka() ? "another topic, which is made then: --to kafka:" + to.choice.topic + "-2" : "another directory, which is made then: --to embedded:" + to.data + "-2";
    return {FaultCode::invalid_argument, to.name() + " " + why + "; copy to " + other};
}

class Move {
  public:
    Move(const LogMove& wish, const std::atomic<bool>& stop) : wish_(wish), stop_(stop) {}

    Result<LogMoved> run() {
        constexpr Status (Move::*steps[])() = {&Move::open_both, &Move::check_original, &Move::copy, &Move::seal, &Move::check_copy, &Move::let_go_on};
        for (const auto step : steps) {
            if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
            if (finished_) break;
        }
        return moved_;
    }

  private:
    Status open_both();
    Status open_copy();
    Status make_copy();
    Status check_original();
    Status check_seals(const LogVerdict& verdict) const;
    Status copy();
    Status seal();
    Status check_copy();
    Status let_go_on();

    // The options of one step, which draws its own progress.
    LogCopyOptions options(Progress& progress) const {
        LogCopyOptions options;
        options.parallelism = wish_.parallelism;
        options.progress = [&progress](std::uint64_t done, std::uint64_t total) {
            progress.set_total(total);
            progress.update(done);
        };
        options.stop = &stop_;
        return options;
    }
    Result<LogVerdict> verify(const char* what, ports::Log& log, std::vector<std::optional<ChainAnchor>> anchors);
    Status copy_what_is_new();

    const LogMove& wish_;
    const std::atomic<bool>& stop_;
    std::unique_ptr<ports::Log> from_, to_;
    std::vector<ChainAnchor> heads_;  // of the original, verified
    LogMoved moved_;
    bool finished_ = false;
};

Status Move::open_both() {
    auto from = wish_.seal ? open_log_to_append(wish_.from.choice, wish_.from.data) : open_log_to_read(wish_.from.choice, wish_.from.data);
    if (!from) return std::unexpected(std::move(from.error()));
    from_ = std::move(*from);
    if (auto opened = open_copy(); !opened) return opened;
    const auto original = from_->identity();
    const auto copy = to_->identity();
    if (copy.id != original.id || copy.partitions != original.partitions) return std::unexpected(not_a_place(wish_.to, "holds another log"));
    if (copy.place.is_nil()) return std::unexpected(not_a_place(wish_.to, "holds the log as it was made, not a copy of it"));
    if (copy.place == original.place) return std::unexpected(not_a_place(wish_.to, "is the original itself"));
    return {};
}

Status Move::open_copy() {
    auto to = open_log_to_append(wish_.to.choice, wish_.to.data);
    if (!to && to.error().code == FaultCode::not_found) {
        if (auto made = make_copy(); !made) return made;
        to = open_log_to_append(wish_.to.choice, wish_.to.data);
    }
    if (!to) return std::unexpected(std::move(to.error()));
    to_ = std::move(*to);
    return {};
}

Status Move::make_copy() {
    if (!wish_.to.choice.on_kafka()) {
        if (auto made = make_data_directory({wish_.to.data}); !made) return made;
    }
    SystemRandom random;
    const auto original = from_->identity();
    auto made = create_log(wish_.to.choice, wish_.to.data, {original.id, original.partitions, uuid_v8(random.bits()), false});
    if (!made && made.error().code == FaultCode::invalid_argument) return std::unexpected(not_a_place(wish_.to, "can't become a copy: " + made.error().message));
    return made;
}

Result<LogVerdict> Move::verify(const char* what, ports::Log& log, std::vector<std::optional<ChainAnchor>> anchors) {
    Progress progress(what, "records", 0);
    const auto drawn = options(progress);
    VerifyOptions how;
    how.parallelism = wish_.parallelism;
    how.progress = drawn.progress;
    how.anchors = std::move(anchors);
    auto verdict = verify_log(log, how);
    progress.finish();
    for (const auto& partition : verdict.partitions) {
        if (partition.bad) return fault(FaultCode::corrupt, "bad position " + text_of(Position{partition.partition, *partition.bad}) + ": " + partition.reason);
    }
    if (stop_) return fault(FaultCode::unavailable, "interrupted; the same command goes on where this one stood");
    return verdict;
}

Status Move::check_original() {
    std::vector<std::optional<ChainAnchor>> anchors;
    if (!wish_.from.data.empty()) {
        auto found = checkpoint_anchors(DataDirectory{wish_.from.data}.state(), from_->identity().partitions);
        if (found) anchors = std::move(*found);  // those that can't be read vouch for nothing
    }
    const auto verdict = verify("check the original", *from_, std::move(anchors));
    if (!verdict) return fault(verdict.error().code, wish_.from.name() + " is not copied: " + verdict.error().message);
    for (const auto& partition : verdict->partitions) heads_.push_back(partition.head);
    return check_seals(*verdict);
}

Status Move::check_seals(const LogVerdict& verdict) const {
    const auto place = to_->identity().place;
    bool sealed_for_copy = true;
    std::optional<std::string> elsewhere;
    for (const auto& partition : verdict.partitions) {
        sealed_for_copy = sealed_for_copy && partition.seal && names_place(*partition.seal, place);
        if (partition.seal && !names_place(*partition.seal, place) && !names_place(*partition.seal, from_->identity().place)) elsewhere = partition.seal->reason;
    }
    const std::string lost = "; if what went on there is lost for good, --original-lost lets the log go on from here";
    if (to_->identity().live) {
        if (sealed_for_copy) return {};
        return std::unexpected(not_a_place(wish_.to, "is not sealed for by " + wish_.from.name() + ", yet a log goes on in it"));
    }
    if (!wish_.seal || wish_.original_lost) return {};
    if (elsewhere) return fault(FaultCode::conflict, wish_.from.name() + " is sealed already: " + *elsewhere + lost);
    if (!from_->identity().live) return fault(FaultCode::conflict, wish_.from.name() + " is a copy of a log that may go on elsewhere: seal the one that does" + lost);
    return {};
}

Status Move::copy_what_is_new() {
    Progress progress("copy", "records", 0);
    const auto count = copy_records(*from_, *to_, options(progress));
    progress.finish();
    if (!count) {
        if (count.error().code == FaultCode::corrupt) return fault(FaultCode::corrupt, not_a_place(wish_.to, "is no copy: " + count.error().message).message);
        return std::unexpected(count.error());
    }
    moved_.there = moved_.copied == 0 ? count->there : moved_.there;
    moved_.copied += count->copied;
    return {};
}

Status Move::copy() {
    if (to_->identity().live) {  // an earlier run came to its end
        moved_.live = finished_ = true;
        return {};
    }
    return copy_what_is_new();
}

Status Move::seal() {
    if (!wish_.seal) return {};
    SystemClock clock;
    const SealWish wish{.place = to_->identity().place,
                        .reason = "it goes on at " + wish_.to.name() + (wish_.original_lost ? ", what went on before is lost" : ""),
                        .actor = wish_.actor,
                        .now = clock.now(),
                        .over_another_seal = wish_.original_lost};
    if (auto sealed = seal_log(*from_, heads_, wish); !sealed) return sealed;
    return copy_what_is_new();
}

// As others will read it: opened anew, so that nothing comes from this process's memory.
Status Move::check_copy() {
    to_.reset();
    auto copy = open_log_to_read(wish_.to.choice, wish_.to.data);
    if (!copy) return std::unexpected(std::move(copy.error()));
    std::vector<std::optional<ChainAnchor>> anchors;
    for (const auto& head : heads_) anchors.push_back(head.offset.number >= 0 ? std::optional(head) : std::nullopt);
    const auto verdict = verify("check the copy", **copy, std::move(anchors));
    if (!verdict) return fault(verdict.error().code, wish_.to.name() + " is not a good copy: " + verdict.error().message);
    Progress progress("compare", "records", 0);
    auto compared = compare_logs(*from_, **copy, options(progress));
    progress.finish();
    if (!compared) return compared;
    moved_.records = verdict->records();
    if (!wish_.seal) return {};
    const auto place = (*copy)->identity().place;
    for (const auto& partition : verdict->partitions) {
        if (!partition.seal || !names_place(*partition.seal, place)) return fault(FaultCode::conflict, "partition " + std::to_string(partition.partition.number) + " of the copy does not end with its seal");
    }
    return {};
}

Status Move::let_go_on() {
    if (!wish_.seal) return {};
    from_.reset();
    if (auto made = make_live(wish_.to.choice, wish_.to.data); !made) return made;
    moved_.live = true;
    return {};
}

}  // namespace

Result<LogAddress> parse_log_address(const std::string& text, const LogChoice& shared) {
    LogAddress address{shared, {}};
    if (text.starts_with(embedded_scheme) && text.size() > embedded_scheme.size()) {
        address.choice.kind = "embedded";
        std::error_code error;
        auto path = std::filesystem::weakly_canonical(text.substr(embedded_scheme.size()), error);
        if (!path.has_filename()) path = path.parent_path();
        address.data = path.string();
        if (error) return fault(FaultCode::invalid_argument, text + " can't be looked at: " + error.message());
        return address;
    }
    if (text.starts_with(kafka_scheme) && text.size() > kafka_scheme.size()) {
        address.choice.kind = "kafka";
        const std::string rest = text.substr(kafka_scheme.size());
        const auto slash = rest.rfind('/');
        address.choice.topic = slash == std::string::npos ? rest : rest.substr(slash + 1);
        if (slash != std::string::npos) address.choice.brokers = rest.substr(0, slash);
        if (!address.choice.topic.empty()) return address;
    }
    return fault(FaultCode::invalid_argument, "a log is named embedded:DIR, kafka:TOPIC or kafka:HOST:PORT,HOST:PORT/TOPIC, not " + text);
}

Result<LogMoved> move_log(const LogMove& move, const std::atomic<bool>& stop) {
    if (move.from.name() == move.to.name()) return fault(FaultCode::invalid_argument, "a log can't be copied onto itself");
    return Move(move, stop).run();
}

}  // namespace granary::cli
