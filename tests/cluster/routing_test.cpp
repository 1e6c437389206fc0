// The way from node to node: what is signed, what is read, and what a client is told when the way fails.
#include <doctest/doctest.h>

#include <random>

#include "core/limits.hpp"
#include "core/routing.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/cluster/command_wire.hpp"
#include "platform/host/cluster/let_go_call.hpp"
#include "platform/host/cluster/owner_directory.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "schemas/command_codec.hpp"
#include "tests/cluster/network.hpp"

namespace granary::test {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

constexpr std::string_view secret = "a secret of at least thirty-two bytes";
const ports::LogIdentity the_log{{5, 6}, 4};

ports::CommandRequest sample_request(std::string_view sku = "APPLE") {
    catalog::CreateProductT create;
    create.sku = Sku::from_stored(std::string(sku));
    create.name = "an apple";
    ports::CommandRequest request;
    request.command = catalog::Command(std::move(create));
    request.id = {{1, 2}};
    request.fingerprint = {{3, 4}};
    request.expected_version = 0;
    request.correlation = {{5, 6}};
    request.causation = {{7, 8}};
    request.not_before = {9};
    request.occurred_at = {10};
    request.actor = "key_1";
    request.traceparent = "00-trace";
    request.deadline = seconds(3);
    return request;
}

CommandAnswer accepted_answer() {
    CommandAnswer answer;
    answer.outcome = CommandOutcome::accepted;
    answer.position = {{2}, {17}};
    answer.version = 3;
    Commit commit;
    commit.meta.stream_kind = 1;
    commit.meta.stream_key = "k";
    commit.meta.routing_key = "k";
    commit.meta.first_version = 3;
    commit.meta.command_id = {{1, 2}};
    catalog::ProductRetiredT retired;
    retired.sku = Sku::from_stored("APPLE");
    commit.events.push_back({catalog::Event(retired), {}});
    answer.commit = std::move(commit);
    return answer;
}

struct ShiftedClock final : ports::Clock {
    Time now() const override { return real.now() + shift; }
    Duration monotonic() const override { return real.monotonic(); }
    SystemClock real;
    Duration shift;
};

// A node that answers what it is told to answer.
struct Peer : ports::CommandBus {
    Peer(Network& network, std::string the_url) : url(std::move(the_url)) {
        desk = std::make_unique<PeerDesk>(PeerDeskOptions{*this, held, *owners, clock, the_log, std::string(secret), [this](Partition, auto reply) { reply(let_go); }});
        network.connect(url, *desk);
    }
    void submit(ports::CommandRequest request, std::function<void(CommandAnswer)> done) override {
        seen.push_back(std::move(request));
        done(answer);
    }
    void hold_all() {
        for (std::uint32_t i = 0; i < the_log.partitions; ++i) held.set({i}, Hold::owned);
    }
    void names_owner(const std::string& whom) {
        for (std::uint32_t i = 0; i < the_log.partitions; ++i) owners->note({i}, {{++claims}, "n", whom});
    }

    std::string url;
    ShiftedClock clock;
    memory::MemoryStore store;
    std::unique_ptr<OwnerDirectory> owners = std::move(*OwnerDirectory::open(store, the_log.partitions));
    HeldPartitions held{the_log.partitions};
    CommandAnswer answer = accepted_answer();
    ports::LetGo let_go = ports::LetGo::gone;
    std::vector<ports::CommandRequest> seen;
    std::int64_t claims = 0;
    std::unique_ptr<PeerDesk> desk;
};

// The node whose bus is under test.
struct Sender : Peer {
    explicit Sender(Network& network, std::string_view the_secret = secret)
        : Peer(network, "http://self"), client(network.client()), calls(*client, clock, std::string(the_secret)),
          bus({this, held, *owners, calls, clock, the_log, url, [this] { return others; }}) {}
    CommandAnswer ask(ports::CommandRequest request = sample_request()) {
        std::optional<CommandAnswer> heard;
        bus.submit(std::move(request), [&](CommandAnswer given) {
            REQUIRE_FALSE(heard);
            heard = std::move(given);
        });
        REQUIRE(heard);
        return std::move(*heard);
    }
    std::vector<std::string> others;
    std::unique_ptr<ports::HttpClient> client;
    PeerCalls calls;
    RoutingBus bus;
};

TEST_CASE("a command and its answer arrive as they were sent") {
    const auto sent = sample_request();
    const auto got = request_of(call_of(sent));
    REQUIRE(got);
    CHECK(name_of(got->command) == name_of(sent.command));
    CHECK(encode_payload(got->command) == encode_payload(sent.command));
    CHECK(got->id == sent.id);
    CHECK(got->fingerprint == sent.fingerprint);
    CHECK(got->expected_version == sent.expected_version);
    CHECK(got->correlation == sent.correlation);
    CHECK(got->causation == sent.causation);
    CHECK(got->not_before == sent.not_before);
    CHECK(got->occurred_at == sent.occurred_at);
    CHECK(got->actor == sent.actor);
    CHECK(got->traceparent == sent.traceparent);
    CHECK(got->deadline == sent.deadline);
    const auto answer = answer_of(reply_of(accepted_answer()));
    REQUIRE(answer);
    CHECK(answer->position == Position{{2}, {17}});
    CHECK(encode_commit(*answer->commit) == encode_commit(*accepted_answer().commit));
    CommandAnswer refused;
    refused.outcome = CommandOutcome::refused;
    refused.refusal = {RefusalCode::out_of_stock, "/quantity", "sold out"};
    CHECK(answer_of(reply_of(refused))->refusal.detail == "sold out");
    const auto unavailable = answer_of(reply_of(unavailable_answer(FaultCode::disk_full, "full")));
    CHECK(unavailable->fault.code == FaultCode::disk_full);
    CHECK(unavailable->retry_after == limits::command_retry_after);
}

TEST_CASE("bytes that were changed on the way are refused or read, and never believed to be longer than they are") {
    forwarding::CommandBatchT batch;
    batch.calls.push_back(std::make_unique<forwarding::CommandCallT>(call_of(sample_request())));
    const std::string bytes = encode(batch);
    std::mt19937 random(1);
    std::size_t refused = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string changed = bytes.substr(0, i % 3 == 0 ? random() % bytes.size() : bytes.size());
        if (!changed.empty()) changed[random() % changed.size()] = static_cast<char>(random());
        const auto read = decode_command_batch(changed);
        if (!read) ++refused;
        if (read && !read->calls.empty()) (void)request_of(*read->calls.front());
    }
    CHECK(refused > 500);
    auto call = call_of(sample_request());
    call.name = "launch_rocket";
    CHECK(request_of(call).error().code == FaultCode::unsupported);
    call = call_of(sample_request());
    call.actor.assign(limits::actor_bytes_max + 1, 'x');
    CHECK(request_of(call).error().code == FaultCode::invalid_argument);
    auto reply = reply_of(accepted_answer());
    reply.commit.clear();
    CHECK_FALSE(answer_of(reply));
}

TEST_CASE("a signature holds for one target, one body, one secret and a window of time") {
    const Time now{1'700'000'000'000'000};
    const auto signature = sign_peer_call(secret, commands_target, "body", now);
    CHECK(is_signed_by_peer(signature, secret, commands_target, "body", now + minutes(1)));
    CHECK_FALSE(is_signed_by_peer(signature, secret, let_go_target, "body", now));
    CHECK_FALSE(is_signed_by_peer(signature, secret, commands_target, "bodz", now));
    CHECK_FALSE(is_signed_by_peer(signature, "another secret of thirty-two bytes..", commands_target, "body", now));
    CHECK_FALSE(is_signed_by_peer(signature, secret, commands_target, "body", now + limits::peer_clock_window + seconds(1)));
    CHECK_FALSE(is_signed_by_peer(signature, secret, commands_target, "body", now - limits::peer_clock_window - seconds(1)));
    for (const std::string_view bad : {"", "t=", "t=1,v1=", "t=x,v1=00", "v1=00,t=1", "t=-5,v1=00"}) CHECK_FALSE(is_signed_by_peer(bad, secret, commands_target, "body", now));
    CHECK(sign_peer_reply(secret, signature, "a") != sign_peer_reply(secret, signature, "b"));
    CHECK(sign_peer_reply(secret, signature, "a") != sign_peer_reply(secret, "t=1,v1=0", "a"));
}

TEST_CASE("a command is decided here when the partition is held here, else by its owner") {
    Network network(1);
    Sender self(network);
    Peer owner(network, "http://owner");
    owner.hold_all();
    self.names_owner(owner.url);
    CHECK(self.ask().outcome == CommandOutcome::accepted);
    REQUIRE(owner.seen.size() == 1);
    CHECK(owner.seen.front().id == sample_request().id);
    CHECK(self.seen.empty());
    self.hold_all();
    CHECK(self.ask().outcome == CommandOutcome::accepted);
    CHECK(owner.seen.size() == 1);
    CHECK(self.seen.size() == 1);
}

TEST_CASE("when the way fails a client is told what is known, and no more") {
    Network network(1);
    Sender self(network);
    Peer owner(network, "http://owner");
    owner.hold_all();
    // Nobody is known.
    CHECK(self.ask().outcome == CommandOutcome::unavailable);
    self.names_owner(owner.url);
    // It did it, and its answer was lost; or it may have.
    network.lose_answers(1);
    CHECK(self.ask().outcome == CommandOutcome::unknown);
    CHECK(owner.seen.size() == 1);
    network.lose_answers(0);
    network.stall(owner.url, true);
    CHECK(self.ask().outcome == CommandOutcome::unknown);
    network.disconnect(owner.url);
    const auto gone = self.ask();
    CHECK(gone.outcome == CommandOutcome::unavailable);
    CHECK(gone.retry_after == limits::command_retry_after);
    CHECK(self.bus.counts().failed == 4);
    self.bus.close();
    CHECK(self.ask().outcome == CommandOutcome::unavailable);
}

TEST_CASE("one redirect is followed, a second one is not, and whoever is asked first may be anybody") {
    Network network(1);
    Sender self(network);
    Peer old(network, "http://old"), owner(network, "http://owner");
    self.others = {self.url, old.url};
    old.names_owner(owner.url);
    owner.hold_all();
    CHECK(self.ask().outcome == CommandOutcome::accepted);
    CHECK(self.bus.counts().redirected == 1);
    for (std::uint32_t i = 0; i < the_log.partitions; ++i) owner.held.set({i}, Hold::away);
    owner.names_owner(old.url);
    CHECK(self.ask().outcome == CommandOutcome::unavailable);
    CHECK(owner.seen.size() == 1);
    CHECK(old.seen.empty());
}

// What a node knows of owners is lost with the power, and a claim is read but once.
TEST_CASE("who is believed to own and does not, and knows nobody, is not asked for ever: the others are, in turn") {
    Network network(1);
    Sender self(network);
    Peer a(network, "http://a");
    Peer b(network, "http://b");
    Peer c(network, "http://c");
    self.names_owner("http://a");
    a.names_owner("http://a");
    self.others = {"http://a", "http://b", "http://c", "http://self"};
    c.hold_all();
    std::size_t tries = 0;
    while (tries < 10 && self.ask().outcome == CommandOutcome::unavailable) ++tries;
    CHECK(tries <= self.others.size());
    CHECK(c.seen.size() == 1);
    // It is found at once from then on,
    CHECK(self.ask().outcome == CommandOutcome::accepted);
    // and a newer claim is believed again.
    b.hold_all();
    self.names_owner("http://b");
    CHECK(self.ask().outcome == CommandOutcome::accepted);
    CHECK(b.seen.size() == 1);
    CHECK(a.seen.empty());
}

TEST_CASE("a wrong name is not followed for ever either, and who does not answer is passed by") {
    Network network(1);
    Sender self(network);
    Peer a(network, "http://a");
    Peer b(network, "http://b");
    Peer c(network, "http://c");
    self.names_owner("http://a");
    a.names_owner("http://b");
    b.names_owner("http://b");
    self.others = {"http://a", "http://b", "http://c", "http://gone"};
    c.hold_all();
    std::size_t tries = 0;
    while (tries < 10 && self.ask().outcome != CommandOutcome::accepted) ++tries;
    CHECK(tries <= self.others.size() + 1);
    CHECK(c.seen.size() == 1);
}

TEST_CASE("who does not know the secret, or serves another log, gets nothing done") {
    Network network(1);
    Sender stranger(network, "not the secret, but as long as it is");
    Peer owner(network, "http://owner");
    owner.hold_all();
    stranger.names_owner(owner.url);
    CHECK(stranger.ask().outcome == CommandOutcome::unavailable);
    CHECK(owner.seen.empty());
    const auto status_of = [&](std::string_view target, const std::string& body) {
        int status = 0;
        owner.desk->handle(target, sign_peer_call(secret, target, body, owner.clock.now()), body, [&](const PeerReply& reply) { status = reply.status; });
        return status;
    };
    forwarding::CommandBatchT batch;
    batch.log_hi = 1;
    batch.calls.push_back(std::make_unique<forwarding::CommandCallT>(call_of(sample_request())));
    CHECK(status_of(commands_target, encode(batch)) == 409);
    batch.log_hi = the_log.id.hi;
    batch.log_lo = the_log.id.lo;
    batch.partition = 4;
    CHECK(status_of(commands_target, encode(batch)) == 400);
    CHECK(status_of(commands_target, "nonsense") == 400);
    CHECK(status_of("/internal/v1/other", "") == 404);
    CHECK(owner.seen.empty());
}

TEST_CASE("an owner is asked to let go over the wire; a clock that is off gets a no") {
    Network network(1);
    Sender self(network);
    Peer owner(network, "http://owner");
    std::optional<ports::LetGoAnswer> heard;
    const auto ask = [&](Time now) { ask_to_let_go(self.calls, the_log, now, {1}, owner.url, [&](ports::LetGoAnswer answer) { heard = answer; }); };
    ask(self.clock.now());
    CHECK(heard->outcome == ports::LetGo::gone);
    CHECK(heard->clock);
    owner.let_go = ports::LetGo::kept;
    ask(self.clock.now());
    CHECK(heard->outcome == ports::LetGo::kept);
    owner.let_go = ports::LetGo::gone;
    for (const Duration off : {limits::claim_clock_skew_max + seconds(5), limits::peer_clock_window * 2}) {
        for (const Duration wrong : {off, Duration{-off.us}}) {
            heard.reset();
            self.clock.shift = wrong;
            ask(self.clock.now());
            CHECK(heard->outcome == ports::LetGo::kept);
            CHECK(heard->clock);
        }
    }
    self.clock.shift = {};
    network.disconnect(owner.url);
    ask(self.clock.now());
    CHECK(heard->outcome == ports::LetGo::unreachable);
}

TEST_CASE("every command has a name of its own") {
    std::set<std::string_view> names;
    std::size_t count = 0;
    const auto collect = [&]<class... Context>(std::variant<Context...>*) {
        const auto of_context = [&]<class One, class... Native>(One*, std::variant<Native...>*) {
            ((names.insert(name_of(Command(One(Native())))), ++count), ...);
        };
        (of_context(static_cast<Context*>(nullptr), static_cast<Context*>(nullptr)), ...);
    };
    collect(static_cast<Command*>(nullptr));
    CHECK(names.size() == count);
    CHECK(count > 20);
}

}  // namespace
}  // namespace granary::test
