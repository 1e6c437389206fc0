// Changes lie over the store until they are written; chance is drawn from seed and number alone, so that it can be repeated.
#include "tools/house/turn.hpp"

#include "core/http1.hpp"

namespace granary::house {
namespace {

constexpr std::string_view number_key = "last_number";

void append_big_endian(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xFF));
}

// SplitMix64: one well-mixed value for each input.
std::uint64_t mixed(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ value >> 27) * 0x94D049BB133111EBULL;
    return value ^ value >> 31;
}

}  // namespace

HouseTables::HouseTables(std::string_view house)
    : records(std::string(house) + "_records"),
      due(std::string(house) + "_due"),
      outbox(std::string(house) + "_outbox"),
      meta(std::string(house) + "_meta") {}

std::string key_of(Time due, std::uint64_t number, std::uint8_t copy) {
    std::string key;
    append_big_endian(key, static_cast<std::uint64_t>(due.unix_us));
    append_big_endian(key, number);
    key.push_back(static_cast<char>(copy));
    return key;
}

std::optional<Time> due_of(std::string_view key) {
    if (key.size() != 17) return std::nullopt;
    std::uint64_t value = 0;
    for (const char byte : key.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(byte);
    return Time{static_cast<std::int64_t>(value)};
}

std::string text_of(const CallbackEntry& entry) { return std::to_string(entry.attempts) + " " + entry.body; }

std::optional<CallbackEntry> parse_callback(std::string_view text) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto attempts = http1::parse_length(text.substr(0, space));
    if (!attempts || *attempts > UINT32_MAX) return std::nullopt;
    return CallbackEntry{static_cast<std::uint32_t>(*attempts), std::string(text.substr(space + 1))};
}

Turn::Turn(const HouseOptions& options, const HouseTables& tables, Time now, std::uint64_t last_number, std::size_t callbacks_waiting)
    : options_(&options), tables_(&tables), now_(now), last_number_(last_number), number_before_(last_number), callbacks_waiting_(callbacks_waiting) {}

Result<std::optional<std::string>> Turn::record(const std::string& key) const {
    const auto changed = changes_.find({tables_->records, key});
    if (changed != changes_.end()) return changed->second;
    return options_->store->get(tables_->records, key);
}

void Turn::put_record(const std::string& key, std::string value) {
    changes_records_ = true;
    set(tables_->records, key, std::move(value));
}

Result<std::vector<std::pair<std::string, std::string>>> Turn::page(const std::string& after, std::size_t count_max) const {
    std::vector<std::pair<std::string, std::string>> found;
    const std::string from = after.empty() ? after : after + '\0';
    const Status scanned = options_->store->scan(tables_->records, from, "", [&](std::string_view key, std::string_view value) {
        found.emplace_back(key, value);
        return found.size() < count_max;
    });
    if (!scanned) return std::unexpected(scanned.error());
    return found;
}

std::uint64_t Turn::next_number() { return ++last_number_; }

void Turn::schedule(Duration delay, std::string task) {
    changes_records_ = true;
    set(tables_->due, key_of(now_ + delay, next_number()), std::move(task));
}

void Turn::emit(std::uint64_t number, const std::string& body, bool told) {
    const CallbackOptions& options = options_->callbacks;
    if (told && !options.of_answered_calls) return;
    add_callback(number, body, 0);
    if (options.duplicate_one_in > 0 && mixed(options.seed ^ mixed(number)) % options.duplicate_one_in == 0) add_callback(number, body, 1);
}

void Turn::add_callback(std::uint64_t number, const std::string& body, std::uint8_t copy) {
    const CallbackOptions& options = options_->callbacks;
    Time due = now_;
    if (options.shuffle_window.us > 0) {
        const std::uint64_t drawn = mixed(mixed(options.seed + copy) ^ number);
        due = due + Duration{static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(options.shuffle_window.us))};
    }
    changes_records_ = true;
    ++callbacks_waiting_;
    set(tables_->outbox, key_of(due, number, copy), text_of(CallbackEntry{0, body}));
}

void Turn::answer(http::Responder respond, http::Response response, Duration hold_back) {
    answers_.push_back({std::move(respond), std::move(response), hold_back});
}

void Turn::never_answer(http::Responder respond) { answers_.push_back({std::move(respond), std::nullopt, {}}); }

void Turn::forget_callback(const std::string& key) {
    --callbacks_waiting_;
    set(tables_->outbox, key, std::nullopt);
}

void Turn::postpone_callback(const std::string& key, std::string entry, Time due) {
    set(tables_->outbox, key, std::nullopt);
    std::string later = key_of(due, 0);
    later.replace(8, later.size() - 8, key, 8);  // same number, same copy
    set(tables_->outbox, later, std::move(entry));
}

ports::StoreBatch Turn::batch() const {
    ports::StoreBatch batch;
    batch.changes.reserve(changes_.size() + 1);
    for (const auto& [place, value] : changes_) batch.changes.push_back({place.first, place.second, value});
    if (last_number_ != number_before_) batch.put(tables_->meta, std::string(number_key), std::to_string(last_number_));
    return batch;
}

void Turn::set(const std::string& table, const std::string& key, std::optional<std::string> value) {
    changes_.insert_or_assign({table, key}, std::move(value));
}

}  // namespace granary::house
