// One command, one event: the rules are about what can be kept.
#include "command-side/domain/access.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/privacy_limits.hpp"

namespace granary::access {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

// Of a name inside a stream's key, which has one slash.
Objection check_name(std::string_view text, std::string_view pointer) {
    if (auto wrong = domain::check_required_text(text, limits::access_word_bytes_max, pointer)) return wrong;
    if (!text.contains('/')) return {};
    return Refusal{RefusalCode::invalid, std::string(pointer), "must have no slash"};
}

Objection check_day(const std::string& day) {
    const auto midnight = parse_rfc3339(day + "T00:00:00Z");
    if (midnight && date_of(*midnight) == day) return {};
    return Refusal{RefusalCode::invalid, "/day", "must be a date such as 2010-12-01"};
}

Objection check_access(const AccessT& access, const std::string& pointer) {
    return domain::first_of(domain::check_required_text(access.operation, limits::access_word_bytes_max, pointer + "/operation"),
                            domain::check_text(access.target, limits::access_target_bytes_max, pointer + "/target"),
                            domain::check_text(access.trace_id, limits::access_word_bytes_max, pointer + "/trace_id"));
}

Objection check_accesses(const RecordAccessesT& c) {
    if (c.accesses.empty()) return Refusal{RefusalCode::invalid, "/accesses", "must not be empty"};
    if (c.accesses.size() > limits::access_batch_max) return Refusal{RefusalCode::limit_exceeded, "/accesses", "must be at most " + std::to_string(limits::access_batch_max)};
    for (std::size_t i = 0; i < c.accesses.size(); ++i) {
        if (auto wrong = check_access(*c.accesses[i], "/accesses/" + std::to_string(i))) return wrong;
    }
    return {};
}

Objection check_fields(const RecordAccessesT& c) {
    return domain::first_of(check_name(c.principal, "/principal"), check_day(c.day), domain::check_text(c.key, limits::access_word_bytes_max, "/key"),
                            domain::check_text(c.role, limits::access_word_bytes_max, "/role"), check_accesses(c));
}

Decision decide_record(const RecordAccessesT& c) {
    if (auto wrong = check_fields(c)) return std::unexpected(std::move(*wrong));
    AccessesRecordedT event;
    event.principal = c.principal;
    event.day = c.day;
    event.key = c.key;
    event.role = c.role;
    for (const auto& access : c.accesses) event.accesses.push_back(std::make_unique<AccessT>(*access));
    std::vector<Event> events;
    events.emplace_back(std::move(event));
    return events;
}

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const AccessStateT&, const Command& command, Time) {
    return std::visit([](const auto& c) { return decide_record(c); }, command);
}

void evolve(AccessStateT& state, const Event& event) {
    std::visit([&](const auto& e) { state.accesses += e.accesses.size(); }, event);
}

Time occurred_at(const Command& command, Time now) {
    const auto& accesses = std::get<RecordAccessesT>(command).accesses;
    const auto first = std::ranges::min_element(accesses, {}, [](const auto& access) { return access->at; });
    return first == accesses.end() ? now : std::min((*first)->at, now);
}

}  // namespace granary::access
