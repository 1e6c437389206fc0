// Look-ups in requests, and the rule that every request is answered.
#include "gateway/http/message.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace granary::http {
namespace {

class FunctionSink final : public Responder::Sink {
  public:
    explicit FunctionSink(std::move_only_function<void(Response)> done) : done_(std::move(done)) {}
    void answer(std::uint64_t, Response&& response) noexcept override { done_(std::move(response)); }

  private:
    std::move_only_function<void(Response)> done_;
};

Response unanswered() {
    Response response;
    response.status = 500;
    response.headers.add("Content-Type", "application/problem+json");
    response.body = R"({"type":"about:blank","title":"Internal Server Error","status":500,"code":"unanswered"})";
    return response;
}

}  // namespace

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
    }
    return "";
}

const std::string* Headers::find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Header::name);
    return found == fields_.end() ? nullptr : &found->value;
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(fields_, name, &Header::name));
}

void Headers::add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const Header& field) { return field.name == name; });
    fields_.push_back({std::string(name), std::move(value)});
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

const std::string* Request::query_value(std::string_view name) const {
    const auto found = std::ranges::find(query, name, &QueryParameter::name);
    return found == query.end() ? nullptr : &found->value;
}

Responder::Responder(std::move_only_function<void(Response)> done)
    : sink_(std::make_shared<FunctionSink>(std::move(done))) {}

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this == &other) return *this;
    if (sink_) std::exchange(sink_, nullptr)->answer(sequence_, unanswered());
    sink_ = std::move(other.sink_);
    sequence_ = other.sequence_;
    return *this;
}

Responder::~Responder() {
    if (sink_) std::exchange(sink_, nullptr)->answer(sequence_, unanswered());
}

void Responder::operator()(Response response) {
    GRANARY_CHECK(sink_ != nullptr);
    std::exchange(sink_, nullptr)->answer(sequence_, std::move(response));
}

}  // namespace granary::http
