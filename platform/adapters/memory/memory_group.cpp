// Spreads partitions over the members that have a session, partition by partition in turn.
#include "platform/adapters/memory/memory_group.hpp"

#include <algorithm>
#include <utility>

namespace granary::memory {

class MemoryMember final : public ports::Membership {
  public:
    MemoryMember(MemoryGroup& group, std::string url) : group_(group), url_(std::move(url)) {}
    ~MemoryMember() override { leave(); }

    void join(std::function<void(const ports::Suggestion&)> told) override { group_.add(url_, std::move(told)); }
    void leave() override { group_.remove(url_); }
    std::vector<std::string> peers() const override {
        const std::scoped_lock lock(group_.mutex_);
        std::vector<std::string> urls;
        for (const auto& member : group_.members_) urls.push_back(member.url);
        return urls;
    }

  private:
    MemoryGroup& group_;
    const std::string url_;
};

std::unique_ptr<ports::Membership> MemoryGroup::member(std::string url) { return std::make_unique<MemoryMember>(*this, std::move(url)); }

void MemoryGroup::add(const std::string& url, std::function<void(const ports::Suggestion&)> told) {
    const std::scoped_lock lock(mutex_);
    members_.push_back({url, std::move(told)});
    spread();
}

void MemoryGroup::remove(const std::string& url) {
    const std::scoped_lock lock(mutex_);
    if (std::erase_if(members_, [&](const Member& member) { return member.url == url; }) > 0) spread();
}

void MemoryGroup::lose_session(const std::string& url, bool tell) {
    const std::scoped_lock lock(mutex_);
    for (auto& member : members_) {
        if (member.url != url) continue;
        member.session = false;
        member.deaf = !tell;
    }
    spread();
}

void MemoryGroup::regain_session(const std::string& url) {
    const std::scoped_lock lock(mutex_);
    for (auto& member : members_) {
        if (member.url != url) continue;
        member.session = true;
        member.deaf = false;
    }
    spread();
}

void MemoryGroup::spread() {
    std::vector<Member*> present;
    for (auto& member : members_) {
        if (member.session) present.push_back(&member);
    }
    std::vector<ports::Suggestion> shares(present.size(), ports::Suggestion{true, {}});
    for (std::uint32_t i = 0; i < partitions_ && !present.empty(); ++i) shares[i % shares.size()].partitions.push_back({i});
    // Who loses is told before who gains, as a broker does.
    for (auto& member : members_) {
        if (!member.session && !member.deaf) member.told({});
    }
    for (std::size_t i = 0; i < present.size(); ++i) present[i]->told(shares[i]);
}

}  // namespace granary::memory
