// What operators' verbs send to a server, and what becomes of its answers.
#include "tools/granary/saga_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

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
    CHECK(asked[0].path == "/admin/v1/sagas?limit=5&parked=true");
    CHECK(asked[1].path == "/admin/v1/sagas?limit=3&parked=true&cursor=c%2B%2F1");
    CHECK(asked[2].path == "/admin/v1/sagas?limit=2");
    CHECK(asked[0].authorization == "Bearer k1");
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
