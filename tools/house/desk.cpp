// The thread of a house, its queue, and the order in which things become true: decided, written, said.
#include "tools/house/desk.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/check.hpp"
#include "core/http1.hpp"
#include "core/json_writer.hpp"
#include "gateway/http/server.hpp"
#include "platform/host/background_thread.hpp"
#include "platform/host/logging.hpp"
#include "tools/house/callback_sender.hpp"

namespace granary::house {
namespace {

constexpr std::size_t requests_per_turn_max = 512;
constexpr std::size_t tasks_per_turn_max = 512;
constexpr Duration wait_max = seconds(1);  // the wall clock may jump: look again
constexpr Duration pause_after_fault = milliseconds(100);
constexpr Duration never_answered_for = limits::http_handler_deadline;

struct Arrival {
    http::Request request;
    http::Responder respond;
};

// What other threads hand over; shared with callbacks in flight, which may come back after the desk has gone.
struct Inbox {
    std::mutex mutex;
    std::condition_variable filled;
    std::vector<Arrival> requests;
    std::vector<std::move_only_function<void(Turn&)>> works;
    std::vector<Delivery> deliveries;
    std::vector<std::string> urls;
    bool urls_changed = false;
    bool stopping = false;

    bool is_empty() const { return requests.empty() && works.empty() && deliveries.empty() && !urls_changed && !stopping; }
};

// What one turn works on.
struct Work {
    std::vector<Arrival> requests;
    std::vector<std::move_only_function<void(Turn&)>> works;
    std::vector<Delivery> deliveries;
    std::vector<std::string> urls;
    bool stopping = false;
};

}  // namespace

http::Response problem(int status, std::string_view code, std::string_view detail) {
    JsonWriter json;
    json.begin_object().member("code", code).member("detail", detail).end_object();
    return json_answer(status, json.take());
}

http::Response json_answer(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

struct Desk::Impl {
    Impl(HouseOptions house, std::string_view name, Trade& house_trade)
        : options(std::move(house)), tables(name), trade(house_trade), inbox(std::make_shared<Inbox>()),
          sender(options, tables, [letter_box = inbox](Delivery delivery) {
              const std::lock_guard lock(letter_box->mutex);
              letter_box->deliveries.push_back(std::move(delivery));
              letter_box->filled.notify_one();
          }) {
        inbox->urls = options.callbacks.urls;
    }

    Status open_book();
    Status listen();
    void on_request(http::Request&& request, http::Responder respond);
    void run();
    Work wait_for_work();
    void take_turn(Work& work);
    Status run_due_tasks(Turn& turn, std::string& cursor);
    Status commit(const Turn& turn);
    void say(std::vector<PendingAnswer> answers, bool written);
    void hold(PendingAnswer answer);
    void release_held();
    void plan_wake(const std::vector<std::string>& urls, bool fault_met);
    Time wall_now();

    const HouseOptions options;
    const HouseTables tables;
    Trade& trade;
    std::shared_ptr<Inbox> inbox;
    CallbackSender sender;
    std::unique_ptr<http::Server> server;
    std::thread thread;
    // Of the thread:
    Time latest;              // the wall clock without its steps back
    std::string due_cursor;   // tasks up to here are done
    std::uint64_t last_number = 0;
    std::size_t callbacks_waiting = 0;
    bool last_write_failed = false;
    std::multimap<Duration, PendingAnswer> held;
    Duration wake_at;         // monotonic
    std::atomic<std::uint64_t> requests = 0, writes = 0, sent = 0, accepted = 0, given_up = 0, waiting = 0;
};

Status Desk::Impl::open_book() {
    for (const std::string* table : {&tables.records, &tables.due, &tables.outbox, &tables.meta})
        if (const Status made = options.store->create_table(*table); !made) return made;
    auto number = options.store->get(tables.meta, "last_number");
    if (!number) return std::unexpected(number.error());
    if (*number) {
        const auto parsed = http1::parse_length(**number);
        if (!parsed) return fault(FaultCode::corrupt, "the counter of the book of the house can't be read");
        last_number = *parsed;
    }
    const Status counted = options.store->scan(tables.outbox, "", "", [&](std::string_view, std::string_view) { return ++callbacks_waiting > 0; });
    waiting = callbacks_waiting;
    return counted;
}

Status Desk::Impl::listen() {
    http::ServerOptions server_options;
    server_options.listen = options.listen;
    server_options.body_limit = [](http::Method, std::string_view) { return limits::http_body_bytes_max; };
    auto started = http::Server::start(std::move(server_options), [this](http::Request&& request, http::Responder respond) {
        on_request(std::move(request), std::move(respond));
    });
    if (!started) return std::unexpected(started.error());
    server = std::move(*started);
    return {};
}

void Desk::Impl::on_request(http::Request&& request, http::Responder respond) {
    ++requests;
    if (request.segments.size() == 1 && request.segments[0] == "health") return respond(json_answer(200, R"({"status":"ok"})"));
    {
        const std::lock_guard lock(inbox->mutex);
        if (!inbox->stopping && inbox->requests.size() < limits::house_requests_waiting_max) {
            inbox->requests.push_back({std::move(request), std::move(respond)});
            inbox->filled.notify_one();
            return;
        }
    }
    respond(problem(503, "not_done", "too many requests wait"));
}

Time Desk::Impl::wall_now() {
    latest = std::max(latest, options.clock->now());
    return latest;
}

Work Desk::Impl::wait_for_work() {
    std::unique_lock lock(inbox->mutex);
    const std::int64_t wait_us = wake_at.us - options.clock->monotonic().us;
    inbox->filled.wait_for(lock, std::chrono::microseconds(std::clamp<std::int64_t>(wait_us, 0, wait_max.us)), [&] { return !inbox->is_empty(); });
    Work work;
    const std::size_t taken = std::min(inbox->requests.size(), requests_per_turn_max);
    const auto end = inbox->requests.begin() + static_cast<std::ptrdiff_t>(taken);
    work.requests.assign(std::make_move_iterator(inbox->requests.begin()), std::make_move_iterator(end));
    inbox->requests.erase(inbox->requests.begin(), end);
    work.works.swap(inbox->works);
    work.deliveries.swap(inbox->deliveries);
    work.urls = inbox->urls;
    work.stopping = inbox->stopping;
    inbox->urls_changed = false;
    return work;
}

void Desk::Impl::run() {
    if (options.background) run_in_background("house desk");
    while (true) {
        Work work = wait_for_work();
        take_turn(work);
        if (work.stopping && work.requests.empty()) break;
    }
    held.clear();
}

void Desk::Impl::take_turn(Work& work) {
    Turn turn(options, tables, wall_now(), last_number, callbacks_waiting);
    for (Arrival& arrival : work.requests) trade.on_request(std::move(arrival.request), std::move(arrival.respond), turn);
    for (auto& one : work.works) one(turn);
    std::string cursor = due_cursor;
    const Status tasks_done = work.stopping ? Status() : run_due_tasks(turn, cursor);
    for (const Delivery& delivery : work.deliveries) sender.settle(delivery, turn);
    const Status written = commit(turn);
    sender.settled(work.deliveries);
    if (written) due_cursor = std::move(cursor);
    else sender.look_again();
    say(turn.take_answers(), written.has_value());
    release_held();
    const Status sending = work.stopping || !written ? Status() : sender.send_due(work.urls, wall_now());
    plan_wake(work.urls, !tasks_done || !written || !sending);
    const CallbackCounts counts = sender.counts();
    sent = counts.sent;
    accepted = counts.accepted;
    given_up = counts.given_up;
}

Status Desk::Impl::run_due_tasks(Turn& turn, std::string& cursor) {
    if (!turn.has_room_for_callbacks()) return {};
    std::vector<std::pair<std::string, std::string>> due;
    const std::string from = cursor.empty() ? cursor : cursor + '\0';
    const Status scanned = options.store->scan(tables.due, from, key_of(turn.now() + Duration{1}, 0), [&](std::string_view key, std::string_view task) {
        due.emplace_back(key, task);
        return due.size() < tasks_per_turn_max;
    });
    if (!scanned) return scanned;
    for (const auto& [key, task] : due) {
        const Status done = trade.on_task(task, turn);
        if (!done && done.error().code != FaultCode::corrupt) return done;
        // A damaged entry must not hold up the others; it stays in the book and is reported again at the next start.
        if (!done) logging::write(logging::Level::error, "a house can't read a task", {{"reason", done.error().message}});
        else turn.forget_task(key);
        cursor = key;
    }
    return {};
}

Status Desk::Impl::commit(const Turn& turn) {
    const ports::StoreBatch batch = turn.batch();
    // A forgotten or postponed callback alone is worth no sync: at worst it is sent once more.
    const auto durability = turn.changes_records() ? options.durability : ports::Durability::process;
    const Status written = batch.empty() ? Status() : options.store->write(batch, durability);
    if (!written && !std::exchange(last_write_failed, true))
        logging::write(logging::Level::error, "a house can't write its book", {{"reason", written.error().message}});
    if (!written) return written;
    last_write_failed = false;
    if (!batch.empty()) ++writes;
    last_number = turn.last_number();
    waiting = callbacks_waiting = turn.callbacks_waiting();
    return {};
}

// After a failed write nobody knows what the book will hold, so nobody is told anything else.
void Desk::Impl::say(std::vector<PendingAnswer> answers, bool written) {
    for (PendingAnswer& answer : answers) {
        if (!written) answer.respond(problem(500, "unknown", "the book could not be written"));
        else if (answer.response && answer.hold_back.us == 0) answer.respond(std::move(*answer.response));
        else hold(std::move(answer));
    }
}

void Desk::Impl::hold(PendingAnswer answer) {
    const Duration hold_back = answer.response ? answer.hold_back : never_answered_for;
    held.emplace(Duration{options.clock->monotonic().us + hold_back.us}, std::move(answer));
}

void Desk::Impl::release_held() {
    const Duration now = options.clock->monotonic();
    while (!held.empty() && (held.begin()->first <= now || held.size() > limits::house_held_answers_max)) {
        PendingAnswer answer = std::move(held.begin()->second);
        held.erase(held.begin());
        if (answer.response) answer.respond(std::move(*answer.response));
    }
}

void Desk::Impl::plan_wake(const std::vector<std::string>& urls, bool fault_met) {
    const Duration now = options.clock->monotonic();
    Duration wait = fault_met ? pause_after_fault : wait_max;
    const auto until = [&](Time due) { wait = std::min(wait, std::max(Duration{}, due - wall_now())); };
    if (!fault_met) {
        const bool may_run = callbacks_waiting < options.callbacks.waiting_max;
        const std::string from = due_cursor.empty() ? due_cursor : due_cursor + '\0';
        // A fault of reading shows itself when the tasks are run.
        if (may_run) (void)options.store->scan(tables.due, from, "", [&](std::string_view key, std::string_view) {
            if (const auto due = due_of(key)) until(*due);
            return false;
        });
        if (const auto due = sender.next_due(urls); due && *due) until(**due);
    }
    wake_at = Duration{now.us + wait.us};
    if (!held.empty()) wake_at = std::min(wake_at, held.begin()->first);
}

Desk::Desk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Desk>> Desk::open(HouseOptions options, std::string_view name, Trade& trade) {
    if (options.store == nullptr || options.clock == nullptr || options.client == nullptr)
        return fault(FaultCode::invalid_argument, "a house needs a store, a clock and a client");
    auto impl = std::make_unique<Impl>(std::move(options), name, trade);
    if (const Status opened = impl->open_book(); !opened) return std::unexpected(opened.error());
    if (const Status listening = impl->listen(); !listening) return std::unexpected(listening.error());
    impl->thread = std::thread([desk = impl.get()] { desk->run(); });
    return std::unique_ptr<Desk>(new Desk(std::move(impl)));
}

Desk::~Desk() { stop(); }

std::string Desk::url() const { return "http://" + impl_->server->address(); }

void Desk::set_callback_url(std::string url) {
    const std::lock_guard lock(impl_->inbox->mutex);
    impl_->inbox->urls = {std::move(url)};
    impl_->inbox->urls_changed = true;
    impl_->inbox->filled.notify_one();
}

bool Desk::post(std::move_only_function<void(Turn&)> work) {
    const std::lock_guard lock(impl_->inbox->mutex);
    if (impl_->inbox->works.size() >= limits::house_requests_waiting_max) return false;
    impl_->inbox->works.push_back(std::move(work));
    impl_->inbox->filled.notify_one();
    return true;
}

HouseCounts Desk::counts() const {
    return {.requests = impl_->requests, .writes = impl_->writes, .callbacks_sent = impl_->sent, .callbacks_accepted = impl_->accepted,
            .callbacks_given_up = impl_->given_up, .callbacks_waiting = impl_->waiting};
}

void Desk::stop() {
    {
        const std::lock_guard lock(impl_->inbox->mutex);
        if (std::exchange(impl_->inbox->stopping, true)) return;
        impl_->inbox->filled.notify_one();
    }
    impl_->thread.join();
    impl_->server->stop(milliseconds(100));
}

}  // namespace granary::house
