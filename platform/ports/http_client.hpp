// The port for calling other HTTP servers; exists so that payments can tell "certainly not sent" from "unknown outcome".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

struct HttpField {
    std::string name;  // lower case in a reply
    std::string value;
};

struct HttpCall {
    std::string method = "GET";
    std::string url;  // `http://host:port/path?query`, already percent-encoded
    std::vector<HttpField> headers;  // without Host, Content-Length, Connection: the client writes those
    std::string body;
    Duration deadline = seconds(10);  // from send() to the last byte of the reply, waiting for a connection included
};

struct HttpReply {
    int status = 0;
    std::vector<HttpField> headers;
    std::string body;

    // The first value under this lower-case name, or null.
    const std::string* header(std::string_view name) const;
};

class HttpClient {
  public:
    virtual ~HttpClient() = default;

    // Sends the call and later calls `done` exactly once, on a thread of the client (it must not block), or on the
    // caller's when the call is refused at once. Any status is a reply, not a fault. Faults:
    // - invalid_argument: the URL, method or a header is malformed. Nothing was sent.
    // - unavailable: no byte of the request left this process (no connection, queue full, deadline before sending).
    // - timed_out: at least one byte was sent and no whole, well-formed reply came: the outcome is unknown.
    // A call is sent again by itself only on a fresh connection after a pooled one turned out dead before any byte of
    // a reply, and only if its method is idempotent or it carries an Idempotency-Key.
    virtual void send(HttpCall call, std::function<void(Result<HttpReply>)> done) = 0;
};

// Sends and waits for the outcome; for programs without a loop of their own. Never from a thread of the client.
Result<HttpReply> send_and_wait(HttpClient& client, HttpCall call);

}  // namespace granary::ports
