// Plain POSIX sockets, so that a fault of the server's library can't hide in the test.
#include "tests/gateway/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace granary::tests {
namespace {

template <class Address>
bool connect_to(int socket, const Address& address) {
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    const void* const erased = &storage;
    return ::connect(socket, static_cast<const sockaddr*>(erased), sizeof address) == 0;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, bool ip6) : socket_(::socket(ip6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool connected = false;
    if (ip6) {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_addr = in6addr_loopback;
        address.sin6_port = htons(port);
        connected = connect_to(socket_, address);
    } else {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        connected = connect_to(socket_, address);
    }
    if (!connected) throw std::runtime_error("cannot connect to the server under test");
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void RawClient::end() { ::shutdown(socket_, SHUT_WR); }

// False at the end of the connection. Throws when nothing happens for longer than any working server takes.
bool RawClient::fill() {
    char buffer[16384];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("the server neither answers nor closes");
    if (count <= 0) return false;
    unread_.append(buffer, static_cast<std::size_t>(count));
    return true;
}

RawReply RawClient::receive(bool head_only) {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return {};
    RawReply reply;
    reply.head = unread_.substr(0, end);
    reply.status = std::atoi(reply.head.substr(9, 3).c_str());
    unread_.erase(0, end + 4);
    const std::size_t field = reply.head.find("content-length: ");
    const std::size_t length = field == std::string::npos || head_only ? 0 : std::strtoul(reply.head.c_str() + field + 16, nullptr, 10);
    while (unread_.size() < length)
        if (!fill()) return {};
    reply.body = unread_.substr(0, length);
    unread_.erase(0, length);
    return reply;
}

std::string RawClient::receive_all() {
    while (fill()) {
    }
    return std::exchange(unread_, {});
}

bool RawClient::ended() { return receive_all().empty(); }

}  // namespace granary::tests
