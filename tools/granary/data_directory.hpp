// What lies where in a data directory, and how a verb finds the server that works on it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace granary::cli {

// DATA/log       the log: the only source of truth, with its secrets in DATA/keys
// DATA/keys      personal keys, secrets, API keys: back these up with the log
// DATA/state     checkpoints of the command side      } derived from the log:
// DATA/sagas     states and timers of sagas           } deleted, they are made again
// DATA/views     read models                          }
// DATA/snapshots views as they were at some moments, which builds of later moments begin from; made by hand, deleted by hand
// DATA/house     the books of the house payment provider and the house carrier
// DATA/server.url  where the running server answers; removed when it stops
struct DataDirectory {
    std::filesystem::path root;

    std::string log() const { return (root / "log").string(); }
    std::string keys() const { return (root / "keys").string(); }
    std::string state() const { return (root / "state").string(); }
    std::string sagas() const { return (root / "sagas").string(); }
    std::string views() const { return (root / "views").string(); }
    std::string snapshots() const { return (root / "snapshots").string(); }
    std::string house() const { return (root / "house").string(); }
    std::string server_url() const { return (root / "server.url").string(); }
};

// Makes the folder, readable by its owner only.
Status make_data_directory(const DataDirectory& data);

// Written atomically (a file beside it, then a rename).
Status write_server_url(const DataDirectory& data, const std::string& url);
void remove_server_url(const DataDirectory& data);
// The URL that a running, or killed, server left; nullopt when there is none.
std::optional<std::string> read_server_url(const DataDirectory& data);

}  // namespace granary::cli
