// Field by field; what comes in is checked before it is believed.
#include "platform/host/cluster/command_wire.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "schemas/command_codec.hpp"
#include "schemas/forwarding_tables.h"
#include "schemas/table_codec.hpp"

namespace granary {
namespace {

using forwarding::Outcome;
using ports::CommandAnswer;
using ports::CommandOutcome;

std::vector<std::uint8_t> bytes_of_text(std::string_view text) { return {text.begin(), text.end()}; }
std::string_view text_of_bytes(const std::vector<std::uint8_t>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

constexpr std::array fault_codes = {FaultCode::invalid_argument, FaultCode::not_found, FaultCode::corrupt,   FaultCode::halted,   FaultCode::unavailable,
                                    FaultCode::timed_out,        FaultCode::disk_full, FaultCode::io_error,  FaultCode::conflict, FaultCode::unsupported};

Outcome wire_of(CommandOutcome outcome) {
    switch (outcome) {
        case CommandOutcome::accepted: return Outcome::accepted;
        case CommandOutcome::replayed: return Outcome::replayed;
        case CommandOutcome::unchanged: return Outcome::unchanged;
        case CommandOutcome::refused: return Outcome::refused;
        case CommandOutcome::unavailable: return Outcome::unavailable;
        case CommandOutcome::unknown: return Outcome::unknown;
    }
    return Outcome::unknown;
}

Result<CommandOutcome> outcome_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::accepted: return CommandOutcome::accepted;
        case Outcome::replayed: return CommandOutcome::replayed;
        case Outcome::unchanged: return CommandOutcome::unchanged;
        case Outcome::refused: return CommandOutcome::refused;
        case Outcome::unavailable: return CommandOutcome::unavailable;
        case Outcome::unknown: return CommandOutcome::unknown;
        case Outcome::elsewhere: break;
    }
    return fault(FaultCode::corrupt, "another node's answer has an outcome that is none");
}

}  // namespace

forwarding::CommandCallT call_of(const ports::CommandRequest& request) {
    forwarding::CommandCallT call;
    call.name = name_of(request.command);
    call.payload = bytes_of_text(encode_payload(request.command));
    call.id = request.id;
    call.fingerprint = request.fingerprint;
    call.has_expected_version = request.expected_version.has_value();
    call.expected_version = request.expected_version.value_or(0);
    call.correlation = request.correlation;
    call.causation = request.causation;
    call.not_before = request.not_before;
    call.occurred_at = request.occurred_at;
    call.actor = request.actor;
    call.traceparent = request.traceparent;
    call.deadline_us = request.deadline.us;
    return call;
}

Result<ports::CommandRequest> request_of(const forwarding::CommandCallT& call) {
    auto command = decode_command(call.name, text_of_bytes(call.payload));
    if (!command) return std::unexpected(std::move(command.error()));
    if (call.actor.size() > limits::actor_bytes_max || call.traceparent.size() > limits::traceparent_bytes_max) {
        return fault(FaultCode::invalid_argument, "a field of the command is too long");
    }
    ports::CommandRequest request;
    request.command = std::move(*command);
    request.id = call.id;
    request.fingerprint = call.fingerprint;
    if (call.has_expected_version) request.expected_version = call.expected_version;
    request.correlation = call.correlation;
    request.causation = call.causation;
    request.not_before = call.not_before;
    request.occurred_at = call.occurred_at;
    request.actor = call.actor;
    request.traceparent = call.traceparent;
    request.deadline = std::clamp(Duration{call.deadline_us}, Duration{}, limits::http_handler_deadline - seconds(2));
    return request;
}

forwarding::CommandReplyT reply_of(const CommandAnswer& answer) {
    forwarding::CommandReplyT reply;
    reply.outcome = wire_of(answer.outcome);
    reply.partition = answer.position.partition.number;
    reply.offset = answer.position.offset.number;
    reply.version = answer.version;
    if (answer.commit) reply.commit = bytes_of_text(encode_commit(*answer.commit));
    reply.refusal = static_cast<std::uint16_t>(answer.refusal.code);
    reply.pointer = answer.refusal.pointer;
    reply.detail = answer.refusal.detail;
    reply.fault = name_of(answer.fault.code);
    reply.fault_message = answer.fault.message;
    reply.retry_after_us = answer.retry_after.us;
    return reply;
}

Result<CommandAnswer> answer_of(const forwarding::CommandReplyT& reply) {
    const auto outcome = outcome_of(reply.outcome);
    if (!outcome) return std::unexpected(outcome.error());
    CommandAnswer answer;
    answer.outcome = *outcome;
    answer.position = {{reply.partition}, {reply.offset}};
    answer.version = reply.version;
    const bool has_commit = *outcome == CommandOutcome::accepted || *outcome == CommandOutcome::replayed;
    if (has_commit != !reply.commit.empty()) return fault(FaultCode::corrupt, "another node's answer lacks its commit, or has one too many");
    if (has_commit) {
        auto entry = decode_body(text_of_bytes(reply.commit));
        if (!entry) return std::unexpected(std::move(entry.error()));
        auto* commit = std::get_if<Commit>(&*entry);
        if (commit == nullptr) return fault(FaultCode::corrupt, "another node's answer holds a record that is no commit");
        answer.commit = std::move(*commit);
    }
    answer.refusal = {static_cast<RefusalCode>(reply.refusal), reply.pointer, reply.detail};
    const auto* code = std::ranges::find(fault_codes, std::string_view(reply.fault), [](FaultCode c) { return name_of(c); });
    answer.fault = {code == fault_codes.end() ? FaultCode::unavailable : *code, reply.fault_message};
    answer.retry_after = std::clamp(Duration{reply.retry_after_us}, Duration{}, minutes(1));
    return answer;
}

std::string encode(const forwarding::CommandBatchT& batch) { return write_table(batch); }
std::string encode(const forwarding::ReplyBatchT& batch) { return write_table(batch); }
std::string encode(const forwarding::LetGoCallT& call) { return write_table(call); }
std::string encode(const forwarding::LetGoReplyT& reply) { return write_table(reply); }
Result<forwarding::CommandBatchT> decode_command_batch(std::string_view bytes) { return read_table<forwarding::CommandBatch>(bytes); }
Result<forwarding::ReplyBatchT> decode_reply_batch(std::string_view bytes) { return read_table<forwarding::ReplyBatch>(bytes); }
Result<forwarding::LetGoCallT> decode_let_go_call(std::string_view bytes) { return read_table<forwarding::LetGoCall>(bytes); }
Result<forwarding::LetGoReplyT> decode_let_go_reply(std::string_view bytes) { return read_table<forwarding::LetGoReply>(bytes); }

CommandAnswer unavailable_answer(FaultCode code, std::string why) {
    CommandAnswer answer;
    answer.outcome = CommandOutcome::unavailable;
    answer.fault = {code, std::move(why)};
    answer.retry_after = limits::command_retry_after;
    return answer;
}

CommandAnswer unknown_answer(std::string why) {
    CommandAnswer answer;
    answer.outcome = CommandOutcome::unknown;
    answer.fault = {FaultCode::timed_out, std::move(why)};
    answer.retry_after = limits::command_retry_after;
    return answer;
}

}  // namespace granary
