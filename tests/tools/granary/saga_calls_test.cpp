// What operators' verbs send to a server, and what becomes of its answers.
#include "tools/granary/saga_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "gateway/http/target.hpp"
#include "gateway/middleware/router.hpp"
#include "gateway/routes/route_table.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "tests/tools/granary/fake_server.hpp"
#include "tools/granary/verbs.hpp"

using namespace granary;
using namespace granary::cli;
using granary::tests::Asked;
using granary::tests::FakeServer;

namespace {

// A fake server and calls of it.
struct Conversation {
    explicit Conversation(std::function<http::Response(const Asked&)> answer) : server(std::move(answer)) {}

    FakeServer server;
    std::unique_ptr<ports::HttpClient> client = http_client::make_http_client();
    ServerCalls calls{*client, server.url(), "k1"};
};

std::string problem(const char* code, const char* detail) {
    return std::string(R"({"type":"https://example.org/p","title":"No such thing","status":404,"detail":")") + detail + R"(","code":")" + code +
           R"(","trace_id":"4bf9","errors":[{"pointer":"/step","detail":"unknown"}]})";
}

}  // namespace

TEST_CASE("sagas are listed page by page, and no more than asked for") {
    Conversation talk([](const Asked& asked) {
        if (asked.path.find("cursor=") == std::string::npos) return FakeServer::reply(200, R"({"data":[{"order_id":"a"},{"order_id":"b"}],"next_cursor":"c+/1","has_more":true})");
        return FakeServer::reply(200, R"({"data":[{"order_id":"c"}],"next_cursor":null,"has_more":false})");
    });
    const auto all = list_sagas(talk.calls, true, 5);
    REQUIRE(all);
    CHECK(all->instances.json() == R"([{"order_id":"a"},{"order_id":"b"},{"order_id":"c"}])");
    CHECK_FALSE(all->more);
    const auto two = list_sagas(talk.calls, false, 2);
    REQUIRE(two);
    CHECK(two->instances.items.size() == 2);
    CHECK(two->more);
    const auto asked = talk.server.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].path == "/admin/v1/sagas?parked=true&limit=5");
    CHECK(asked[1].path == "/admin/v1/sagas?parked=true&limit=3&cursor=c%2B%2F1");
    CHECK(asked[2].path == "/admin/v1/sagas?limit=2");
    CHECK(asked[0].authorization == "Bearer k1");
}

namespace {

// The operation of the server's own route table that this request reaches with parameters that the route knows; or why not.
std::string operation_of(const Asked& asked) {
    const auto question = asked.path.find('?');
    const auto segments = http::parse_path(asked.path.substr(0, question));
    if (!segments) return "no path";
    const auto method = asked.method == "POST" ? http::Method::post : http::Method::get;
    const auto match = gateway::Router(gateway::route_table()).find(method, *segments);
    if (match.route == nullptr) return "no route";
    std::string query = question == std::string::npos ? std::string() : asked.path.substr(question + 1);
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string name = query.substr(0, query.find('='));
        const std::string known = "," + std::string(match.route->parameters) + ",";
        if (known.find("," + name + ",") == std::string::npos) return "no parameter " + name;
        query.erase(0, end + 1);
    }
    return std::string(match.route->operation);
}

}  // namespace

TEST_CASE("what is asked is what the server's routes know, parameters too") {
    Conversation talk([](const Asked&) { return FakeServer::reply(200, R"({"data":[{"order_id":"a"}],"next_cursor":null,"has_more":false})"); });
    const std::string order = "ord_0195500000007000800000000000000b";
    CHECK(list_sagas(talk.calls, true, 5));
    CHECK(show_saga(talk.calls, order));
    for (const char* verb : {"retry", "skip", "compensate"}) CHECK(act_on_saga(talk.calls, {verb, order, "why", "capture", false}, "k"));
    CHECK(act_on_saga(talk.calls, {"compensate", order, "why", "", true}, "k"));
    const auto asked = talk.server.asked();
    REQUIRE(asked.size() == 6);
    const char* const operations[] = {"listSagas", "getSaga", "retrySaga", "skipSagaStep", "compensateSaga", "compensateSaga"};
    for (std::size_t i = 0; i < asked.size(); ++i) CHECK(operation_of(asked[i]) == operations[i]);
}

TEST_CASE("an answer that is no list ends the listing") {
    std::string body;
    Conversation talk([&](const Asked&) { return FakeServer::reply(200, body); });
    for (const char* strange : {"[]", R"({"data":{}})", R"({"data":[],"next_cursor":"for ever"})", "<html>"}) {
        body = strange;
        CAPTURE(strange);
        const auto list = list_sagas(talk.calls, false, 10);
        REQUIRE_FALSE(list);
        CHECK(list.error().exit_code == exit_fault);
    }
}

TEST_CASE("actions carry reason and step in the body, and a key") {
    Conversation talk([](const Asked&) { return FakeServer::reply(200, R"({"phase":"forward"})"); });
    CHECK(act_on_saga(talk.calls, {"retry", "ord_1", "", "", false}, "one"));
    CHECK(act_on_saga(talk.calls, {"skip", "ord_1", "paid by \"hand\"", "capture", false}, "two"));
    CHECK(act_on_saga(talk.calls, {"compensate", "ord_1", "fraud", "", true}, "three")->string_at("phase") == "forward");
    const auto asked = talk.server.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].path == "/admin/v1/sagas/ord_1/retry");
    CHECK(asked[0].body == "{}");
    CHECK(asked[1].path == "/admin/v1/sagas/ord_1/skip");
    CHECK(asked[1].body == R"({"reason":"paid by \"hand\"","step":"capture"})");
    CHECK(asked[2].path == "/admin/v1/sagas/ord_1/compensate?dry_run=true");
    CHECK(asked[2].key == "three");
    CHECK(std::ranges::all_of(asked, [](const Asked& each) { return each.method == "POST"; }));
}

TEST_CASE("what nobody can take back is done with consent only, and a compensation is shown first") {
    Conversation talk([](const Asked& asked) {
        return FakeServer::reply(200, asked.path.ends_with("dry_run=true") ? R"({"dry_run":true,"asks":["void_payment"]})" : R"({"phase":"compensating"})");
    });
    std::vector<std::string> shown;
    bool agree = false;
    const Consent consent = [&](const SagaAction&, const JsonValue& plan) {
        shown.push_back(plan.kind == JsonValue::Kind::null ? "" : plan.json());
        return agree;
    };
    const SagaAction compensate{"compensate", "ord_1", "fraud", "", false};
    const SagaAction skip{"skip", "ord_1", "by hand", "capture", false};
    for (const auto& action : {compensate, skip}) CHECK(act_with_consent(talk.calls, action, "k", consent).error().exit_code == exit_usage);
    REQUIRE(talk.server.asked().size() == 1);  // the dry run, and nothing else
    CHECK(talk.server.asked()[0].path == "/admin/v1/sagas/ord_1/compensate?dry_run=true");
    agree = true;
    CHECK(act_with_consent(talk.calls, compensate, "k", consent)->string_at("phase") == "compensating");
    CHECK(act_with_consent(talk.calls, skip, "k", consent));
    CHECK(shown == std::vector<std::string>{R"({"dry_run":true,"asks":["void_payment"]})", "", R"({"dry_run":true,"asks":["void_payment"]})", ""});
    const auto asked = talk.server.asked();
    REQUIRE(asked.size() == 4);
    CHECK(asked[1].key != asked[2].key);
    CHECK(asked[2].path == "/admin/v1/sagas/ord_1/compensate");
    CHECK(asked[3].path == "/admin/v1/sagas/ord_1/skip");
}

TEST_CASE("a retry and a dry run need no consent") {
    Conversation talk([](const Asked&) { return FakeServer::reply(200, "{}"); });
    const Consent never = [](const SagaAction&, const JsonValue&) -> bool { throw std::logic_error("nobody is to be asked"); };
    CHECK(act_with_consent(talk.calls, {"retry", "ord_1", "", "", false}, "one", never));
    CHECK(act_with_consent(talk.calls, {"compensate", "ord_1", "fraud", "", true}, "two", never));
    CHECK(talk.server.asked().size() == 2);
}

TEST_CASE("problems become one line and an exit code") {
    int status = 404;
    Conversation talk([&](const Asked&) { return FakeServer::reply(status, problem("not_found", "no saga of ord_1")); });
    const auto exit_code = [&](int next) {
        status = next;
        const auto answer = show_saga(talk.calls, "ord_1");
        REQUIRE_FALSE(answer);
        return answer.error().exit_code;
    };
    CHECK(show_saga(talk.calls, "ord_1").error().message == "not_found: No such thing: no saga of ord_1; /step unknown (trace 4bf9)");
    for (int each : {404, 409, 412, 422}) CHECK(exit_code(each) == exit_found_wrong);
    for (int each : {400, 401, 403, 405}) CHECK(exit_code(each) == exit_usage);
    CHECK(exit_code(500) == exit_fault);
    CHECK(talk.server.asked().size() == 10);  // none of these was tried again
}

TEST_CASE("an answer of no known shape is shown by its status; an empty one is null") {
    std::string body = "<html>\n<p>long";
    int status = 502;
    Conversation talk([&](const Asked&) { return FakeServer::reply(status, body); });
    CHECK(show_saga(talk.calls, "x").error().message == "the server answers with status 502 <html>");
    status = 204;
    body.clear();
    CHECK(show_saga(talk.calls, "x")->kind == JsonValue::Kind::null);
}

TEST_CASE("a server that is busy is asked again, under the same key") {
    int calls = 0;
    Conversation talk([&](const Asked&) { return ++calls < 3 ? FakeServer::reply(503, "{}") : FakeServer::reply(200, "{}"); });
    CHECK(act_on_saga(talk.calls, {"retry", "ord_1", "", "", false}, "same"));
    const auto asked = talk.server.asked();
    REQUIRE(asked.size() == 3);
    CHECK(std::ranges::all_of(asked, [](const Asked& each) { return each.key == "same"; }));
}

TEST_CASE("a server is found by its URL or its data directory") {
    CHECK(*find_server({"http://127.0.0.1:8080/", "", "k"}) == "http://127.0.0.1:8080");
    CHECK(find_server({"", "", "k"}).error().code == FaultCode::invalid_argument);
    CHECK(find_server({"https://shop", "", "k"}).error().code == FaultCode::invalid_argument);
    CHECK(find_server({"http://127.0.0.1:8080", "", ""}).error().message.find("GRANARY_KEY") != std::string::npos);
    std::string folder = (std::filesystem::temp_directory_path() / "granary-server-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    CHECK(find_server({"", folder, "k"}).error().code == FaultCode::not_found);
    std::ofstream(folder + "/server.url") << "http://127.0.0.1:4711\n";
    CHECK(*find_server({"http://elsewhere:1", folder, "k"}) == "http://127.0.0.1:4711");
    std::filesystem::remove_all(folder);
}

TEST_CASE("objects become a table with a column for each name") {
    const auto list = *parse_json(R"([{"order_id":"a","steps":3},{"order_id":"b","parked":true,"steps":null,"timers":[1]}])");
    const auto table = table_of_objects(list);
    CHECK(render(table, Format::csv) == "order_id,steps,parked,timers\na,3,,\nb,,true,[1]\n");
    CHECK(table.columns[1].numeric);
    CHECK_FALSE(table.columns[2].numeric);
    CHECK(render(table_of_fields(list.items[1]), Format::csv) == "field,value\norder_id,b\nparked,true\nsteps,\ntimers,[1]\n");
}

TEST_CASE("text is encoded for paths and queries") { CHECK(percent_encoded("a-Z_0.~ /?ü") == "a-Z_0.~%20%2F%3F%C3%BC"); }
