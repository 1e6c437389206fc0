// SCRAM is refused where the library gets it wrong, and nowhere else.
#include <doctest/doctest.h>

#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/adapters/kafka/login.hpp"

using namespace granary;
using kafka::check_login;

TEST_CASE("SCRAM needs librdkafka 2.6.1; the refusal names what to use instead") {
    for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
        for (const int old : {0x020002ff, 0x02060000, 0x020600ff}) {
            const auto refused = check_login(mechanism, old, "2.0.2");
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::unsupported);
            for (const char* word : {mechanism, "2.0.2", "2.6.1", "--kafka-sasl PLAIN with --kafka-tls", "--kafka-certificate"}) {
                CHECK(refused.error().message.find(word) != std::string::npos);
            }
        }
        for (const int good : {0x020601ff, 0x020a00ff, 0x03000000}) CHECK(check_login(mechanism, good, "newer"));
    }
    CHECK(check_login("PLAIN", 0x020002ff, "2.0.2"));
    CHECK(check_login("", 0x020002ff, "2.0.2"));
}

TEST_CASE("the refusal comes before anybody is asked, however the mechanism was set") {
    kafka::LogOptions options;
    options.brokers = "127.0.0.1:1";  // nobody listens there, so this can't end otherwise than at once or late
    options.topic = "shop";
    options.security.mechanism = "SCRAM-SHA-512";
    options.security.user = "granary";
    options.security.password = "secret";
    const auto by_option = kafka::open_log_read_only(options);
    REQUIRE_FALSE(by_option);
    CHECK(by_option.error().message.find("secret") == std::string::npos);
    if (by_option.error().code != FaultCode::unsupported) return;  // this machine's library can do it
    options.security.mechanism.clear();
    options.client_settings = {{"sasl.mechanism", "SCRAM-SHA-256"}};
    CHECK(kafka::open_log_read_only(options).error().code == FaultCode::unsupported);
    options.client_settings = {{"sasl.mechanisms", "SCRAM-SHA-256"}};
    CHECK(kafka::open_log_read_only(options).error().code == FaultCode::unsupported);
}
