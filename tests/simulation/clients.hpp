// The clients of a simulated world: they put commands to any node, and ask again under the same id until they are told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/journal.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/surroundings.hpp"

namespace granary::simulation {

struct ClientFaults {  // thousandths of all tries
    std::uint32_t answer_lost = 0;
    std::uint32_t impatient = 0;  // asks again before the answer came
    std::uint32_t gives_up = 0;   // never learns what became of it
};

class Clients {
  public:
    Clients(Surroundings& around, std::vector<std::unique_ptr<Node>>& nodes) : around_(around), nodes_(nodes) {}

    ClientFaults faults;
    // `told` hears the final answer, or nothing if the client gives up.
    using Told = std::function<void(const Asked&, const ports::CommandAnswer&)>;
    void ask(Command command, Told told = {});
    // `body`: another number stands for another body of the request under the same key.
    void ask(CommandId id, Command command, Told told = {}, std::uint64_t body = 0);
    // With the version that the client has seen.
    void ask_at(Command command, std::uint64_t expected_version, Told told = {});
    // From a house: background, and given up after so many tries as a house makes.
    void tell(const Callback& callback);

    CommandId fresh_id();
    const Journal& journal() const { return journal_; }
    std::size_t open() const { return open_; }

  private:
    struct Try;

    void begin(ports::CommandRequest request, Told told, std::uint32_t tries_max);
    void attempt(const std::shared_ptr<Try>& what);
    void again(const std::shared_ptr<Try>& what);
    void take(const std::shared_ptr<Try>& what, const ports::CommandAnswer& answer);
    void end(const std::shared_ptr<Try>& what);

    Surroundings& around_;
    std::vector<std::unique_ptr<Node>>& nodes_;
    Journal journal_;
    std::size_t open_ = 0;
    std::uint64_t next_id_ = 1;
};

}  // namespace granary::simulation
