// The library before 2.6.1 sends its own nonce twice in a row where RFC 5802 wants client's and server's together.
#include "platform/adapters/kafka/login.hpp"

#include <string>

namespace granary::kafka {

Status check_login(std::string_view mechanism, int library, std::string_view library_name) {
    constexpr int first_good = 0x02060100;
    if (!mechanism.starts_with("SCRAM") || library >= first_good) return {};
    return fault(FaultCode::unsupported, std::string(mechanism) + " does not work with this machine's client library, librdkafka " + std::string(library_name) +
                                             ", and Kafka 4.0 or later; from librdkafka 2.6.1 on it does. Use --kafka-sasl PLAIN with --kafka-tls, or a client certificate "
                                             "(--kafka-certificate, --kafka-certificate-key): see docs/kafka.md");
}

}  // namespace granary::kafka
