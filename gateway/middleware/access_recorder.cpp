// One batch of a principal's day on its way at a time; whoever comes meanwhile makes up the next.
#include "gateway/middleware/access_recorder.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "gateway/middleware/call.hpp"
#include "gateway/middleware/paging.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

constexpr std::string_view not_kept = "(other)";

// `ord_` and 32 hex digits, whatever the kind.
bool is_id(std::string_view text) {
    constexpr std::size_t prefix = 3;
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    return text.size() > prefix + 1 && text[prefix] == '_' && std::ranges::all_of(text.substr(0, prefix), is_small) && parse_hex_uuid(text.substr(prefix + 1));
}

bool is_served(int status) { return status < 400; }

}  // namespace

void AccessRecorder::record(const ports::ApiKey& who, access::AccessT access, Done done) {
    if (waiting_.fetch_add(1) >= limits::accesses_waiting_max) {
        waiting_.fetch_sub(1);
        return done(false);
    }
    const std::string principal = text_of(who.id);
    const std::string day = date_of(access.at);
    const std::string name = principal + "/" + day;
    {
        const std::scoped_lock lock(mutex_);
        const auto [place, is_first] = queues_.try_emplace(name, Queue{principal, day, std::string(name_of(who.role)), {}});
        place->second.waiting.push_back({std::make_unique<access::AccessT>(std::move(access)), std::move(done), clock_.monotonic()});
        if (!is_first) return;  // a batch is on its way
    }
    send_next(name);
}

// Those that have waited as long as they may for what is in front of them: slow batches that succeed could hold up thousands for minutes.
std::vector<AccessRecorder::Done> AccessRecorder::take_late(Queue& queue) const {
    const Duration latest = clock_.monotonic() - limits::access_record_deadline;
    const auto end = std::ranges::find_if(queue.waiting, [&](const Waiting& waiting) { return waiting.since >= latest; });
    std::vector<Done> late;
    for (auto one = queue.waiting.begin(); one != end; ++one) late.push_back(std::move(one->done));
    queue.waiting.erase(queue.waiting.begin(), end);
    return late;
}

void AccessRecorder::tell(const std::vector<Done>& batch, bool recorded) {
    waiting_.fetch_sub(batch.size());
    for (const auto& done : batch) done(recorded);
}

void AccessRecorder::send_next(const std::string& name) {
    access::RecordAccessesT command;
    std::vector<Done> batch, late;
    {
        const std::scoped_lock lock(mutex_);
        const auto place = queues_.find(name);
        auto& queue = place->second;
        late = take_late(queue);
        const auto count = static_cast<std::ptrdiff_t>(std::min(queue.waiting.size(), limits::access_batch_max));
        for (auto& waiting : std::span(queue.waiting).first(static_cast<std::size_t>(count))) {
            command.accesses.push_back(std::move(waiting.access));
            batch.push_back(std::move(waiting.done));
        }
        queue.waiting.erase(queue.waiting.begin(), queue.waiting.begin() + count);
        command.principal = command.key = queue.principal;
        command.day = queue.day;
        command.role = queue.role;
        if (batch.empty()) queues_.erase(place);
    }
    tell(late, false);
    if (!batch.empty()) send(name, std::move(command), std::move(batch));
}

void AccessRecorder::send(const std::string& name, access::RecordAccessesT command, std::vector<Done> batch) {
    ports::CommandRequest request;
    request.id = {uuid_v7(clock_.now().unix_us, random_.bits())};
    request.correlation = {request.id.value};
    request.actor = command.principal;
    request.deadline = limits::access_record_deadline;
    request.command = access::Command(std::move(command));
    commands_.submit(std::move(request), [self = shared_from_this(), name, batch = std::make_shared<std::vector<Done>>(std::move(batch))](const CommandAnswer& answer) {
        const bool recorded = answer.outcome == CommandOutcome::accepted || answer.outcome == CommandOutcome::replayed;
        self->settle(name, std::move(*batch), recorded);
    });
}

// Whoever waits behind a record that failed is told at once, too: a log that did not take it in time would not take the next one sooner.
void AccessRecorder::settle(const std::string& name, std::vector<Done> batch, bool recorded) {
    if (recorded) send_next(name);
    else give_up(name, batch);
    tell(batch, recorded);
}

void AccessRecorder::give_up(const std::string& name, std::vector<Done>& batch) {
    const std::scoped_lock lock(mutex_);
    const auto place = queues_.find(name);
    for (auto& waiting : place->second.waiting) batch.push_back(std::move(waiting.done));
    queues_.erase(place);
}

std::string access_target(const Call& call, int status) {
    std::string target;
    std::string_view pattern = call.route->pattern;
    for (std::size_t i = 0; !pattern.empty(); ++i) {
        pattern.remove_prefix(1);
        const auto word = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(word.size());
        target += '/';
        if (!word.starts_with('{')) target += word;
        else if (const auto& given = call.segment(i); is_id(given) || given == "me" || is_served(status)) target += percent_encoded(given);
        else target += not_kept;
    }
    std::string query = call.looked_at;
    for (const char* name : {"customer", "order", "principal"}) {
        const auto* value = call.request.query_value(name);
        if (value != nullptr && is_id(*value)) query += (query.empty() ? "" : "&") + std::string(name) + "=" + *value;
    }
    if (!query.empty()) target += "?" + query;
    return target.substr(0, limits::access_target_bytes_max);
}

}  // namespace granary::gateway
