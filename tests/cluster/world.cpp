// Starts and ends nodes in the order in which the program does.
#include "tests/cluster/world.hpp"

#include <doctest/doctest.h>

#include "platform/host/cluster/let_go_call.hpp"

namespace granary::test {

ClusterNode::ClusterNode(Surroundings& around, Disk& disk, std::uint16_t life, std::string url)
    : around_(around), url_(std::move(url)), log_(around.log, life), client_(around.network.client()) {
    auto owners = OwnerDirectory::open(disk.state, cluster_partitions);
    REQUIRE(owners);
    owners_ = std::move(*owners);
    peers_ = std::make_unique<PeerCalls>(*client_, around.clock, std::string(cluster_secret));
    const auto identity = around.log.identity();
    const auto note = [this](Position position, const envelope::ClaimT& claim) { owners_->note(position.partition, {position.offset, claim.node, claim.url}); };
    auto views = projections::ProjectionHost::start({.log = log_, .store = disk.views, .clock = around.clock, .claim_seen = note});
    REQUIRE(views);
    views_ = std::move(*views);
    const auto ask = [this, identity](Partition partition, const std::string& whom, std::function<void(ports::LetGoAnswer)> done) {
        ask_to_let_go(*peers_, identity, around_.clock.now(), partition, whom, std::move(done));
    };
    auto host = command_side::CommandHost::start({.log = log_, .store = disk.state, .clock = around.clock, .node = url_, .url = url_, .threads = 2,
                                                  .hold_all = false, .owners = owners_.get(), .held = &held_, .ask_to_let_go = ask});
    REQUIRE(host);
    local_.host = std::move(*host);
    membership_ = around.group.member(url_);
    bus_ = std::make_unique<RoutingBus>(RoutingBusOptions{&local_, held_, *owners_, *peers_, around.clock, identity, url_,
                                                          [this] { return membership_->peers(); }});
    desk_ = std::make_unique<PeerDesk>(PeerDeskOptions{local_, held_, *owners_, around.clock, identity, std::string(cluster_secret),
                                                       [this](Partition partition, std::function<void(ports::LetGo)> reply) { local_.host->let_go(partition, std::move(reply)); }});
    auto saga_host = sagas::SagaHost::start({.log = log_, .store = disk.sagas, .bus = *bus_, .provider = around.outside, .carrier = around.outside,
                                             .sealer = around.outside, .eraser = around.outside, .clock = around.clock, .hold_all = false});
    REQUIRE(saga_host);
    sagas_ = std::move(*saga_host);
    held_.listen([this](Partition partition, bool owned) { sagas_->hold(partition, owned); });
    around.network.connect(url_, *desk_);
    membership_->join([this](const ports::Suggestion& suggestion) { local_.host->suggest(suggestion); });
}

ClusterNode::~ClusterNode() { kill(); }

void ClusterNode::end() {
    ended_ = true;
    held_.stop_listening();
    (void)sagas_->stop(milliseconds(200));
    (void)local_.host->stop(milliseconds(200));
    around_.network.disconnect(url_);
    bus_->close();
    client_.reset();
    (void)views_->stop(seconds(10));
}

void ClusterNode::shut_down() {
    if (ended_) return;
    membership_->leave();
    local_.host->suggest({});
    (void)local_.host->wait_until_ready({});
    (void)sagas_->stop(seconds(10));
    (void)local_.host->stop(seconds(10));
    end();
}

void ClusterNode::kill() {
    if (ended_) return;
    log_.forget();
    around_.network.disconnect(url_);
    membership_->leave();
    end();
}

void ClusterNode::stall() {
    log_.cut();
    around_.network.stall(url_, true);
    around_.group.lose_session(url_, false);
}

void ClusterNode::wake() {
    log_.join_again();
    around_.network.stall(url_, false);
    around_.group.regain_session(url_);
}

}  // namespace granary::test
