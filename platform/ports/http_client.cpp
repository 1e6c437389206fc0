// The synchronous convenience over the HTTP client port.
#include "platform/ports/http_client.hpp"

#include <future>
#include <memory>

namespace granary::ports {

const std::string* HttpReply::header(std::string_view name) const {
    for (const HttpField& field : headers)
        if (field.name == name) return &field.value;
    return nullptr;
}

Result<HttpReply> send_and_wait(HttpClient& client, HttpCall call) {
    // Shared, because the client's thread may still be inside set_value when the wait returns.
    const auto promise = std::make_shared<std::promise<Result<HttpReply>>>();
    auto outcome = promise->get_future();
    client.send(std::move(call), [promise](Result<HttpReply> result) { promise->set_value(std::move(result)); });
    return outcome.get();
}

}  // namespace granary::ports
