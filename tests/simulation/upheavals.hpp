// What befalls a whole world now and then: all nodes are upgraded, one after another, or a stored record is changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/history.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/surroundings.hpp"

namespace granary::simulation {

// A node of the old release, from then on, until the world's time `until`.
struct OldRelease {
    std::string node;
    Duration until{INT64_MAX};
};

// In the world's time: when a record of the log was another.
struct Changed {
    Duration from, until;
    bool meets(Duration sent_at, Duration answered_at) const { return answered_at >= from && sent_at <= until; }
};

class Upheavals {
  public:
    Upheavals(Surroundings& around, std::vector<std::unique_ptr<Node>>& nodes) : around_(around), nodes_(nodes) {}

    // Before the nodes start; `span` is how long there are troubles.
    void plan(Duration span);
    // The troubles are over: everybody runs the new release, the level is raised, and the record is as it was.
    void make_peace();
    bool is_damaged() const { return damage_.has_value(); }

    // When a record was changed, if one was.
    const std::optional<Changed>& changed() const { return changed_; }

    // By node, for the checker of levels.
    const std::vector<OldRelease>& old_releases() const { return old_; }
    // Of a partition without a Format record.
    std::uint32_t unmarked() const { return unmarked_; }
    // What went wrong while a record was changed.
    const Findings& findings() const { return findings_; }

  private:
    void plan_upgrade(Duration span);
    void upgrade(std::size_t number);
    void raise_level();
    void plan_damage(Duration span);
    void change_a_record();
    void look_for_burials();

    Surroundings& around_;
    std::vector<std::unique_ptr<Node>>& nodes_;
    std::vector<OldRelease> old_;
    std::uint32_t unmarked_ = unmarked_format_level;
    bool upgrades_ = false;
    struct Damage {
        Position position;
        SharedBytes sound;
        Digest head_before;   // what the changed record extends
        std::size_t records;  // of its partition when it was changed
    };
    std::optional<Damage> damage_;
    std::optional<Changed> changed_;
    Findings findings_;
};

}  // namespace granary::simulation
