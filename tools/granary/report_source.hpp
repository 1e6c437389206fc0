// Where a report's figures come from: a server, the views of a data directory, or a folder of views.
#pragma once

#include <string>
#include <utility>

#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/past/view_folder.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

struct ReportSource {
    ServerArguments server;
    std::string view_dir;  // made by `projection build`; goes before the others
};

// From the server that is named, or that runs on the data directory.
template <class FromServer>
auto ask_server_of(const ReportSource& source, FromServer from_server) -> decltype(from_server(std::declval<ServerCalls&>())) {
    const auto url = find_server(source.server);
    if (!url) return std::unexpected(failure_of(url.error()));
    const auto client = http_client::make_http_client();
    ServerCalls server(*client, *url, source.server.key);
    return from_server(server);
}

// From the folder of views, from the views in the data directory (a server that has these open does not stand in the way, they
// are read as they were a moment ago), or from the server that is named.
template <class FromServer, class FromStore>
auto ask(const ReportSource& source, FromServer from_server, FromStore from_store) -> decltype(from_store(std::declval<const ports::Store&>())) {
    if (!source.view_dir.empty()) {
        const auto folder = ViewFolder::open(source.view_dir);
        if (!folder) return std::unexpected(failure_of(folder.error()));
        return from_store(folder->store());
    }
    if (!source.server.data.empty()) {
        const auto store = rocks::open_store_read_only({.path = DataDirectory{source.server.data}.views(), .derived = true});
        if (!store) return std::unexpected(failure_of(store.error()));
        return from_store(**store);
    }
    return ask_server_of(source, from_server);
}

}  // namespace granary::cli
