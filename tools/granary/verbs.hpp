// The verbs of the command line: each function adds its subcommands to the program and sets the exit code when one runs.
#pragma once

namespace CLI {
class App;
}

namespace granary::cli {

// Exit codes that every verb keeps to.
inline constexpr int exit_fine = 0;
inline constexpr int exit_found_wrong = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_fault = 3;

// All of them, in the order of --help.
void add_all_verbs(CLI::App& app, int& exit_code);

// `log copy`, below the verb `log`.
void add_log_copy_verb(CLI::App& log, int& exit_code);
// `log verify` and `voids`, below the verb `log`.
void add_log_audit_verbs(CLI::App& log, int& exit_code);
// `saga replay`, below the verb `saga`.
void add_saga_replay_verb(CLI::App& saga, int& exit_code);
// `projection build` and `snapshot`, below the verb `projection`.
void add_projection_past_verbs(CLI::App& projection, int& exit_code);
// `report stock` and `sagas`, below the verb `report`.
void add_standing_report_verbs(CLI::App& report, int& exit_code);
void add_log_verbs(CLI::App& app, int& exit_code);
void add_key_verbs(CLI::App& app, int& exit_code);
void add_projection_verbs(CLI::App& app, int& exit_code);
void add_report_verbs(CLI::App& app, int& exit_code);
void add_saga_verbs(CLI::App& app, int& exit_code);
void add_audit_verbs(CLI::App& app, int& exit_code);
void add_customer_verbs(CLI::App& app, int& exit_code);
void add_history_verbs(CLI::App& app, int& exit_code);
void add_import_verbs(CLI::App& app, int& exit_code);
void add_integration_verbs(CLI::App& app, int& exit_code);
void add_serve_verbs(CLI::App& app, int& exit_code);
void add_house_verbs(CLI::App& app, int& exit_code);
void add_proof_verbs(CLI::App& app, int& exit_code);
void add_export_verbs(CLI::App& app, int& exit_code);

}  // namespace granary::cli
