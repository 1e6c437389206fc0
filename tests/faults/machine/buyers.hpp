// The people outside the machine: what they ask for, what they were told, and that they ask again until they are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/faults/machine/machine.hpp"
#include "tests/simulation/journal.hpp"

namespace granary::faults {

// Of one world; nothing that they know is ever lost.
class Buyers {
  public:
    Buyers(simulation::Schedule& schedule, Machine& machine, std::uint64_t seed);

    // A little business: stock comes in, some order, some change their mind, some want their money back.
    void do_business();
    // A house tells: in the background, given up after so many tries as a house makes.
    void tell(const simulation::Callback& callback);

    const simulation::Journal& journal() const { return journal_; }
    // Requests without a final answer.
    std::size_t open() const { return open_; }
    // The addresses in clear that orders were placed with.
    const std::map<OrderId, std::string>& addresses() const { return addresses_; }

  private:
    struct Try;
    using Told = std::function<void(const ports::CommandAnswer&)>;

    void ask(Command command, Told told = {});
    void begin(ports::CommandRequest request, Told told, std::uint32_t tries_max);
    void attempt(const std::shared_ptr<Try>& what);
    void take(const std::shared_ptr<Try>& what, const ports::CommandAnswer& answer);
    void place();
    void follow_up(OrderId order);
    void later(Duration most, std::function<void()> what);
    Sku article();
    Uuid fresh();

    simulation::Schedule& schedule_;
    Machine& machine_;
    const std::uint64_t seed_;
    simulation::Journal journal_;
    std::map<OrderId, std::string> addresses_;
    std::size_t open_ = 0;
    std::uint64_t next_ = 1;
};

}  // namespace granary::faults
