// Connects the peers' server, client, desk and bus.
#include "tools/granary/cluster.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include "command-side/runtime/command_host.hpp"
#include "core/limits.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "platform/host/cluster/command_wire.hpp"
#include "platform/host/cluster/let_go_call.hpp"

namespace granary::cli {

Result<std::string> read_cluster_secret(const std::string& file) {
    std::error_code error;
    const auto permissions = std::filesystem::status(file, error).permissions();
    if (error) return fault(FaultCode::invalid_argument, "the cluster's secret can't be read: " + file + ": " + error.message());
    if ((permissions & std::filesystem::perms::others_all) != std::filesystem::perms::none) {
        return fault(FaultCode::invalid_argument, "the cluster's secret is open to everybody: chmod 640 " + file);
    }
    std::ifstream input(file, std::ios::binary);
    std::string secret(std::istreambuf_iterator<char>(input), {});
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    if (!input || secret.size() < limits::cluster_secret_bytes_min || secret.size() > limits::cluster_secret_bytes_max) {
        return fault(FaultCode::invalid_argument, "the cluster's secret must be 32 to 4096 bytes: head -c 32 /dev/urandom | base64 > " + file);
    }
    return secret;
}

// The command side, once it is there.
class Cluster::LocalSide final : public ports::CommandBus {
  public:
    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override {
        if (auto* to = host.load()) return to->submit(std::move(request), std::move(done));
        done(unavailable_answer(FaultCode::unavailable, "this node is starting"));
    }
    void let_go(Partition partition, std::function<void(ports::LetGo)> reply) {
        if (auto* to = host.load()) return to->let_go(partition, std::move(reply));
        reply(ports::LetGo::gone);
    }
    std::atomic<command_side::CommandHost*> host = nullptr;
};

Cluster::Cluster(std::string url, std::string secret, const ports::LogIdentity& log, const ports::Clock& clock)
    : url_(std::move(url)), secret_(std::move(secret)), log_(log), clock_(clock), held_(log.partitions), local_(std::make_unique<LocalSide>()),
      client_(http_client::make_http_client()), peers_(std::make_unique<PeerCalls>(*client_, clock, secret_)) {}

Cluster::~Cluster() { stop(); }

Result<std::unique_ptr<Cluster>> Cluster::start(const ClusterOptions& options, std::string secret, ports::Store& state, const ports::LogIdentity& log,
                                                const ports::Clock& clock) {
    if (options.advertise.size() > limits::node_url_bytes_max || (!options.advertise.empty() && !options.advertise.starts_with("http://"))) {
        return fault(FaultCode::invalid_argument, "--advertise takes http://HOST:PORT, as other nodes reach this one");
    }
    std::unique_ptr<Cluster> cluster(new Cluster(options.advertise, std::move(secret), log, clock));
    while (cluster->url_.ends_with('/')) cluster->url_.pop_back();
    auto owners = OwnerDirectory::open(state, log.partitions);
    if (!owners) return std::unexpected(std::move(owners.error()));
    cluster->owners_ = std::move(*owners);
    Cluster* const raw = cluster.get();
    cluster->desk_ = std::make_unique<PeerDesk>(PeerDeskOptions{*raw->local_, raw->held_, *raw->owners_, clock, log, raw->secret_,
                                                                [raw](Partition partition, std::function<void(ports::LetGo)> reply) { raw->local_->let_go(partition, std::move(reply)); }});
    http::ServerOptions server;
    server.listen = options.listen;
    server.body_limit = [](http::Method, std::string_view) { return limits::peer_body_bytes_max; };
    auto started = http::Server::start(std::move(server), [raw](http::Request&& request, http::Responder responder) { raw->answer(std::move(request), std::move(responder)); });
    if (!started) return std::unexpected(std::move(started.error()));
    cluster->server_ = std::move(*started);
    if (cluster->url_.empty()) cluster->url_ = "http://" + cluster->server_->address();
    cluster->bus_ = std::make_unique<RoutingBus>(
        RoutingBusOptions{raw->local_.get(), raw->held_, *raw->owners_, *raw->peers_, clock, log, raw->url_, [raw] { return raw->owners_->urls(); }});
    return cluster;
}

void Cluster::answer(http::Request&& request, http::Responder responder) {
    const std::string* signature = request.headers.find(peer_signature_header);
    const auto shared = std::make_shared<http::Responder>(std::move(responder));
    const std::string_view signed_as = signature == nullptr || request.method != http::Method::post ? std::string_view() : std::string_view(*signature);
    desk_->handle(request.target, signed_as, request.body, [shared](PeerReply reply) {
        http::Response response;
        response.status = reply.status;
        response.headers.add("content-type", "application/octet-stream");
        if (!reply.signature.empty()) response.headers.add(std::string(peer_signature_header), std::move(reply.signature));
        response.body = std::move(reply.body);
        (*shared)(std::move(response));
    });
}

std::function<void(Partition, std::string, std::function<void(ports::LetGoAnswer)>)> Cluster::ask_to_let_go() {
    return [this](Partition partition, const std::string& url, std::function<void(ports::LetGoAnswer)> done) {
        granary::ask_to_let_go(*peers_, log_, clock_.now(), partition, url, std::move(done));
    };
}

void Cluster::attach(command_side::CommandHost& host) { local_->host = &host; }

void Cluster::stop() {
    if (std::exchange(stopped_, true)) return;
    if (server_) server_->stop(seconds(1));
    if (bus_) bus_->close();
    client_.reset();
    local_->host = nullptr;
}

}  // namespace granary::cli
