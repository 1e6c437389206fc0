// Ends a process between two of its own effects: once the fuse has burnt down, nothing more of it gets out or is kept.
#pragma once

#include <cstdint>

namespace granary::simulation {

class Fuse {
  public:
    // The process ends right before the effect number `effects` from now.
    void light(std::uint64_t effects) { left_ = effects; }
    void blow() { blown_ = true; }
    bool blown() const { return blown_; }
    // To be asked before each effect: true when it does not happen any more.
    bool stops() {
        if (left_ != 0 && --left_ == 0) blown_ = true;
        return blown_;
    }

  private:
    std::uint64_t left_ = 0;  // 0: not lit
    bool blown_ = false;
};

}  // namespace granary::simulation
