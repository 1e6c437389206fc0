// Whatever is not certain is `timed_out`: asking again costs little, a wrong success costs money.
#include "platform/adapters/house_rest/rest_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace granary::house_rest {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{64} * 1024;

const boost::json::string* text_member(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains({name.data(), name.size()});
    return value != nullptr ? value->if_string() : nullptr;
}

}  // namespace

struct RestAnswer::Object {
    boost::json::object members;
};

RestAnswer::RestAnswer(std::unique_ptr<Object> object) : object_(std::move(object)) {}
RestAnswer::RestAnswer(RestAnswer&& other) noexcept = default;
RestAnswer& RestAnswer::operator=(RestAnswer&& other) noexcept = default;
RestAnswer::~RestAnswer() = default;

std::optional<RestAnswer> RestAnswer::parse(std::string_view body) {
    if (body.size() > answer_bytes_max) return std::nullopt;
    boost::system::error_code error;
    boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    return RestAnswer(std::make_unique<Object>(Object{std::move(value.get_object())}));
}

std::string RestAnswer::text(std::string_view name) const {
    const auto* found = text_member(object_->members, name);
    return found != nullptr ? std::string(found->data(), found->size()) : std::string();
}

std::optional<Money> RestAnswer::money(std::string_view name) const {
    const boost::json::value* value = object_->members.if_contains({name.data(), name.size()});
    const boost::json::object* object = value != nullptr ? value->if_object() : nullptr;
    if (object == nullptr) return std::nullopt;
    const boost::json::value* amount = object->if_contains("amount");
    const std::int64_t* minor = amount != nullptr ? amount->if_int64() : nullptr;
    const auto* letters = text_member(*object, "currency");
    const auto currency = letters != nullptr ? parse_currency({letters->data(), letters->size()}) : std::nullopt;
    if (minor == nullptr || *minor < 0 || !currency) return std::nullopt;
    return Money{*minor, *currency};
}

std::optional<Time> RestAnswer::time(std::string_view name) const { return parse_rfc3339(text(name)); }

bool Reading::is_refusal() const {
    const std::string code = answer.text("code");
    return (status == 400 || status == 413 || status == 422) && !code.empty() && code != "key_reused";
}

Result<Reading> read_reply(Result<ports::HttpReply> reply) {
    if (!reply) {
        // Of a call that the client refuses as malformed nothing was sent either.
        const bool sent = reply.error().code == FaultCode::timed_out;
        return fault(sent ? FaultCode::timed_out : FaultCode::unavailable, std::move(reply.error().message));
    }
    auto answer = RestAnswer::parse(reply->body);
    if (!answer) return fault(FaultCode::timed_out, "the answer of the other server is no JSON object");
    if (reply->status == 503 && answer->text("code") == "not_done") return fault(FaultCode::unavailable, "the other server is busy");
    if (reply->status >= 500) return fault(FaultCode::timed_out, "the other server failed");
    return Reading{reply->status, std::move(*answer)};
}

std::unexpected<Fault> unexpected_answer() { return fault(FaultCode::timed_out, "the other server gave an answer that this call can't have"); }

ports::HttpCall post_call(std::string url, std::string body, std::string idempotency_key, Duration deadline) {
    ports::HttpCall call{.method = "POST", .url = std::move(url), .headers = {}, .body = std::move(body), .deadline = deadline};
    call.headers.push_back({"Content-Type", "application/json"});
    if (!idempotency_key.empty()) call.headers.push_back({"Idempotency-Key", std::move(idempotency_key)});
    return call;
}

ports::HttpCall get_call(std::string url, Duration deadline) {
    return {.method = "GET", .url = std::move(url), .headers = {}, .body = {}, .deadline = deadline};
}

}  // namespace granary::house_rest
