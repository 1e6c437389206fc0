// Every limit of the system, by name. A limit that another leans on is asserted against it below.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.hpp"

namespace granary::limits {

// The log
inline constexpr std::uint32_t partitions_default = 64;
inline constexpr std::uint32_t partitions_max = 4096;
inline constexpr std::size_t commit_bytes_max = 900 * 1024;      // checked before append
inline constexpr std::size_t record_bytes_max = commit_bytes_max + 1024;
inline constexpr std::size_t events_per_commit_max = 4096;
inline constexpr std::size_t in_flight_max = 1024;               // unacknowledged commits of one partition's owner
inline constexpr std::size_t log_read_bytes_max = 4 * 1024 * 1024;  // one page of a log read
inline constexpr std::size_t log_read_records_max = 8192;
inline constexpr std::size_t void_tail_max = 64 * in_flight_max;  // void records behind the last one that counts, when a claim is made
inline constexpr std::size_t log_queue_records_max = 65536;      // appends waiting for the embedded log's writer
inline constexpr std::size_t log_queue_bytes_max = 128 * 1024 * 1024;
inline constexpr std::size_t log_group_records_max = 8192;       // one group commit
inline constexpr std::size_t log_group_bytes_max = 8 * 1024 * 1024;
inline constexpr std::uint64_t disk_free_min_bytes = 256ULL * 1024 * 1024;  // under this, commands are refused

// Commands
inline constexpr std::size_t shard_queue_max = 16384;            // commands waiting at one node's command side
inline constexpr std::size_t live_aggregates_max = 65536;        // cached aggregates of one shard host
inline constexpr std::size_t checkpoint_commits_max = 8192;      // commits between two checkpoints of a shard
inline constexpr Duration checkpoint_interval = seconds(2);
inline constexpr std::size_t uncheckpointed_commits_max = 4 * checkpoint_commits_max;  // a failing store stops deciding here
inline constexpr std::size_t deciding_batch_max = 512;           // commands whose state is loaded together
inline constexpr std::size_t shard_aggregates_min = 1024;        // cached aggregates that one shard may always keep
inline constexpr Duration shard_tick = milliseconds(50);         // how late a shard may notice a deadline
inline constexpr Duration shard_retry = milliseconds(200);       // after a passing fault of the log or the store
inline constexpr Duration claim_retry_max = seconds(5);          // the pause between two claims doubles up to this
inline constexpr Duration claim_back_off = seconds(10);          // silence of another owner before its partition is claimed
inline constexpr Duration command_retry_after = seconds(1);      // what an `unavailable` answer asks for
inline constexpr Duration disk_check_interval = seconds(1);
inline constexpr std::size_t idempotency_key_bytes_max = 255;
inline constexpr std::size_t actor_bytes_max = 128;
inline constexpr std::size_t traceparent_bytes_max = 55;

// Domain
inline constexpr std::size_t order_lines_max = 2000;  // the largest real order known to us has 1,114
inline constexpr std::int64_t quantity_max = 10'000'000;         // per line, per stock command
inline constexpr std::int64_t price_ten_thousandths_max = 100'000'000'0000;    // 100 million units
inline constexpr std::int64_t order_total_ten_thousandths_max = 1'000'000'000'000'0000;
inline constexpr std::int64_t stock_quantity_max = 1'000'000'000'000;
inline constexpr std::size_t open_reservations_max = 20'000;     // of one SKU in one warehouse
inline constexpr std::size_t product_name_bytes_max = 200;
inline constexpr std::size_t product_description_bytes_max = 4000;
inline constexpr std::size_t reason_bytes_max = 200;
inline constexpr std::size_t payment_token_bytes_max = 128;
inline constexpr std::size_t external_reference_bytes_max = 64;
inline constexpr std::size_t personal_text_bytes_max = 500;      // each personal field before sealing
inline constexpr std::size_t sealed_bytes_max = 8 * 1024;
inline constexpr std::size_t person_keys_cached_max = 32'768;    // of one process, 48 bytes each
inline constexpr std::size_t refunds_per_payment_max = 100;
inline constexpr std::size_t shipment_progress_max = 200;        // carrier updates of one shipment
inline constexpr std::size_t payment_submissions_max = 20;       // payment tokens given for one order
inline constexpr std::int64_t shipment_pieces_max = static_cast<std::int64_t>(order_lines_max) * quantity_max;
inline constexpr Duration clock_skew_max = minutes(5);           // how far another system's clock may be ahead of ours

// Sagas
inline constexpr Duration reservation_time_limit = minutes(15);
inline constexpr Duration payment_time_limit = minutes(10);
inline constexpr Duration order_time_limit = hours(24 * 30);
inline constexpr Duration shipment_silence_max = hours(6);       // then the carrier is asked how far a parcel is
inline constexpr std::size_t saga_attempts_max = 12;             // of one command or effect that went wrong before the instance is parked
inline constexpr std::size_t saga_unavailable_max = 320;         // tries of one effect, about four hours, that found the other system away before it is parked
inline constexpr std::size_t saga_in_flight_max = 4096;          // unanswered commands and effects of one saga host
inline constexpr std::size_t saga_open_actions_max = 8192;       // of one partition, unanswered, before orders wait to be begun
inline constexpr std::size_t saga_live_instances_max = 32768;    // cached instances of one saga host
inline constexpr std::size_t saga_busy_share = 4;                // of a runner's cached instances, one in so many has jobs in hand while others wait to be begun
inline constexpr std::size_t saga_busy_min = 32;                  // jobs in hand of one partition before orders wait, however small its cache
inline constexpr std::size_t saga_waiting_max = 262'144;          // orders of one partition that wait to be begun in memory; those beyond wait in the store
inline constexpr std::size_t saga_read_bytes_max = 256 * 1024;   // of log, in one step of a runner
inline constexpr std::size_t saga_list_max = 1000;               // instances in one page of a listing
inline constexpr Duration saga_retry_min = milliseconds(250);    // doubled with every attempt, spread by half
inline constexpr Duration saga_retry_max = seconds(60);
inline constexpr Duration saga_answer_timeout = seconds(60);     // then an effect is reconciled, a command asked again
inline constexpr std::size_t expiries_in_flight_max = 256;       // reservations of one partition that are being ended
inline constexpr Duration saga_timer_horizon = minutes(20);      // timers due later stay in the store

// Views and queries
inline constexpr std::size_t page_size_default = 20;
inline constexpr std::size_t page_size_max = 100;
inline constexpr Duration freshness_wait_max = seconds(3);
inline constexpr std::size_t position_tokens_max = 16;           // positions in one Granary-Min-Position
inline constexpr std::size_t freshness_waiters_max = 4096;       // requests that wait for the views of one node
inline constexpr std::size_t list_scan_max = 1000;               // rows that one page may pass over
inline constexpr std::size_t fold_partition_bytes = 256 * 1024;  // of log that one partition adds to one batch of the views
inline constexpr std::size_t fold_batch_bytes = 2 * 1024 * 1024;  // of log in one batch of the views
inline constexpr std::size_t view_cache_bytes = 24 * 1024 * 1024;  // rows that one view keeps at hand
inline constexpr std::size_t rebuild_segment_bytes = 64 * 1024 * 1024;  // of log that a rebuild folds in memory before it writes
inline constexpr std::size_t view_differences_max = 100;         // differing keys that one comparison names
inline constexpr Duration between_steps_wait_max = seconds(30);  // of an operator's request to a projector at work
inline constexpr std::size_t rebuild_threads_max = 16;
inline constexpr Duration fold_retry_min = milliseconds(20);     // after a failed batch, doubled up to the next
inline constexpr Duration fold_retry_max = seconds(2);

static_assert(payment_time_limit < reservation_time_limit, "a payment must end while its stock is still reserved");
static_assert(reservation_time_limit < order_time_limit && shipment_silence_max < order_time_limit);
static_assert(saga_in_flight_max < shard_queue_max, "sagas alone must not fill the command side's queue");
static_assert(reservation_time_limit < saga_timer_horizon);
static_assert(record_bytes_max > commit_bytes_max);
static_assert(log_queue_records_max >= in_flight_max && log_queue_bytes_max > log_group_bytes_max, "one partition's owner must never fill the queue");
static_assert(log_read_bytes_max > record_bytes_max, "a page must hold at least one record");
static_assert(quantity_max <= stock_quantity_max);
static_assert(checkpoint_commits_max < uncheckpointed_commits_max);
static_assert(deciding_batch_max <= in_flight_max);
static_assert(page_size_max <= list_scan_max);
static_assert(fold_partition_bytes <= fold_batch_bytes);

// HTTP server: what one request and one connection may take.
inline constexpr std::size_t http_header_bytes_max = std::size_t{16} * 1024;  // request line and fields together
inline constexpr std::size_t http_headers_max = 100;
inline constexpr std::size_t http_target_bytes_max = std::size_t{8} * 1024;
inline constexpr std::size_t http_body_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t http_large_body_bytes_max = std::size_t{1024} * 1024;  // orders
inline constexpr std::size_t http_connections_max = 4096;
inline constexpr std::size_t http_pipeline_max = 32;
inline constexpr Duration http_header_timeout = seconds(10);
inline constexpr Duration http_body_timeout = seconds(30);
inline constexpr Duration http_idle_timeout = seconds(60);
inline constexpr Duration http_handler_deadline = seconds(30);
static_assert(http_target_bytes_max < http_header_bytes_max);
static_assert(http_body_bytes_max <= http_large_body_bytes_max);

// Gateway: what one body, key or window may hold.
inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_nodes_max = 32768;              // values in one body: an order of the most lines has 14,000
inline constexpr std::size_t json_members_max = 64;              // of one object
inline constexpr std::size_t body_errors_max = 50;               // named in one problem
inline constexpr Duration callback_window = minutes(5);
inline constexpr std::size_t callback_event_id_bytes_max = 64;
inline constexpr Duration prefer_wait_max = seconds(10);
inline constexpr std::size_t order_waits_max = 2048;             // clients that wait for the end of their order
inline constexpr std::size_t keys_in_flight_max = 65536;         // commands of clients that are under way at one gateway
inline constexpr std::size_t rate_buckets_max = 65536;
inline constexpr std::size_t api_keys_max = 100'000;
inline constexpr std::size_t api_key_name_bytes_max = 64;
inline constexpr Duration api_key_check_interval = seconds(1);   // a new or revoked key is noticed within this
static_assert(order_lines_max * 7 < json_nodes_max);
static_assert(prefer_wait_max < http_handler_deadline && freshness_wait_max < http_handler_deadline);

// HTTP client: what one server's answer and one server's connections may take.
inline constexpr std::size_t http_reply_header_bytes_max = std::size_t{32} * 1024;
inline constexpr std::size_t http_reply_body_bytes_max = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t http_connections_per_host_max = 64;
inline constexpr std::size_t http_idle_connections_per_host_max = 64;
inline constexpr std::size_t http_calls_waiting_max = 4096;
inline constexpr Duration http_connect_timeout = seconds(5);
inline constexpr Duration http_client_idle_timeout = seconds(30);
// The client lets go of an idle connection before the server would, so that a pooled one is seldom stale.
static_assert(http_client_idle_timeout < http_idle_timeout);

// Calls to payment providers and carriers, and the house's own ones.
inline constexpr Duration provider_call_deadline = seconds(5);
inline constexpr std::uint32_t circuit_failures_to_open = 20;
inline constexpr Duration circuit_pause_first = milliseconds(500);
inline constexpr Duration circuit_pause_max = seconds(15);
inline constexpr std::uint32_t circuit_probes_max = 2;
inline constexpr std::size_t guarded_calls_in_flight_max = 4096;  // to one server
inline constexpr std::size_t house_requests_waiting_max = 4096;   // of one house
inline constexpr std::size_t house_callbacks_in_flight_max = 512;
inline constexpr std::size_t house_callbacks_waiting_max = 200'000;  // in the book, until they are delivered
inline constexpr std::uint32_t house_callback_attempts_max = 20;
inline constexpr std::size_t house_held_answers_max = 1024;       // that are late or never come on purpose
inline constexpr std::size_t house_book_page_max = 500;
static_assert(guarded_calls_in_flight_max <= http_calls_waiting_max);
static_assert(saga_in_flight_max <= guarded_calls_in_flight_max, "what the sagas may have in flight is never refused for want of room");
static_assert(circuit_pause_first < circuit_pause_max);

// Several nodes: who holds which partition, and commands on their way to another node.
inline constexpr Duration claim_clock_skew_max = minutes(1);     // a clock farther than this from the log's or a peer's time: no claim
inline constexpr Duration let_go_deadline = seconds(1);          // what an old owner may take to answer that it lets go
inline constexpr Duration let_go_retry = milliseconds(500);      // before an owner that keeps its partition is asked again
inline constexpr Duration forward_margin = milliseconds(500);    // for the way there and back, on top of a command's own deadline
inline constexpr std::size_t forward_batch_commands_max = 64;    // in one call to another node, all of one partition
inline constexpr std::size_t forward_batch_bytes_max = 1024 * 1024;  // one more command may come on top
inline constexpr std::size_t forward_batches_in_flight_max = 4;  // of one partition
inline constexpr std::size_t forward_waiting_max = 16384;        // commands of one node that are under way to others
inline constexpr std::size_t peer_body_bytes_max = 4 * 1024 * 1024;
inline constexpr Duration peer_clock_window = minutes(5);        // how old a signed call of another node may be
inline constexpr std::size_t cluster_secret_bytes_min = 32;
inline constexpr std::size_t cluster_secret_bytes_max = 4096;
inline constexpr std::size_t node_url_bytes_max = 255;
inline constexpr std::size_t node_name_bytes_max = 64;
inline constexpr Duration group_session_timeout = seconds(6);    // silence after which a broker takes a node's partitions away
inline constexpr Duration group_heartbeat = seconds(1);
static_assert(forward_batch_bytes_max + commit_bytes_max < peer_body_bytes_max);
static_assert(let_go_deadline + group_session_timeout < claim_back_off);

// Kafka: how long brokers are waited for, and what is kept of their records.
inline constexpr Duration kafka_delivery_timeout = seconds(20);   // then an append's fate is unknown; longer than a leader's failover
inline constexpr Duration kafka_request_timeout = seconds(6);     // one request to one broker, before another is asked
inline constexpr Duration kafka_read_deadline = seconds(10);      // of one page; then the read is unavailable
inline constexpr Duration kafka_end_deadline = seconds(5);        // of asking for the end of a partition
inline constexpr Duration kafka_open_deadline = seconds(30);      // of each step of opening, checking or making a topic
inline constexpr Duration kafka_drain_deadline = seconds(5);      // of a producer that is dropped, for its last reports
inline constexpr Duration kafka_close_deadline = seconds(8);      // of what is in flight when the log is closed
inline constexpr Duration kafka_retry = milliseconds(200);        // between two tries to follow a partition again
inline constexpr std::size_t kafka_tail_bytes = std::size_t{64} * 1024 * 1024;        // newest records kept in memory
inline constexpr std::size_t kafka_fetch_bytes_max = std::size_t{8} * 1024 * 1024;    // prefetched by one reader
inline constexpr std::size_t kafka_range_readers_max = 6;         // reads of older records at once
inline constexpr std::size_t kafka_brokers_bytes_max = 4096;      // of the setting that lists them
static_assert(kafka_request_timeout < kafka_delivery_timeout && kafka_fetch_bytes_max > record_bytes_max);

// Integration events: what is published for other systems.
inline constexpr std::uint32_t integration_partitions_default = 12;  // of each topic
inline constexpr std::size_t integration_prefix_bytes_max = 64;
inline constexpr std::size_t integration_event_bytes_max = std::size_t{2} * 1024 * 1024;  // body, key and attributes; the largest order takes half
inline constexpr std::size_t integration_read_bytes_max = std::size_t{256} * 1024;   // of log, of one partition in one batch
inline constexpr std::size_t integration_batch_bytes_max = std::size_t{4} * 1024 * 1024;  // of events, after which a batch takes no more log
inline constexpr std::size_t integration_queue_events_max = 100'000;  // of one batch, on their way to the brokers
inline constexpr Duration integration_poll = milliseconds(50);      // how late new records may be noticed
inline constexpr Duration integration_publish_deadline = seconds(20);  // of one batch; then it is published again
inline constexpr Duration integration_keep_deadline = seconds(5);   // of keeping the positions of one batch
inline constexpr Duration integration_retry_min = milliseconds(200);  // after a failed turn, doubled up to the next
inline constexpr Duration integration_retry_max = seconds(10);
static_assert(integration_read_bytes_max < integration_batch_bytes_max && integration_batch_bytes_max < log_queue_bytes_max);
static_assert(events_per_commit_max * 2 < integration_queue_events_max, "a batch must hold all messages of one commit");

}  // namespace granary::limits
