// Turns options into an open log.
#include "tools/granary/log_choice.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/host/log_standing.hpp"
#include "platform/host/logging.hpp"
#include "tools/granary/data_directory.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t password_bytes_max = 4096;

std::string folder_of(const std::string& data) { return DataDirectory{data}.log(); }

rocks::LogOptions embedded_options(const EmbeddedPlace& place) {
    rocks::LogOptions options;
    options.path = folder_of(place.data);
    options.disk = place.disk;
    options.disk_free_min_bytes = place.disk_free_min_bytes;
    options.last_words = [](std::string_view why) { logging::write(logging::Level::error, "the log can't be written: ending", {{"why", why}}); };
    return options;
}

Result<std::string> read_password(const LogChoice& choice) {
    if (choice.password_file.empty()) {
        const char* set = std::getenv("GRANARY_KAFKA_PASSWORD");
        return std::string(set == nullptr ? "" : set);
    }
    std::ifstream file(choice.password_file);
    std::string password;
    if (!std::getline(file, password) || password.empty() || password.size() > password_bytes_max) {
        return fault(FaultCode::invalid_argument, "no password can be read from the first line of " + choice.password_file);
    }
    return password;
}

// An embedded log lies in a data directory; which one has to be said.
Status check_data(const LogChoice& choice, const std::string& data) {
    if (choice.on_kafka() || !data.empty()) return {};
    return fault(FaultCode::invalid_argument, "an embedded log is found by --data DIR; one on Kafka by --log kafka --kafka-brokers HOST:PORT,...");
}

}  // namespace

void add_log_options(CLI::App& verb, LogChoice& choice) {
    verb.add_option("--log", choice.kind, "where the log is kept")->check(CLI::IsMember({"embedded", "kafka"}))->envname("GRANARY_LOG");
    verb.add_option("--topic,--kafka-topic", choice.topic, "the log's topic")->envname("GRANARY_KAFKA_TOPIC")->group("Kafka");
    add_kafka_options(verb, choice);
}

void add_kafka_options(CLI::App& verb, LogChoice& choice) {
    verb.add_option("--kafka-brokers", choice.brokers, "HOST:PORT,HOST:PORT of Kafka brokers")->envname("GRANARY_KAFKA_BROKERS")->group("Kafka");
    verb.add_flag("--kafka-tls", choice.tls, "encrypt, and check the brokers' certificates")->group("Kafka");
    verb.add_option("--kafka-ca", choice.security.ca_file, "PEM file of the authorities that sign the brokers' certificates")->group("Kafka");
    verb.add_option("--kafka-certificate", choice.security.certificate_file, "PEM file of this client's certificate")->group("Kafka");
    verb.add_option("--kafka-certificate-key", choice.security.key_file, "PEM file of its key")->group("Kafka");
    verb.add_option("--kafka-sasl", choice.security.mechanism, "how to log in")->check(CLI::IsMember({"SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"}))->group("Kafka");
    verb.add_option("--kafka-user", choice.security.user, "as whom to log in")->envname("GRANARY_KAFKA_USER")->group("Kafka");
    verb.add_option("--kafka-password-file", choice.password_file, "its first line is the password; otherwise GRANARY_KAFKA_PASSWORD is")->group("Kafka");
    verb.add_option("--kafka-set", choice.client_settings, "NAME=VALUE: one more setting of the client library")->group("Kafka");
    verb.add_flag("--allow-single-broker", choice.allow_single_broker, "for development: make do with fewer than three replicas")->group("Kafka");
}

Result<kafka::LogOptions> kafka_options(const LogChoice& choice) {
    if (choice.brokers.empty()) return fault(FaultCode::invalid_argument, "a log on Kafka needs --kafka-brokers HOST:PORT,...");
    auto password = read_password(choice);
    if (!password) return std::unexpected(std::move(password.error()));
    kafka::LogOptions options;
    options.brokers = choice.brokers;
    options.topic = choice.topic;
    options.security = choice.security;
    options.security.transport = choice.tls ? kafka::Transport::tls : kafka::Transport::plain;
    options.security.password = std::move(*password);
    options.allow_single_broker = choice.allow_single_broker;
    options.counters = choice.counters;
    for (const auto& setting : choice.client_settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0) return fault(FaultCode::invalid_argument, "--kafka-set takes NAME=VALUE");
        options.client_settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    options.notice = [](std::string_view text) { logging::write(logging::Level::warning, text); };
    return options;
}

std::string name_of_log(const LogChoice& choice, const std::string& data) { return choice.on_kafka() ? "kafka:" + choice.brokers + "/" + choice.topic : folder_of(data); }

Status create_log(const LogChoice& choice, const std::string& data, const ports::LogIdentity& identity) {
    if (auto named = check_data(choice, data); !named) return named;
    if (!choice.on_kafka()) return rocks::create_log(embedded_options({.data = data}), identity);
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    return kafka::create_log(*options, identity);
}

namespace {

Result<std::unique_ptr<ports::Log>> open_or_make(const LogChoice& choice, const EmbeddedPlace& place, ports::Random& random) {
    if (choice.on_kafka()) {
        const auto options = kafka_options(choice);
        if (!options) return std::unexpected(options.error());
        return kafka::open_log(*options);
    }
    const auto options = embedded_options(place);
    auto log = rocks::open_log(options);
    if (log || log.error().code != FaultCode::not_found) return log;
    if (const auto created = rocks::create_log(options, {uuid_v8(random.bits()), place.partitions}); !created) return std::unexpected(created.error());
    return rocks::open_log(options);
}

}  // namespace

Result<std::unique_ptr<ports::Log>> open_log(const LogChoice& choice, const EmbeddedPlace& place, ports::Random& random) {
    auto log = open_or_make(choice, place, random);
    if (!log) return log;
    if (auto goes_on = check_goes_on_here(**log); !goes_on) {
        return fault(goes_on.error().code, name_of_log(choice, place.data) + " can't be served: " + goes_on.error().message);
    }
    return log;
}

Result<std::unique_ptr<ports::Log>> open_log_to_append(const LogChoice& choice, const std::string& data) {
    if (auto named = check_data(choice, data); !named) return std::unexpected(std::move(named.error()));
    if (!choice.on_kafka()) return rocks::open_log(embedded_options({.data = data}));
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    return kafka::open_log(*options);
}

Status make_live(const LogChoice& choice, const std::string& data) {
    if (!choice.on_kafka()) return rocks::make_live(folder_of(data));
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    return kafka::make_live(*options);
}

Result<std::unique_ptr<ports::Log>> open_log_to_read(const LogChoice& choice, const std::string& data) {
    if (auto named = check_data(choice, data); !named) return std::unexpected(std::move(named.error()));
    if (!choice.on_kafka()) return rocks::open_log_read_only(folder_of(data));
    const auto options = kafka_options(choice);
    if (!options) return std::unexpected(options.error());
    return kafka::open_log_read_only(*options);
}

}  // namespace granary::cli
