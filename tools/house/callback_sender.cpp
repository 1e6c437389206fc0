// The outbox is read in the order of due times; what can't be read is a damaged book and is reported, not skipped.
#include "tools/house/callback_sender.hpp"

#include <algorithm>
#include <utility>

#include "core/http1.hpp"
#include "gateway/middleware/signature.hpp"
#include "platform/host/logging.hpp"

namespace granary::house {
namespace {

constexpr std::size_t logged_problem_bytes_max = 400;  // of what the receiver of a callback answered

bool is_refused_for_good(int status) { return status == 400 || status == 404 || status == 413 || status == 415 || status == 422; }

std::string after(const std::string& key) { return key.empty() ? key : key + '\0'; }

}  // namespace

Status CallbackSender::send_due(const std::vector<std::string>& urls, Time now) {
    if (urls.empty() || !has_room()) return {};
    std::vector<std::pair<std::string, CallbackEntry>> due;
    Status readable;
    const std::size_t room = options_->callbacks.in_flight_max - in_flight_.size();
    const std::string end = key_of(now + Duration{1}, 0);
    const Status scanned = options_->store->scan(tables_->outbox, after(cursor_), end, [&](std::string_view key, std::string_view value) {
        cursor_ = key;
        if (in_flight_.contains(cursor_)) return true;
        auto entry = parse_callback(value);
        if (!entry) readable = fault(FaultCode::corrupt, "a callback in the book of the house can't be read");
        else due.emplace_back(key, std::move(*entry));
        return due.size() < room;
    });
    for (auto& [key, entry] : due) send(urls[counts_.sent % urls.size()], key, std::move(entry), now);
    return scanned ? readable : scanned;
}

void CallbackSender::send(const std::string& url, const std::string& key, CallbackEntry entry, Time now) {
    ++counts_.sent;
    in_flight_.insert(key);
    ports::HttpCall call{.method = "POST", .url = url, .headers = {}, .body = entry.body, .deadline = options_->callbacks.deadline};
    call.headers.push_back({"Content-Type", "application/json"});
    call.headers.push_back({"Granary-Signature", gateway::sign_callback(entry.body, options_->callbacks.secret, now)});
    options_->client->send(std::move(call), [report = report_, key, entry = std::move(entry)](Result<ports::HttpReply> reply) {
        report({key, entry, std::move(reply)});
    });
}

void CallbackSender::settle(const Delivery& delivery, Turn& turn) {
    const int status = delivery.reply ? delivery.reply->status : 0;
    const std::uint32_t attempts = delivery.entry.attempts + 1;
    if (status >= 200 && status < 300) {
        ++counts_.accepted;
        turn.forget_callback(delivery.key);
    } else if (is_refused_for_good(status) || attempts >= options_->callbacks.attempts_max) {
        ++counts_.given_up;
        // A problem document names fields and rules, never what stood in them.
        const std::string why = delivery.reply ? delivery.reply->body.substr(0, logged_problem_bytes_max) : delivery.reply.error().message;
        logging::write(logging::Level::warning, "a house callback was given up", {{"status", status}, {"attempts", attempts}, {"why", why}});
        turn.forget_callback(delivery.key);
    } else {
        turn.postpone_callback(delivery.key, text_of(CallbackEntry{attempts, delivery.entry.body}), turn.now() + pause_after(delivery));
    }
}

void CallbackSender::settled(const std::vector<Delivery>& deliveries) {
    for (const Delivery& delivery : deliveries) in_flight_.erase(delivery.key);
}

Duration CallbackSender::pause_after(const Delivery& delivery) const {
    const CallbackOptions& options = options_->callbacks;
    Duration pause = options.pause_first;
    for (std::uint32_t i = 0; i < delivery.entry.attempts && pause < options.pause_max; ++i) pause = pause * 2;
    const std::string* asked = delivery.reply ? delivery.reply->header("retry-after") : nullptr;
    const auto asked_seconds = asked != nullptr ? http1::parse_length(*asked) : std::nullopt;
    if (asked_seconds) pause = std::max(pause, seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*asked_seconds, 3600))));
    return std::clamp(pause, Duration{1}, options.pause_max);
}

Result<std::optional<Time>> CallbackSender::next_due(const std::vector<std::string>& urls) const {
    std::optional<Time> found;
    if (urls.empty() || !has_room()) return found;
    const Status scanned = options_->store->scan(tables_->outbox, after(cursor_), "", [&](std::string_view key, std::string_view) {
        if (in_flight_.contains(std::string(key))) return true;
        found = due_of(key);
        return false;
    });
    if (!scanned) return std::unexpected(scanned.error());
    return found;
}

}  // namespace granary::house
