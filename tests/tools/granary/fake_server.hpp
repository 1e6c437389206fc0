// A server on a real socket whose answers a test decides; it keeps what it was asked.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "gateway/http/server.hpp"

namespace granary::tests {

struct Asked {
    std::string method;
    std::string path;  // with its query
    std::string key;   // Idempotency-Key
    std::string authorization;
    std::string body;
};

class FakeServer {
  public:
    // `answer` runs on the server's only thread, so it needs no lock of its own.
    explicit FakeServer(std::function<http::Response(const Asked&)> answer) : answer_(std::move(answer)) {
        http::ServerOptions options;
        options.body_limit = [](http::Method, std::string_view) { return limits::http_large_body_bytes_max; };
        auto started = http::Server::start(std::move(options), [this](http::Request&& request, http::Responder respond) { respond(take(request)); });
        REQUIRE(started);
        server_ = std::move(*started);
    }

    std::string url() const { return "http://" + server_->address(); }
    std::vector<Asked> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    void stop() { server_->stop({}); }

    static http::Response reply(int status, std::string body, std::vector<http::Header> headers = {}) {
        http::Response response;
        response.status = status;
        response.body = std::move(body);
        for (auto& header : headers) response.headers.add(std::move(header.name), std::move(header.value));
        return response;
    }

  private:
    http::Response take(const http::Request& request) {
        const auto field = [&](std::string_view name) {
            const auto* value = request.headers.find(name);
            return value == nullptr ? std::string() : *value;
        };
        Asked asked{std::string(http::name_of(request.method)), request.target, field("idempotency-key"), field("authorization"), request.body};
        {
            const std::lock_guard lock(mutex_);
            asked_.push_back(asked);
        }
        return answer_(asked);
    }

    std::function<http::Response(const Asked&)> answer_;
    mutable std::mutex mutex_;
    std::vector<Asked> asked_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace granary::tests
