// Commands and their answers in the form in which nodes send them to one another (schemas/forwarding.fbs).
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "platform/ports/command_bus.hpp"
#include "schemas/forwarding_messages.hpp"

namespace granary {

forwarding::CommandCallT call_of(const ports::CommandRequest& request);
// unsupported: a command that this build does not know; corrupt: the bytes are no command; invalid_argument: a field is
// longer than its limit.
Result<ports::CommandRequest> request_of(const forwarding::CommandCallT& call);

forwarding::CommandReplyT reply_of(const ports::CommandAnswer& answer);
// corrupt: the bytes are no answer. `elsewhere` is no answer to a command, and corrupt, too.
Result<ports::CommandAnswer> answer_of(const forwarding::CommandReplyT& reply);

std::string encode(const forwarding::CommandBatchT& batch);
std::string encode(const forwarding::ReplyBatchT& batch);
std::string encode(const forwarding::LetGoCallT& call);
std::string encode(const forwarding::LetGoReplyT& reply);
// corrupt: the bytes don't verify.
Result<forwarding::CommandBatchT> decode_command_batch(std::string_view bytes);
Result<forwarding::ReplyBatchT> decode_reply_batch(std::string_view bytes);
Result<forwarding::LetGoCallT> decode_let_go_call(std::string_view bytes);
Result<forwarding::LetGoReplyT> decode_let_go_reply(std::string_view bytes);

// An answer that nothing was done, or that nobody knows.
ports::CommandAnswer unavailable_answer(FaultCode code, std::string why);
ports::CommandAnswer unknown_answer(std::string why);

}  // namespace granary
