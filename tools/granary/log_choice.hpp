// Which log a verb works on, as the command line and the configuration file say it: the embedded one of a data directory, or a
// topic on Kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/ports/disk.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/random.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

struct LogChoice {
    std::string kind = "embedded";  // or kafka
    std::string brokers;
    std::string topic = "granary";
    bool tls = false;
    kafka::Security security;       // but for transport and password, which come from the members beside it
    std::string password_file;      // else GRANARY_KAFKA_PASSWORD; a password never stands on the command line
    std::vector<std::string> client_settings;  // NAME=VALUE
    bool allow_single_broker = false;
    std::shared_ptr<kafka::LogCounters> counters;  // no option: for a node that shows them; may be null

    bool on_kafka() const { return kind == "kafka"; }
};

// --log and the --kafka options; `choice` must outlive the parse.
void add_log_options(CLI::App& verb, LogChoice& choice);
// Only how brokers are found and logged in to.
void add_kafka_options(CLI::App& verb, LogChoice& choice);

// invalid_argument: no brokers, an unreadable password file, a malformed setting. Notices go to the program's log.
Result<kafka::LogOptions> kafka_options(const LogChoice& choice);

// What a person calls this log: its folder, or the topic and its brokers.
std::string name_of_log(const LogChoice& choice, const std::string& data);

// Makes an empty log. `data` is the data directory of an embedded one.
Status create_log(const LogChoice& choice, const std::string& data, const ports::LogIdentity& identity);

// What an embedded log takes besides.
struct EmbeddedPlace {
    std::string data;                // the data directory
    std::uint32_t partitions = 0;    // of one that is made now
    std::shared_ptr<const ports::Disk> disk;
    std::uint64_t disk_free_min_bytes = limits::disk_free_min_bytes;
};

// For a node. An embedded log is made when there is none; one on Kafka has to be there (not_found). conflict: another process has
// it open, or it does not go on here: it is sealed, or a copy.
Result<std::unique_ptr<ports::Log>> open_log(const LogChoice& choice, const EmbeddedPlace& place, ports::Random& random);

// For whoever seals a log or copies into one: neither made when it is missing (not_found) nor asked whether it goes on here.
Result<std::unique_ptr<ports::Log>> open_log_to_append(const LogChoice& choice, const std::string& data);

// The copy is the log from now on; it must not be open.
Status make_live(const LogChoice& choice, const std::string& data);

// Beside whoever else has it open.
Result<std::unique_ptr<ports::Log>> open_log_to_read(const LogChoice& choice, const std::string& data);

}  // namespace granary::cli
