// `granary house`: the house payment provider and the house carrier as a program of their own, for several nodes together.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/keys/cluster_secret.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/logging.hpp"
#include "tools/granary/cluster.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"
#include "tools/house/carrier_house.hpp"
#include "tools/house/payment_house.hpp"

namespace granary::cli {
namespace {

struct HouseArguments {
    std::string data = "house";
    std::string payments_listen = "127.0.0.1:0";
    std::string carrier_listen = "127.0.0.1:0";
    std::vector<std::string> callback_urls;
    std::string secret_file;
    std::int64_t carrier_delay_ms = 200;
};

// In the order of construction.
struct Houses {
    SystemClock clock;
    std::unique_ptr<ports::HttpClient> client = http_client::make_http_client();
    std::unique_ptr<ports::Store> payment_book, carrier_book;
    std::unique_ptr<house::PaymentHouse> payments;
    std::unique_ptr<house::CarrierHouse> carrier;
};

Status open_book(const std::string& path, std::unique_ptr<ports::Store>& book) {
    rocks::StoreOptions options;
    options.path = path;
    auto opened = rocks::open_store(options);
    if (!opened) return std::unexpected(opened.error());
    book = std::move(*opened);
    return {};
}

Status start_houses(const HouseArguments& arguments, Houses& houses) {
    auto secret = read_cluster_secret(arguments.secret_file);
    if (!secret) return std::unexpected(secret.error());
    const auto key = ClusterSecret(std::move(*secret)).secret("callbacks");
    if (auto made = make_data_directory({arguments.data}); !made) return made;
    if (auto opened = open_book(arguments.data + "/payments", houses.payment_book); !opened) return opened;
    if (auto opened = open_book(arguments.data + "/carrier", houses.carrier_book); !opened) return opened;
    house::HouseOptions common;
    common.clock = &houses.clock;
    common.client = houses.client.get();
    common.background = false;
    common.callbacks.secret.assign(key.begin(), key.end());
    house::PaymentHouseOptions payments{.house = common};
    payments.house.listen = arguments.payments_listen;
    payments.house.store = houses.payment_book.get();
    for (const auto& url : arguments.callback_urls) payments.house.callbacks.urls.push_back(url + "/v1/callbacks/payments");
    auto payment_house = house::PaymentHouse::start(std::move(payments));
    if (!payment_house) return std::unexpected(payment_house.error());
    houses.payments = std::move(*payment_house);
    house::CarrierHouseOptions carrier{.house = common};
    carrier.house.listen = arguments.carrier_listen;
    carrier.house.store = houses.carrier_book.get();
    for (const auto& url : arguments.callback_urls) carrier.house.callbacks.urls.push_back(url + "/v1/callbacks/carrier");
    carrier.pack_delay = carrier.ship_delay = carrier.deliver_delay = milliseconds(arguments.carrier_delay_ms);
    auto carrier_house = house::CarrierHouse::start(std::move(carrier));
    if (!carrier_house) return std::unexpected(carrier_house.error());
    houses.carrier = std::move(*carrier_house);
    return {};
}

int run_houses(const HouseArguments& arguments) {
    const auto signals = block_stop_signals();
    logging::configure(logging::Level::info, logging::Style::text);
    Houses houses;
    if (auto started = start_houses(arguments, houses); !started) return report_fault(started.error());
    std::printf("ready %s %s\n", houses.payments->url().c_str(), houses.carrier->url().c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    houses.payments->stop();
    houses.carrier->stop();
    return exit_fine;
}

}  // namespace

void add_house_verbs(CLI::App& app, int& exit_code) {
    auto* verb = app.add_subcommand("house", "Run the house payment provider and carrier for several nodes; prints `ready PAYMENTS-URL CARRIER-URL`");
    auto arguments = std::make_shared<HouseArguments>();
    verb->add_option("--data", arguments->data, "where their books are kept; made when missing");
    verb->add_option("--payments-listen", arguments->payments_listen, "ADDRESS:PORT; port 0 picks a free one");
    verb->add_option("--carrier-listen", arguments->carrier_listen, "ADDRESS:PORT; port 0 picks a free one");
    verb->add_option("--callback-url", arguments->callback_urls, "http://HOST:PORT of any node, or of what stands before them; given again, they are told in turn");
    verb->add_option("--cluster-secret-file", arguments->secret_file, "as the nodes have it: callbacks are signed with what follows from it")->required();
    verb->add_option("--carrier-delay-ms", arguments->carrier_delay_ms, "how long each step of a parcel takes")->check(CLI::Range(0, 86'400'000));
    verb->callback([arguments, &exit_code] { exit_code = run_houses(*arguments); });
}

}  // namespace granary::cli
