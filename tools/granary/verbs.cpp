// The table of the program's verbs.
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

using AddVerbs = void (*)(CLI::App&, int&);

constexpr AddVerbs verbs[] = {add_serve_verbs,      add_import_verbs, add_log_verbs,  add_history_verbs,
                              add_projection_verbs, add_report_verbs, add_saga_verbs, add_key_verbs,
                              add_house_verbs,      add_integration_verbs, add_proof_verbs,
                              add_export_verbs,     add_customer_verbs, add_audit_verbs};

}  // namespace

void add_all_verbs(CLI::App& app, int& exit_code) {
    for (const auto add : verbs) add(app, exit_code);
}

}  // namespace granary::cli
