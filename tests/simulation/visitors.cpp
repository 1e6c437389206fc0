// People with a plan; those without one are in probes.cpp.
#include "tests/simulation/visitors.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/json_writer.hpp"
#include "gateway/middleware/json_document.hpp"
#include "gateway/middleware/signature.hpp"

namespace granary::simulation {
namespace {

constexpr std::array<std::string_view, 8> odd_tokens{"tok_decline", "tok_timeout", "tok_lost_answer", "tok_late", "tok_decline_late", "tok_flaky", "tok_capture_declined", "tok_slow"};
constexpr std::uint32_t callback_tries_max = 20;

std::string id_in(const std::string& location) { return location.substr(location.rfind('/') + 1); }

}  // namespace

Visitors::Visitors(Surroundings& around, Browser& browser, const Mix& mix) : around_(around), browser_(browser), mix_(mix) {
    for (const auto& principal : around.people.all()) sessions_.push_back(fresh(principal));
}

void Visitors::later(Duration least, Duration most, std::function<void()> what) { around_.schedule.after(around_.schedule.dice().between(least, most), std::move(what)); }

SessionPtr Visitors::somebody() { return sessions_[around_.schedule.dice().below(sessions_.size())]; }

// Different people use the same keys, each for something else.
std::string Visitors::key() { return "key-" + std::to_string(next_key_++ / 2); }

std::string Visitors::article() { return "ART-" + std::to_string(around_.schedule.dice().below(mix_.articles)); }

void Visitors::change(const SessionPtr& session, const std::string& target, std::string body, Then then) {
    browser_.send({.session = session, .method = http::Method::post, .target = target, .body = std::move(body), .fields = {{"idempotency-key", key()}}}, std::move(then));
}

void Visitors::look(const SessionPtr& session, const std::string& target, Then then) { browser_.send({.session = session, .target = target}, std::move(then)); }

// -- a shop opens ----------------------------------------------------------------------------------------------------------

void Visitors::begin() {
    Dice& dice = around_.schedule.dice();
    for (const auto* customer : around_.people.customers()) {
        JsonWriter json;
        json.begin_object().member("country", "GB").key("profile").begin_object();
        json.member("name", marked(Secret::personal, customer->number, next_mark_++));
        json.member("email", marked(Secret::personal, customer->number, next_mark_++) + "@example.org").end_object();
        json.key("address").begin_object().member("name", "N. N.").member("postcode", marked(Secret::personal, customer->number, next_mark_++)).end_object().end_object();
        change(of(*customer), "/v1/customers", json.take(), [this, customer](const Exchange& registered) {
            if (registered.status == 201) look(fresh(*customer), registered.header("location"));
        });
    }
    const auto& seller = of(around_.people.one(Role::seller));
    for (std::uint32_t i = 0; i < mix_.articles; ++i) {
        const std::string price = std::to_string(dice.between(0, 39)) + "." + std::to_string(dice.between(1000, 9999));
        change(seller, "/v1/products", R"({"sku":"ART-)" + std::to_string(i) + R"(","name":"article","unit_price":{"amount":")" + price + R"(","currency":"GBP"}})", [this, seller](const Exchange& made) {
            if (made.status != 201) return;
            look(fresh(around_.people.one(Role::guest)), made.header("location"));
            if (!around_.schedule.dice().chance(200)) return;
            browser_.send({.session = seller, .method = http::Method::patch, .target = made.header("location"), .body = R"({"description":"fresh"})", .fields = {{"if-match", made.header("etag")}}});
        });
    }
}

void Visitors::restock() {
    const auto& seller = of(around_.people.one(Role::seller));
    const std::string quantity = std::to_string(around_.schedule.dice().between(1, 10));
    change(seller, "/v1/stock/receipts", R"({"sku":")" + article() + R"(","warehouse":"WH1","quantity":)" + quantity + "}", [this](const Exchange& received) {
        if (received.status == 201) look(fresh(around_.people.one(Role::auditor)), received.header("location"));
    });
}

// -- somebody buys ---------------------------------------------------------------------------------------------------------

std::string Visitors::payment() {
    Dice& dice = around_.schedule.dice();
    std::string token(dice.chance(mix_.odd_tokens) ? odd_tokens[dice.below(odd_tokens.size())] : "tok_accept");
    return R"({"token":")" + token + ":" + marked(Secret::payment_token, 0, next_mark_++) + R"(","method":"card"})";
}

std::string Visitors::order_body(const Principal& buyer) {
    Dice& dice = around_.schedule.dice();
    const bool imports = buyer.role == Role::importer;
    JsonWriter json;
    json.begin_object().member("country", "GB").member("warehouse", "WH1").member("reference", "ref-" + std::to_string(next_reference_++)).key("lines").begin_array();
    for (auto lines = dice.between(1, 3); lines > 0; --lines) {
        json.begin_object().member("sku", article()).member("quantity", dice.between(1, 4));
        if (imports) json.key("unit_price").begin_object().member("amount", std::to_string(dice.between(0, 9)) + ".25").member("currency", "GBP").end_object();
        json.end_object();
    }
    json.end_array();
    const auto personal = [&] { return marked(Secret::personal, buyer.number, next_mark_++); };
    if (dice.chance(600)) {
        json.key("ship_to").begin_object().member("name", personal()).key("lines").begin_array().string(personal()).end_array().member("phone", "+44" + personal()).end_object();
    }
    if (dice.chance(300)) json.member("note", personal());
    if (imports) json.member("customer", text_of(around_.people.customers()[dice.below(around_.people.customers().size())]->customer));
    if (!dice.chance(mix_.unpaid)) json.key("payment").raw(payment());
    return json.end_object().take();
}

void Visitors::place() {
    Dice& dice = around_.schedule.dice();
    const auto& customers = around_.people.customers();
    const Principal& buyer = dice.chance(800) ? *customers[dice.below(customers.size())] : around_.people.one(dice.chance(500) ? Role::admin : Role::importer);
    const auto body = order_body(buyer);
    Wish wish{.session = of(buyer), .method = http::Method::post, .target = "/v1/orders", .body = body, .fields = {{"idempotency-key", key()}}};
    if (dice.chance(250)) wish.fields.emplace_back("prefer", "wait=" + std::to_string(dice.between(1, 5)));
    browser_.send(std::move(wish), [this, &buyer, body](const Exchange& placed) {
        if (placed.status != 201) return;
        bought_.push_back({id_in(placed.header("location")), of(buyer)});
        follow_up(bought_.back(), placed, body);
    });
}

void Visitors::follow_up(const Bought& bought, const Exchange& placed, const std::string& body) {
    Dice& dice = around_.schedule.dice();
    look(fresh(*bought.buyer->who), placed.header("location"));
    look(bought.buyer, placed.header("location"));
    for (auto times = dice.between(1, 3); times > 0; --times) later(milliseconds(1), seconds(15), [this, &bought] { read_order(bought); });
    if (dice.chance(mix_.hostile)) repeat(bought, placed, body);
    const std::string order = "/v1/orders/" + bought.id;
    if (!body.contains("\"payment\"") && dice.chance(mix_.submits)) {
        for (auto times = dice.between(1, 2); times > 0; --times) later(milliseconds(1), seconds(20), [this, &bought, order] { change(bought.buyer, order + "/payments", payment()); });
    }
    if (dice.chance(mix_.cancels)) later(milliseconds(1), seconds(10), [this, &bought, order] { change(bought.buyer, order + "/cancel", R"({"reason":"changed_mind"})"); });
    if (dice.chance(mix_.staff)) later(milliseconds(1), seconds(20), [this, &bought] { change_by_staff(bought); });
    if (!dice.chance(mix_.refunds)) return;
    for (auto times = dice.between(1, 3); times > 0; --times) {
        later(seconds(1), seconds(60), [this, &bought] {
            const std::string amount = std::to_string(around_.schedule.dice().between(1, 4000));
            change(of(around_.people.one(Role::admin)), "/v1/payment/refund", R"({"order":")" + bought.id + R"(","reason":"goodwill","amount":{"amount":)" + amount + R"(,"currency":"GBP"}})");
        });
    }
}

// The same again, and the same key with another body.
void Visitors::repeat(const Bought& bought, const Exchange& placed, const std::string& body) {
    const std::string key_of_it = *placed.headers.find("idempotency-key");
    const auto again = [this, buyer = bought.buyer, key_of_it](std::string what) {
        browser_.send({.session = buyer, .method = http::Method::post, .target = "/v1/orders", .body = std::move(what), .fields = {{"idempotency-key", key_of_it}}});
    };
    later(milliseconds(1), seconds(12), [again, body] { again(body); });
    later(milliseconds(1), seconds(12), [again, buyer = bought.buyer->who, this] { again(order_body(*buyer)); });
}

void Visitors::read_order(const Bought& bought) {
    Dice& dice = around_.schedule.dice();
    const std::string order = "/v1/orders/" + bought.id;
    const auto& staff = of(around_.people.one(dice.chance(500) ? Role::admin : Role::auditor));
    const SessionPtr reader = dice.chance(700) ? bought.buyer : staff;
    switch (dice.below(5)) {
        case 0: return look(reader, order + "/timeline");
        case 1: return look(reader, order + "/payments");
        case 2: return look(reader, dice.chance(500) ? order + "/shipments" : "/v1/payment/status?order=" + bought.id);
        default: return look(reader, order, [this, reader, order](const Exchange& shown) { read_again(reader, order, shown.header("etag")); });
    }
}

void Visitors::read_again(const SessionPtr& reader, const std::string& target, const std::string& etag) {
    if (etag.empty() || around_.schedule.dice().chance(500)) return;
    later(milliseconds(1), around_.schedule.dice().chance(500) ? seconds(2) : seconds(90), [this, reader, target, etag] { browser_.send({.session = reader, .target = target, .fields = {{"if-none-match", etag}}}); });
}

void Visitors::change_by_staff(const Bought& bought) {
    const auto& clerk = of(around_.people.one(Role::delivery));
    const std::string order = "/v1/orders/" + bought.id;
    look(clerk, order, [this, clerk, order](const Exchange& shown) {
        Dice& dice = around_.schedule.dice();
        const std::string status = dice.chance(500) ? "PACKED" : dice.chance(500) ? "SHIPPED" : "CANCELLED";
        browser_.send({.session = clerk, .method = http::Method::put, .target = order + "/status", .body = R"({"status":")" + status + R"("})", .fields = {{"if-match", shown.header("etag")}}});
    });
}

// -- somebody wants to be forgotten ----------------------------------------------------------------------------------------

void Visitors::ask_to_be_forgotten() {
    Dice& dice = around_.schedule.dice();
    const auto& admin = of(around_.people.one(Role::admin));
    const std::string by_staff = dice.chance(300) ? R"({"ground":"legal_duty","despite_orders":true})" : R"({"ground":"no_longer_needed"})";
    if (dice.chance(300)) {
        // An order for a customer is refused here.
        const auto found = std::ranges::find_if(bought_, [](const Bought& one) { return one.buyer->who->role == Role::admin; });
        if (found != bought_.end()) return forget(admin, "/v1/orders/" + found->id, by_staff);
    }
    const auto& customer = *around_.people.customers()[dice.below(around_.people.customers().size())];
    const std::string page = "/v1/customers/" + text_of(customer.customer);
    if (dice.chance(400)) return forget(admin, page, by_staff);
    forget(of(customer), dice.chance(500) ? "/v1/customers/me" : page, dice.chance(500) ? "" : R"({"ground":"asked_for"})");
}

void Visitors::forget(const SessionPtr& by, const std::string& page, std::string body) {
    change(by, page + "/erasure", std::move(body), [this, by](const Exchange& asked) {
        const std::string where = asked.header("location");
        if (asked.status != 202 || where.empty()) return;
        look(by, where);
        for (const Duration patience : {seconds(5), seconds(60), minutes(30)}) later(seconds(1), patience, [this, by, where] { look(by, where); });
    });
}

// -- operators and houses --------------------------------------------------------------------------------------------------

void Visitors::operate(OrderId order, bool compensates) {
    const std::string saga = "/admin/v1/sagas/" + text_of(order);
    const auto& admin = of(around_.people.one(Role::admin));
    look(admin, saga);
    change(admin, saga + (compensates ? "/compensate" : "/retry"), R"({"reason":"operator"})");
}

void Visitors::let_erasure_go_on(const std::string& person) {
    const std::string erasure = "/admin/v1/erasures/" + person;
    const auto& admin = of(around_.people.one(Role::admin));
    look(admin, erasure);
    change(admin, erasure + "/retry", R"({"reason":"operator"})");
}

void Visitors::insist_on_erasure(const std::string& person) {
    const bool is_order = person.starts_with("ord_");
    forget(of(around_.people.one(Role::admin)), (is_order ? "/v1/orders/" : "/v1/customers/") + person, R"({"ground":"legal_duty","despite_orders":true})");
}

void Visitors::call_back(const Callback& callback) {
    auto notice = notice_of(callback);
    const auto sign = [this, body = notice.body] {
        const auto secret = around_.keys->secret("callbacks");
        return std::pair(std::string("granary-signature"), gateway::sign_callback(body, {reinterpret_cast<const char*>(secret->data()), secret->size()}, around_.clock.now()));
    };
    browser_.send({.method = http::Method::post, .target = notice.carrier ? "/v1/callbacks/carrier" : "/v1/callbacks/payments", .body = std::move(notice.body), .tries_max = callback_tries_max, .fresh_field = sign});
}

// -- lists -----------------------------------------------------------------------------------------------------------------

void Visitors::walk(const SessionPtr& session, const std::string& list) {
    Walk& walk = walks_.emplace_back();
    walk.session = session;
    walk.list = list;
    next_page(walk, 1 + around_.schedule.dice().below(4), {});
}

void Visitors::next_page(Walk& walk, std::uint64_t limit, const std::string& cursor) {
    const char separator = walk.list.contains('?') ? '&' : '?';
    look(walk.session, walk.list + separator + "limit=" + std::to_string(limit) + (cursor.empty() ? "" : "&cursor=" + cursor), [this, &walk, limit](const Exchange& page) {
        walk.pages.push_back(&page);
        const auto document = gateway::JsonDocument::parse(page.text);
        const auto next = page.status == 200 && document ? document->root().member("next_cursor") : gateway::JsonNode();
        walk.complete = next && next.kind() == gateway::JsonKind::null;
        if (!next || walk.complete) return;
        // Some read slowly.
        const Duration pause = around_.schedule.dice().chance(300) ? seconds(3) : milliseconds(20);
        later(Duration{0}, pause, [this, &walk, limit, cursor = std::string(next.text())] { next_page(walk, limit, cursor); });
    });
}

}  // namespace granary::simulation
