// Limits of erasing persons, of telling them what is held about them, and of recording who looked at what; apart from
// core/limits.hpp, since little leans on them.
#pragma once

#include <cstddef>

#include "core/limits.hpp"

namespace granary::limits {

// Personal data and access to it.

inline constexpr Duration erasure_wait_max = hours(24 * 28);     // for orders that are under way; the law wants an answer within a month
inline constexpr Duration erasure_look_min = seconds(10);        // between two looks at them, doubled up to the next
inline constexpr Duration erasure_look_max = hours(1);
inline constexpr std::size_t erasures_in_hand_max = 64;          // of one partition
inline constexpr std::size_t erasures_waiting_max = 8192;        // questions of erasures that wait for an answer, on one node
inline constexpr std::size_t erasure_orders_counted_max = 100;   // orders under way that one look counts
inline constexpr std::size_t person_export_bytes_max = 16 * 1024 * 1024;  // of one answer about one person
inline constexpr std::size_t history_events_shown_max = 10'000;  // of one order, through the API
inline constexpr std::size_t access_batch_max = 256;             // accesses of one principal in one commit
inline constexpr std::size_t accesses_waiting_max = 16'384;      // answers of one node that wait for their record; more are answered 503
inline constexpr Duration access_record_deadline = seconds(5);   // of one batch
inline constexpr std::size_t access_word_bytes_max = 64;         // principal, key, role, operation, trace
inline constexpr std::size_t access_target_bytes_max = 200;

// Keys that several nodes share.

inline constexpr Duration key_topic_deadline = seconds(3);       // of each question and each append, so of one key's making twice that and of its use once
inline constexpr Duration key_follow_pause = milliseconds(250);  // between two looks at what other nodes made and destroyed
inline constexpr std::size_t keys_made_at_once_max = 512;        // in one append
inline constexpr std::size_t keys_waiting_max = 8192;            // requests of one node that wait for a person's first key; more are answered 503
inline constexpr std::size_t key_page_records_max = 4096;        // of one read
inline constexpr std::size_t keys_forgotten_at_once_max = 16;    // destroyed keys that a node takes out of its own files between two looks at the topic
inline constexpr Duration key_topic_roll_max = hours(24);        // segment.ms and max.compaction.lag.ms of the topic: how long a destroyed key may stay in brokers' files, doubled

static_assert(erasure_look_min < erasure_look_max && erasure_look_max < erasure_wait_max);
static_assert(order_time_limit <= erasure_wait_max + hours(24 * 3), "most orders that can be waited for end by themselves");
static_assert(access_record_deadline * 2 < http_handler_deadline, "a batch waits for the one in front of it");
static_assert(key_topic_deadline * 3 < http_handler_deadline, "a key is made, read back, and its command given");
static_assert(access_batch_max * (access_target_bytes_max + 3 * access_word_bytes_max) < commit_bytes_max);

}  // namespace granary::limits
