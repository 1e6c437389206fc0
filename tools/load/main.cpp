// granary-load: puts load on a running server and says what came back. See tools/bench for the runs that use it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/json_writer.hpp"
#include "tools/load/connection_pool.hpp"
#include "tools/load/persistent_clients.hpp"

namespace granary::load {
namespace {

struct Arguments {
    RunOptions run;
    std::string key;
    std::string label = "load";
    std::string journal;
    std::string path;
    std::string sku = "load";
    std::size_t skus = 200;
    std::size_t lines = 2;
    long long stock = 10'000'000;
    double repeat = 0;       // share of requests that are sent once more under the same key
    PersistentOptions persistent;
};

std::string request(const Arguments& arguments, const char* method, const std::string& path, const std::string& idempotency_key, const std::string& body) {
    std::string text = std::string(method) + " " + path + " HTTP/1.1\r\nHost: " + arguments.run.host + "\r\nAuthorization: Bearer " + arguments.key + "\r\n";
    if (!idempotency_key.empty()) text += "Idempotency-Key: " + idempotency_key + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
}

std::string sku_name(const Arguments& arguments, std::uint64_t n) { return arguments.sku + "-" + std::to_string(n % arguments.skus); }

std::string order_body(const Arguments& arguments, std::uint64_t n) {
    JsonWriter json;
    json.begin_object().member("country", "GB");
    json.key("payment").begin_object().member("token", "tok_accept").member("method", "card").end_object();
    json.key("lines").begin_array();
    for (std::size_t i = 0; i < arguments.lines; ++i) {
        json.begin_object().member("sku", sku_name(arguments, n * 7 + i * 13)).member("quantity", std::int64_t{1}).end_object();
    }
    json.end_array().end_object();
    return json.take();
}

class Report {
  public:
    void count(const Reply& reply) { ++statuses_[reply.status]; }

    void print(RunCounts& counts) {
        const auto p50 = percentile(counts.latencies_us, 50), p99 = percentile(counts.latencies_us, 99), p100 = percentile(counts.latencies_us, 100);
        std::printf("requests %llu in %.2f s: %.0f a second; latency p50 %.2f ms, p99 %.2f ms, max %.2f ms; broken %llu; by status", static_cast<unsigned long long>(counts.answered),
                    counts.seconds, counts.seconds > 0 ? static_cast<double>(counts.answered) / counts.seconds : 0.0, static_cast<double>(p50) / 1e3,
                    static_cast<double>(p99) / 1e3, static_cast<double>(p100) / 1e3, static_cast<unsigned long long>(counts.broken));
        for (const auto& [status, number] : statuses_) std::printf(" %d:%llu", status, static_cast<unsigned long long>(number));
        std::printf("\n");
    }

  private:
    std::map<int, std::uint64_t> statuses_;
};

int finish(Result<RunCounts> counts, Report& report) {
    if (!counts) {
        std::fprintf(stderr, "granary-load: %s\n", counts.error().message.c_str());
        return 3;
    }
    report.print(*counts);
    return 0;
}

// Products and stock for the orders: every request must be accepted.
int prepare(Arguments& arguments) {
    Report report;
    arguments.run.requests_max = arguments.skus * 2;
    const auto make = [&](std::uint64_t n) {
        const std::string sku = sku_name(arguments, n / 2);
        JsonWriter json;
        if (n % 2 == 0) {
            json.begin_object().member("sku", sku).member("name", "Load item " + std::to_string(n / 2)).key("unit_price").begin_object().member("amount", "2.55").member("currency", "GBP").end_object().end_object();
            return request(arguments, "POST", "/v1/products", arguments.label + "-product-" + sku, json.take());
        }
        json.begin_object().member("sku", sku).member("warehouse", "main").member("quantity", std::int64_t{arguments.stock}).end_object();
        return request(arguments, "POST", "/v1/stock/receipts", arguments.label + "-stock-" + sku, json.take());
    };
    bool all_accepted = true;
    const auto done = [&](std::uint64_t, const Reply& reply) {
        report.count(reply);
        if (reply.status == 201) return;
        if (all_accepted) std::fprintf(stderr, "granary-load: refused: %.*s\n", static_cast<int>(reply.body.size()), reply.body.data());
        all_accepted = false;
    };
    const int finished = finish(run_load(arguments.run, make, done), report);
    return finished == 0 && !all_accepted ? 1 : finished;
}

int post_orders(Arguments& arguments) {
    Report report;
    std::ofstream journal(arguments.journal.empty() ? "/dev/null" : arguments.journal);
    // With a share of repeats, every so manyth request is the one before it again, under the same key.
    const auto every = arguments.repeat > 0 ? static_cast<std::uint64_t>(1.0 / arguments.repeat) : 0;
    const auto number = [every](std::uint64_t n) { return every > 1 && n % every == every - 1 ? n - 1 : n; };
    const auto make = [&](std::uint64_t n) {
        return request(arguments, "POST", "/v1/orders", arguments.label + "-" + std::to_string(number(n)), order_body(arguments, number(n)));
    };
    const auto done = [&](std::uint64_t n, const Reply& reply) {
        report.count(reply);
        if (reply.status == 201) journal << field_of(reply.head, "location") << ' ' << field_of(reply.head, "granary-position") << ' ' << number(n) << '\n';
    };
    return finish(run_load(arguments.run, make, done), report);
}

int persist(Arguments& arguments) {
    std::ofstream journal(arguments.journal.empty() ? "/dev/null" : arguments.journal, std::ios::app);
    auto& options = arguments.persistent;
    options.host = arguments.run.host;
    options.clients = arguments.run.connections;
    options.requests = arguments.run.requests_max;
    options.rate = arguments.run.rate;
    options.again = arguments.repeat;
    const auto make = [&](std::uint64_t n) { return request(arguments, "POST", "/v1/orders", arguments.label + "-" + std::to_string(n), order_body(arguments, n)); };
    auto counts = run_persistent(options, make, [&](std::uint64_t n, std::string_view location) { journal << location << ' ' << n << std::endl; });
    const auto p50 = percentile(counts.latencies_us, 50), p99 = percentile(counts.latencies_us, 99), p100 = percentile(counts.latencies_us, 100);
    std::printf("acknowledged %llu of %llu in %.1f s: %.0f a second; p50 %.1f ms, p99 %.1f ms, max %.1f ms; asked again %llu; tries by status",
                static_cast<unsigned long long>(counts.acknowledged), static_cast<unsigned long long>(options.requests), counts.seconds,
                static_cast<double>(counts.acknowledged) / counts.seconds, static_cast<double>(p50) / 1e3, static_cast<double>(p99) / 1e3,
                static_cast<double>(p100) / 1e3, static_cast<unsigned long long>(counts.asked_again));
    for (const auto& [status, number] : counts.statuses) std::printf(" %d:%llu", status, static_cast<unsigned long long>(number));
    std::printf("; surprises %llu\n", static_cast<unsigned long long>(counts.surprises_in_all));
    for (const auto& surprise : counts.surprises) std::printf("surprise: %s\n", surprise.c_str());
    return counts.surprises_in_all == 0 && counts.acknowledged == options.requests ? 0 : 1;
}

int get_pages(Arguments& arguments) {
    Report report;
    std::vector<std::string> paths;
    std::ifstream in(arguments.journal);
    for (std::string line; std::getline(in, line) && paths.size() < 1'000'000;) paths.push_back(line.substr(0, line.find(' ')));
    if (!arguments.path.empty()) paths = {arguments.path};
    if (paths.empty()) {
        std::fprintf(stderr, "granary-load: nothing to get: give --path, or --journal with the file that `orders` wrote\n");
        return 2;
    }
    const auto make = [&](std::uint64_t n) { return request(arguments, "GET", paths[n * 2654435761U % paths.size()], "", ""); };
    return finish(run_load(arguments.run, make, [&](std::uint64_t, const Reply& reply) { report.count(reply); }), report);
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* what, const std::shared_ptr<Arguments>& arguments, int& exit_code, int (*run)(Arguments&)) {
    auto* verb = app.add_subcommand(name, what);
    verb->add_option("--host", arguments->run.host, "an IPv4 address of this machine");
    if (run != persist) verb->add_option("--port", arguments->run.port)->required();
    verb->add_option("--key", arguments->key, "an API key")->envname("GRANARY_KEY")->required();
    verb->add_option("--connections", arguments->run.connections);
    verb->add_option("--seconds", arguments->run.seconds);
    verb->add_option("--requests", arguments->run.requests_max, "stop after so many; 0 = only by time");
    verb->add_option("--rate", arguments->run.rate, "requests a second; 0 = as fast as replies come");
    verb->add_option("--label", arguments->label, "part of every Idempotency-Key");
    verb->add_option("--journal", arguments->journal, "orders: where accepted ids go; get: where they come from");
    verb->add_option("--path", arguments->path, "get: one path instead of a journal");
    verb->add_option("--sku", arguments->sku, "first part of the SKUs");
    verb->add_option("--skus", arguments->skus, "how many SKUs the orders are spread over");
    verb->add_option("--lines", arguments->lines, "lines of an order");
    verb->add_option("--stock", arguments->stock, "prepare: pieces of each SKU");
    verb->add_option("--repeat", arguments->repeat, "orders: share of requests that repeat the one before under its key");
    verb->callback([arguments, &exit_code, run] { exit_code = run(*arguments); });
    return verb;
}

int run_program(int argc, char** argv) {
    CLI::App app{"Puts load on a running Granary server"};
    app.require_subcommand(1);
    int exit_code = 0;
    const auto arguments = std::make_shared<Arguments>();
    add_verb(app, "prepare", "Products and stock for `orders`", arguments, exit_code, prepare);
    add_verb(app, "orders", "POST /v1/orders", arguments, exit_code, post_orders);
    auto* persistently = add_verb(app, "persist", "POST /v1/orders at several nodes, each under its key until it is acknowledged", arguments, exit_code, persist);
    persistently->add_option("--ports", arguments->persistent.ports, "of the nodes")->delimiter(',')->required();
    persistently->add_option("--first", arguments->persistent.first, "the number of the first order");
    add_verb(app, "get", "GET the paths of a journal, or one path", arguments, exit_code, get_pages);
    CLI11_PARSE(app, argc, argv);
    return exit_code;
}

}  // namespace
}  // namespace granary::load

int main(int argc, char** argv) { return granary::load::run_program(argc, argv); }
