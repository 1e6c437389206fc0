// Requests are made as the framer would make them.
#include "tests/gateway/routes/shop.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "gateway/http/target.hpp"
#include "gateway/middleware/signature.hpp"
#include "platform/host/stored_commits.hpp"

namespace granary::testing {
namespace {

constexpr ports::LogIdentity identity{{0x0192'0000'0000'7000ULL, 0x8000'0000'0000'0001ULL}, 4};

gateway::JsonNode member_of(const gateway::JsonDocument& document, std::string_view name) {
    return document.root().kind() == gateway::JsonKind::object ? document.root().member(name) : gateway::JsonNode();
}

http::Request make_request(http::Method method, const std::string& target, const std::string& as, const std::string& body, const Shop::Fields& fields) {
    http::Request request;
    request.method = method;
    request.target = target;
    const auto question = std::min(target.find('?'), target.size());
    const auto segments = http::parse_path(std::string_view(target).substr(0, question));
    GRANARY_CHECK(segments.has_value());
    request.segments = *segments;
    if (question < target.size()) {
        const auto query = http::parse_query(std::string_view(target).substr(question + 1));
        GRANARY_CHECK(query.has_value());
        request.query = *query;
    }
    if (!as.empty()) request.headers.add("authorization", "Bearer " + as);
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    if (!body.empty() && request.headers.find("content-type") == nullptr) request.headers.add("content-type", "application/json");
    request.body = body;
    return request;
}

// The histories of the program without what it says about each event.
class NamesOfEvents final : public ports::OrderHistory {
  public:
    NamesOfEvents(const queries::OrderQueries& orders, ports::Commits& commits, const std::size_t& events_max) : orders_(orders), commits_(commits), events_max_(events_max) {}

    Result<ports::HistoryPage> page(const ports::HistoryRequest& request) override {
        const auto commits = commits_of(request.order, request.as_of);
        if (!commits) return std::unexpected(commits.error());
        ports::HistoryPage page;
        for (std::size_t i = request.cursor.size(); i < commits->size() && page.items.size() < request.limit; ++i) {
            page.items.push_back("{\"event\":\"" + std::string(name_of((*commits)[i].events.front().event)) + "\"}");
            if (i + 1 < commits->size()) page.next_cursor = std::string(i + 1, 'x');
            else page.next_cursor.clear();
        }
        return page;
    }
    Result<std::string> changes(OrderId order, const ports::HistoryMoment& from, const ports::HistoryMoment& to) override {
        const auto before = commits_of(order, from);
        const auto after = commits_of(order, to);
        if (!before || !after) return std::unexpected(before ? after.error() : before.error());
        return "{\"commits\":[" + std::to_string(before->size()) + "," + std::to_string(after->size()) + "]}";
    }

  private:
    Result<std::vector<Commit>> commits_of(OrderId order, const ports::HistoryMoment& as_of) {
        auto offsets = orders_.commits_of(order, events_max_);
        if (!offsets) return std::unexpected(offsets.error());
        if (const auto* position = std::get_if<Position>(&as_of)) std::erase_if(*offsets, [&](const Offset& offset) { return offset > position->offset; });
        auto commits = commits_.at(orders_.partition(order), *offsets);
        if (const auto* time = std::get_if<Time>(&as_of); commits && time != nullptr) std::erase_if(*commits, [&](const Commit& commit) { return commit.meta.time > *time; });
        return commits;
    }

    const queries::OrderQueries& orders_;
    ports::Commits& commits_;
    const std::size_t& events_max_;
};

}  // namespace

RoleKeys::RoleKeys() {
    std::uint64_t number = 0;
    const auto add = [&](std::string name, Role role, CustomerId customer) {
        ports::ApiKey key{.id = {{0x0192'0000'0000'7000ULL, ++number}}, .role = role, .permissions = permissions_of(role), .customer = customer, .name = name};
        keys_.emplace(std::move(name), std::make_shared<const ports::ApiKey>(std::move(key)));
    };
    for (std::size_t i = 0; i < role_count; ++i) {
        const auto role = static_cast<Role>(i);
        add(std::string(name_of(role)), role, role == Role::customer ? CustomerId{{0x0192'0000'0000'7001ULL, 1}} : CustomerId{});
    }
    add("other", Role::customer, {{0x0192'0000'0000'7001ULL, 2}});
}

std::shared_ptr<const ports::ApiKey> RoleKeys::find(std::string_view presented) {
    const auto found = keys_.find(std::string(presented));
    return found == keys_.end() ? nullptr : found->second;
}

std::string Answer::member(std::string_view name) const {
    const auto document = gateway::JsonDocument::parse(body);
    const auto node = document ? member_of(*document, name) : gateway::JsonNode();
    if (!node) return {};
    return node.kind() == gateway::JsonKind::string ? std::string(node.text()) : node.canonical();
}

std::string Answer::pointers() const {
    const auto document = gateway::JsonDocument::parse(body);
    const auto errors = document ? member_of(*document, "errors") : gateway::JsonNode();
    std::string text;
    for (auto error = errors ? errors.first() : gateway::JsonNode(); error; error = error.next()) text += (text.empty() ? "" : " ") + std::string(error.member("pointer").text());
    return text;
}

Shop::Shop(gateway::GatewayOptions options, ports::Operations* operations) : log(identity), bus(log, clock) {
    auto opened = open_key_store(key_store, clock, random);
    GRANARY_CHECK(opened.has_value());
    secrets = std::move(*opened);
    auto made = make_sealer(*secrets, random);
    GRANARY_CHECK(made.has_value());
    sealer = std::move(*made);
    auto started = projections::ProjectionHost::start({.log = log, .store = view_store, .clock = clock});
    GRANARY_CHECK(started.has_value());
    views = std::move(*started);
    const queries::Source source{view_store, views->views(), *views, *sealer, identity.partitions};
    orders = std::make_unique<queries::OrderQueries>(source);
    payments = std::make_unique<queries::PaymentQueries>(source);
    stock = std::make_unique<queries::StockQueries>(source);
    products = std::make_unique<queries::ProductQueries>(source);
    customers = std::make_unique<queries::CustomerQueries>(source);
    commits = std::make_unique<StoredCommits>(log);
    person_export = std::make_unique<queries::PersonExport>(source, *commits);
    accesses = std::make_unique<queries::AccessQueries>(source);
    exports = std::make_unique<queries::PersonalExports>(source);
    order_history = std::make_unique<NamesOfEvents>(*orders, *commits, history_events_max);
    sales = std::make_unique<queries::SalesQueries>(source);
    invoice_reports = std::make_unique<queries::InvoiceReports>(source);
    stock_report = std::make_unique<queries::StockReport>(source);
    services_ = std::make_unique<gateway::GatewayServices>(gateway::GatewayServices{.commands = bus, .freshness = *views, .sealer = *sealer, .keys = *secrets, .api_keys = keys, .clock = clock,
        .random = random, .orders = *orders, .payments = *payments, .stock = *stock, .products = *products, .customers = *customers, .person_export = *person_export, .accesses = *accesses, .exports = *exports, .order_history = *order_history, .sales = *sales, .invoice_reports = *invoice_reports, .stock_report = *stock_report, .operations = operations,
        .partitions = identity.partitions, .saga_report = [this](std::string_view by) { return saga_report ? saga_report(by) : Result<queries::Figures>(fault(FaultCode::unavailable, "not counted yet")); }, .metrics = [] { return std::string("granary_up 1\n"); }, .ready = {},
        .on_answered = [this](const gateway::AnsweredRequest& done) {
            const std::lock_guard lock(answered_mutex_);
            answered.push_back(std::string(done.operation) + " " + std::to_string(done.status));
        }});
    auto gateway = gateway::make_gateway(*services_, std::move(options));
    GRANARY_CHECK(gateway.has_value());
    gateway_ = std::move(*gateway);
}

Shop::~Shop() { GRANARY_CHECK(views->stop(seconds(10)).has_value()); }

Answer Shop::send(http::Method method, const std::string& target, const std::string& as, const std::string& body, const Fields& fields) {
    return begin(method, target, as, body, fields).get();
}

Answer Shop::post(const std::string& target, const std::string& body, const std::string& as, Fields fields) {
    const bool keyed = std::ranges::any_of(fields, [](const auto& field) { return field.first == "idempotency-key"; });
    if (!keyed) fields.emplace_back("idempotency-key", "key-" + std::to_string(++next_key_));
    return send(http::Method::post, target, as, body, fields);
}

std::future<Answer> Shop::begin(http::Method method, const std::string& target, const std::string& as, const std::string& body, const Fields& fields) {
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    gateway_.handler(make_request(method, target, as, body, fields),
                     http::Responder([promise](http::Response response) { promise->set_value({response.status, std::move(response.headers), std::move(response.body)}); }));
    return future;
}

void Shop::create_product(const std::string& sku, const std::string& price) {
    const auto made = post("/v1/products", R"({"sku":")" + sku + R"(","name":"Name of )" + sku + R"(","unit_price":{"amount":")" + price + R"(","currency":"GBP"}})");
    GRANARY_CHECK(made.status == 201);
    GRANARY_CHECK(get("/v1/products", "admin", {{"granary-min-position", made.header("granary-position")}}).status == 200);
}

std::string Shop::place_order(const std::string& sku, const std::string& as) {
    const auto placed = post("/v1/orders", R"({"lines":[{"sku":")" + sku + R"(","quantity":1}],"country":"GB","payment":{"token":"tok_accept"}})", as);
    GRANARY_CHECK(placed.status == 201);
    return placed.member("id");
}

ports::CommandAnswer Shop::run(Command command) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = {random.bits()};
    request.actor = "test";
    ports::CommandAnswer answer;
    bus.submit(std::move(request), [&](ports::CommandAnswer given) { answer = std::move(given); });
    return answer;
}

std::string Shop::callback_signature(const std::string& body) const {
    const auto secret = secrets->secret("callbacks");
    GRANARY_CHECK(secret.has_value());
    return gateway::sign_callback(body, {reinterpret_cast<const char*>(secret->data()), secret->size()}, clock.now());
}

}  // namespace granary::testing
