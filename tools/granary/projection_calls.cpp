// The two ways to the views of a data directory.
#include "tools/granary/projection_calls.hpp"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "projections/runtime/projection_work.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

using projections::RebuildOptions;

constexpr auto look_again_after = std::chrono::milliseconds(200);

CallResult<JsonValue> parsed(const Result<std::string>& json) {
    if (!json) return std::unexpected(failure_of(json.error()));
    auto value = parse_json(*json);
    if (!value) return std::unexpected(failure_of(value.error()));
    return std::move(*value);
}

template <class Report>
CallResult<JsonValue> parsed_report(const Result<Report>& report) {
    if (!report) return std::unexpected(failure_of(report.error()));
    return parsed(projections::json_of(*report));
}

class Offline final : public ProjectionCalls {
  public:
    static CallResult<std::unique_ptr<ProjectionCalls>> open(std::unique_ptr<ports::Log> log, std::unique_ptr<ports::Store> store) {
        auto offline = std::make_unique<Offline>(std::move(log), std::move(store));
        auto views = projections::OfflineProjections::open(*offline->log_, *offline->store_, offline->clock_);
        if (!views) return std::unexpected(failure_of(views.error()));
        offline->views_ = std::move(*views);
        return offline;
    }

    Offline(std::unique_ptr<ports::Log> log, std::unique_ptr<ports::Store> store) : log_(std::move(log)), store_(std::move(store)) {}

    CallResult<JsonValue> list() override { return parsed_report(views_->admin().list()); }

    CallResult<JsonValue> work(const ViewOrder& order, const OnProgress& on_progress, const std::stop_token& stop) override {
        auto& admin = views_->admin();
        RebuildOptions options;
        options.threads = order.parallel > 0 ? order.parallel : std::max(1U, std::thread::hardware_concurrency());
        options.records_per_second = order.records_per_second;
        options.on_progress = [&](const projections::RebuildProgress& progress) { on_progress(progress.done, progress.total); };
        options.stop = stop;
        if (order.action == "rebuild") return parsed_report(admin.rebuild(order.view, options));
        if (order.action == "verify") return parsed_report(admin.verify(order.view, options));
        if (order.action == "promote") return parsed_report(admin.promote(order.view, order.generation, options, order.unverified));
        if (order.action == "discard") return parsed_report(admin.discard(order.view, order.generation));
        return std::unexpected(CallFailure{exit_found_wrong, "no server works on these views, so there is nothing to cancel"});
    }

  private:
    SystemClock clock_;
    std::unique_ptr<ports::Log> log_;
    std::unique_ptr<ports::Store> store_;
    std::unique_ptr<projections::OfflineProjections> views_;
};

std::uint64_t number_at(const JsonValue& value, std::string_view name) {
    const JsonValue* member = value.find(name);
    return member == nullptr ? 0 : std::strtoull(member->text.c_str(), nullptr, 10);
}

class ViaServer final : public ProjectionCalls {
  public:
    ViaServer(ports::HttpClient& client, const std::string& url, const std::string& key) : server_(client, url, key) {}
    ViaServer(std::unique_ptr<ports::HttpClient> client, const std::string& url, const std::string& key)
        : own_client_(std::move(client)), server_(*own_client_, url, key) {}

    CallResult<JsonValue> list() override {
        auto answer = server_.get("/admin/v1/projections");
        if (!answer) return answer;
        const JsonValue* data = answer->find("data");
        return data == nullptr ? JsonValue{JsonValue::Kind::array, {}, {}, {}} : *data;
    }

    CallResult<JsonValue> work(const ViewOrder& order, const OnProgress& on_progress, const std::stop_token& stop) override {
        auto begun = post(order.view, body_of(order));
        if (!begun) return begun;
        // Of a cancelled piece of work the end is its outcome, too.
        bool asked_to_stop = order.action == "cancel";
        while (true) {
            if (stop.stop_requested() && !std::exchange(asked_to_stop, true)) {
                // It may have ended by itself in between.
                (void)post(order.view, R"({"action":"cancel"})");
            }
            auto shown = server_.get(path_of(order.view));
            if (!shown) return shown;
            const JsonValue* work = shown->find("work");
            if (work == nullptr) return std::unexpected(CallFailure{exit_fault, "the server was restarted meanwhile; look at `granary projection list`"});
            on_progress(number_at(*work, "done"), number_at(*work, "total"));
            if (work->string_at("status") == "running") {
                std::this_thread::sleep_for(look_again_after);
                continue;
            }
            return order.action == "cancel" ? CallResult<JsonValue>(*work) : outcome_of(*work);
        }
    }

  private:
    static std::string path_of(const std::string& view) { return "/admin/v1/projections/" + percent_encoded(view); }
    static std::string body_of(const ViewOrder& order) {
        JsonWriter json;
        json.begin_object().member("action", order.action);
        if (order.generation) json.member("generation", static_cast<std::int64_t>(*order.generation));
        if (order.parallel > 0) json.member("parallel", static_cast<std::int64_t>(order.parallel));
        if (order.records_per_second > 0) json.member("records_per_second", static_cast<std::int64_t>(order.records_per_second));
        if (order.unverified) json.member("unverified", true);
        json.end_object();
        return json.take();
    }
    CallResult<JsonValue> post(const std::string& view, const std::string& body) {
        SystemRandom random;
        return server_.post(path_of(view) + "/work", body, "granary-projection/" + hex_of(random.bits()));
    }
    static CallResult<JsonValue> outcome_of(const JsonValue& work) {
        const JsonValue* error = work.find("error");
        if (error != nullptr) {
            const auto code = error->string_at("code");
            const bool is_wrong = code == "corrupt" || code == "halted" || code == "conflict";
            return std::unexpected(CallFailure{is_wrong ? exit_found_wrong : exit_fault, std::string(error->string_at("message"))});
        }
        const JsonValue* result = work.find("result");
        return result == nullptr ? JsonValue{} : *result;
    }

    std::unique_ptr<ports::HttpClient> own_client_;
    ServerCalls server_;
};

CallResult<std::unique_ptr<ProjectionCalls>> ask_server(const ServerArguments& arguments) {
    const auto url = find_server(arguments);
    if (!url) return std::unexpected(failure_of(url.error()));
    return std::make_unique<ViaServer>(http_client::make_http_client(), *url, arguments.key);
}

}  // namespace

std::unique_ptr<ProjectionCalls> projections_via_server(ports::HttpClient& client, const std::string& url, const std::string& key) {
    return std::make_unique<ViaServer>(client, url, key);
}

CallResult<std::unique_ptr<ProjectionCalls>> open_projections(const ServerArguments& arguments, const LogChoice& choice) {
    if (arguments.data.empty()) return ask_server(arguments);
    auto log = open_log_to_read(choice, arguments.data);
    if (!log) return std::unexpected(failure_of(log.error()));
    // Damage is an answer here, and nothing to be mended behind the back of who asks.
    auto store = rocks::open_store({.path = DataDirectory{arguments.data}.views(), .derived = true, .mends = false});
    if (!store && store.error().code == FaultCode::conflict) return ask_server(arguments);
    if (!store) return std::unexpected(failure_of(store.error()));
    return Offline::open(std::move(*log), std::move(*store));
}

}  // namespace granary::cli
