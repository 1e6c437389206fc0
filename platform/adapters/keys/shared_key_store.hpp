// The keys of nodes that share a log: kept in a topic, wrapped under the cluster's secret, followed by each node into its own store.
// docs/decisions/0084-shared-keys.md says why it is done so.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/key_topic.hpp"
#include "platform/ports/random.hpp"
#include "platform/ports/store.hpp"

namespace granary {

struct SharedKeyOptions {
    ports::KeyTopic& topic;  // all four outlive the key store
    ports::Store& store;     // this node's copy of the topic; may be lost, and is made anew then
    const ports::Clock& clock;
    ports::Random& random;
    Uuid log;            // whose keys these are
    std::string secret;  // of the cluster
    // Told what an operator should know, from any thread.
    std::function<void(std::string_view)> notice = {};
};

// Opens the key store and reads the topic to its end. Thread-safe.
// Making a key: an append that several wait for together, and a look at what is stored in front of it. Destroying one: a mark that is
// never taken away, then its keys are taken out of the topic, and leave the brokers' files within twice KeyTopic::rolls_after.
// Using one: a look-up in a bounded cache or one read of the store; the topic is asked only about persons of whom it has said nothing yet.
// Data that was sealed under keys which can be worked out from the secret opens until its person is erased, in a log that has such.
// not_found: the topic has not been begun; conflict: it, or the store, has the keys of another log.
Result<std::unique_ptr<ports::KeyStore>> open_shared_key_store(SharedKeyOptions options);

// Of a store that such a key store has left, or keeps, and that is only read: nothing is made or destroyed (unsupported), and what the node has not
// heard yet is not known. not_found: it is no such store.
Result<std::unique_ptr<ports::KeyStore>> open_shared_key_store_to_read(const ports::Store& store, std::string secret);

// Begins the topic of a log's keys; `derived_before`: the log has personal data under keys worked out from the secret. Nothing is done
// when it was begun for this log before. conflict: for another one.
Status begin_shared_keys(ports::KeyTopic& topic, ports::Random& random, Uuid log, bool derived_before);

}  // namespace granary
