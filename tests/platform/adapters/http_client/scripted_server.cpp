// Blocking POSIX sockets on one thread: the order of what happens is the order of the script.
#include "tests/platform/adapters/http_client/scripted_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace granary::tests {
namespace {

sockaddr* erased(sockaddr_in& address) {
    void* const pointer = &address;
    return static_cast<sockaddr*>(pointer);
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<Part> parts) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, erased(address), length);
    ::listen(listener_, 16);
    ::getsockname(listener_, erased(address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(parts)] { run(script); });
}

ScriptedServer::~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    wait();
    ::close(listener_);
}

void ScriptedServer::wait() {
    if (thread_.joinable()) thread_.join();
}

std::string ScriptedServer::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

std::vector<std::string> ScriptedServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void ScriptedServer::run(const std::vector<Part>& parts) {
    for (const Part& part : parts) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        unread_.clear();
        play(connection, part);
        ::close(connection);
    }
}

void ScriptedServer::play(int connection, const Part& part) {
    for (const std::string& line : part) {
        if (!read_request(connection)) return;
        if (line == reset) {
            const linger hard{1, 0};
            ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            return;
        }
        if (line == silence) {
            while (read_request(connection)) {
            }
            return;
        }
        ::send(connection, line.data(), line.size(), MSG_NOSIGNAL);
    }
}

bool ScriptedServer::read_request(int connection) {
    const auto whole = [&]() -> std::size_t {
        const std::size_t end = unread_.find("\r\n\r\n");
        if (end == std::string::npos) return 0;
        const std::size_t field = unread_.find("content-length: ");
        const std::size_t body = field < end ? std::strtoul(unread_.c_str() + field + 16, nullptr, 10) : 0;
        return unread_.size() >= end + 4 + body ? end + 4 + body : 0;
    };
    std::size_t size = 0;
    while ((size = whole()) == 0) {
        char buffer[4096];
        const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        unread_.append(buffer, static_cast<std::size_t>(count));
    }
    const std::lock_guard lock(mutex_);
    requests_.push_back(unread_.substr(0, size));
    unread_.erase(0, size);
    return true;
}

}  // namespace granary::tests
