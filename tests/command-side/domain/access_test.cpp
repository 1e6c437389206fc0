// What was seen is recorded, batch by batch; nothing but its form is looked at.
#include "command-side/domain/access.hpp"

#include "core/privacy_limits.hpp"
#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::access;

namespace {

using Accesses = scenario::Scenario<AccessStateT, Event, Command>;

template <class Message>
Message batch(std::size_t count) {
    Message message;
    message.principal = "key_00000000000000010000000000000001";
    message.day = "2023-11-14";
    message.key = message.principal;
    message.role = "auditor";
    for (std::size_t i = 0; i < count; ++i) {
        auto access = std::make_unique<AccessT>();
        access->operation = "getOrder";
        access->target = "/v1/orders/ord_00000000000000010000000000000001";
        access->status = 200;
        access->at = scenario::now - seconds(static_cast<std::int64_t>(i));
        access->trace_id = "0af7651916cd43dd8448eb211c80319c";
        message.accesses.push_back(std::move(access));
    }
    return message;
}
RecordAccessesT record(std::size_t count = 1) { return batch<RecordAccessesT>(count); }

}  // namespace

TEST_CASE("accesses are recorded as they came, each batch one event") {
    Accesses accesses;
    accesses.when(record(3)).then({batch<AccessesRecordedT>(3)}).when(record(2)).then({batch<AccessesRecordedT>(2)});
    CHECK(accesses.state().accesses == 5);
    CHECK(Accesses().when(record(limits::access_batch_max)).decision().has_value());
}

TEST_CASE("accesses refuse by precedence") {
    const std::string long_word(limits::access_word_bytes_max + 1, 'x');
    auto c = record(2);
    c.accesses[1]->trace_id = long_word;
    Accesses().when(c).refused(RefusalCode::limit_exceeded, "/accesses/1/trace_id");
    c.accesses[1]->target.assign(limits::access_target_bytes_max + 1, 'x');
    Accesses().when(c).refused(RefusalCode::limit_exceeded, "/accesses/1/target");
    c.accesses[1]->operation.clear();
    Accesses().when(c).refused(RefusalCode::invalid, "/accesses/1/operation");
    Accesses().when(record(limits::access_batch_max + 1)).refused(RefusalCode::limit_exceeded, "/accesses");
    c = record(0);
    Accesses().when(c).refused(RefusalCode::invalid, "/accesses");
    c.role = long_word;
    Accesses().when(c).refused(RefusalCode::limit_exceeded, "/role");
    c.key = long_word;
    Accesses().when(c).refused(RefusalCode::limit_exceeded, "/key");
    for (const char* wrong : {"", "2023-11-14T", "2023-11-31", "14.11.2023", "2023-1-14"}) {
        c.day = wrong;
        Accesses().when(c).refused(RefusalCode::invalid, "/day");
    }
    c.principal = "a/b";
    Accesses().when(c).refused(RefusalCode::invalid, "/principal");
    c.principal.clear();
    Accesses().when(c).refused(RefusalCode::invalid, "/principal");
}

TEST_CASE("a batch happened when its first access did, never later than it is committed") {
    CHECK(occurred_at(record(3), scenario::now) == scenario::now - seconds(2));
    CHECK(occurred_at(record(1), scenario::now - seconds(9)) == scenario::now - seconds(9));
}
