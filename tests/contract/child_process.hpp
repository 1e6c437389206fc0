// Runs the child program of the contract tests and reads what it prints, line by line, so that it can be killed mid-way.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "core/check.hpp"

namespace granary::tests {

class ChildProcess {
  public:
    explicit ChildProcess(std::vector<std::string> command) {
        int ends[2];
        GRANARY_CHECK(::pipe(ends) == 0);
        std::vector<char*> arguments;
        for (auto& word : command) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        pid_ = ::fork();
        GRANARY_CHECK(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::dup2(ends[1], STDERR_FILENO);
            ::close(ends[0]);
            ::close(ends[1]);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        out_ = ::fdopen(ends[0], "r");
        GRANARY_CHECK(out_ != nullptr);
    }
    ~ChildProcess() {
        if (pid_ > 0) kill();
        std::fclose(out_);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // Without the newline; nullopt once the child is gone and everything is read. What a kill tore off is left out.
    std::optional<std::string> line() {
        std::string text;
        for (int c = std::fgetc(out_); c != EOF; c = std::fgetc(out_)) {
            if (c == '\n') return text;
            text += static_cast<char>(c);
        }
        return std::nullopt;
    }
    void kill() {
        ::kill(pid_, SIGKILL);
        wait();
    }
    // The status as waitpid gives it.
    int wait() {
        int status = 0;
        GRANARY_CHECK(::waitpid(pid_, &status, 0) == pid_);
        pid_ = -1;
        return status;
    }

  private:
    pid_t pid_ = -1;
    std::FILE* out_ = nullptr;
};

}  // namespace granary::tests
