// Plain HTTP request and response, as every route and middleware sees them; no third-party type is named here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace granary::http {

// The methods that are understood; any other is refused with 501 before a request exists.
enum class Method { get, head, post, put, patch, del, options };

// `GET`, `DELETE`, ...
std::string_view name_of(Method method);

struct Header {
    std::string name;  // lower case in a request; written as given in a response
    std::string value;
};

// Header fields in the order of arrival. Look-ups are linear and compare names exactly: pass lower case.
class Headers {
  public:
    // The first value under this name, or null.
    const std::string* find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    void add(std::string name, std::string value);
    // Replaces every field of this name by one.
    void set(std::string_view name, std::string value);
    void clear() { fields_.clear(); }
    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

  private:
    std::vector<Header> fields_;
};

// One decoded `name=value` of a query; a name without `=` has an empty value.
struct QueryParameter {
    std::string name;
    std::string value;
};

// A request that has passed the framer: lengths agree, every text is valid UTF-8 without NUL, and the fields
// Host, Content-Length, Content-Type, Authorization, Idempotency-Key and Expect occur at most once.
struct Request {
    Method method = Method::get;
    std::string target;                  // as sent, in origin form: `/v1/orders/ord_1?limit=2` (or `*` for OPTIONS)
    std::vector<std::string> segments;   // the path split at `/` and then decoded, so a segment may hold a `/`; `/` has none
    std::vector<QueryParameter> query;   // in order, duplicates kept
    Headers headers;
    std::string body;
    std::string peer;                    // `127.0.0.1:51034`
    Time received;                       // when the whole request had been read
    Time deadline;                       // after it the server answers 503 by itself and an answer is ignored

    // The part of `target` before `?`, still percent-encoded.
    std::string_view path() const;
    // The first parameter of this name, or null.
    const std::string* query_value(std::string_view name) const;
};

// The server writes Content-Length, Date and Connection; a handler must not. A field with CR, LF or NUL in it turns
// the answer into a 500, so that text of users can't split a response.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    bool close = false;  // close the connection after this answer
    bool silent = false;  // close it without this answer, as a server that dies would: for tests of those who call
};

// The right, and the duty, to answer one request: move-only, used once, from any thread, now or later. If it is
// destroyed unused, the client gets a 500. Answering after the server has gone does nothing.
class Responder {
  public:
    // Where answers go. answer() is called at most once for a sequence number, from any thread, and must not throw.
    class Sink {
      public:
        virtual ~Sink() = default;
        virtual void answer(std::uint64_t sequence, Response&& response) noexcept = 0;
    };

    Responder() = default;
    Responder(std::shared_ptr<Sink> sink, std::uint64_t sequence) : sink_(std::move(sink)), sequence_(sequence) {}
    // A responder that calls `done`: for middleware that changes an answer on its way out, and for tests of handlers.
    explicit Responder(std::move_only_function<void(Response)> done);
    Responder(Responder&& other) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    void operator()(Response response);
    // True until it has been used or moved from.
    explicit operator bool() const { return sink_ != nullptr; }

  private:
    std::shared_ptr<Sink> sink_;
    std::uint64_t sequence_ = 0;
};

// Called on an io thread of the server, so it must not block; the request is the handler's to keep.
using Handler = std::function<void(Request&&, Responder)>;

}  // namespace granary::http
