#include "base/fault_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"

#ifdef FRAZIL_ENABLE_FAULTS

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <functional>

#include <sys/wait.h>

namespace frazil {
namespace {

// Runs `body` in a process of its own, with faults armed, since they are read only once.
// Returns the wait status of the first event: its exit, its death or its stop.
class ArmedProcess {
 public:
  ArmedProcess(const char* faults, const std::function<bool()>& body) : pid_(::fork()) {
    if (pid_ == 0) {
      ::setenv("FRAZIL_FAULTS", faults, /*overwrite=*/1);
      ::_exit(body() ? 0 : 1);
    }
  }

  [[nodiscard]] int Wait() const {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    return status;
  }
  void Continue() const { ::kill(pid_, SIGCONT); }

 private:
  pid_t pid_;
};

bool ExitedWell(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

TEST(FaultPointTest, WithoutFaultsAPointDoesNothing) {
  const ArmedProcess process("", [] { return FaultPoint("a").has_value(); });
  EXPECT_TRUE(ExitedWell(process.Wait()));
}

TEST(FaultPointTest, AnErrorNamesItsPoint) {
  const ArmedProcess process("a=error", [] {
    const Status status = FaultPoint("a");
    return !status.has_value() && status.error().kind == ErrorKind::kIoError &&
           status.error().message == "fault injected: a" && FaultPoint("b").has_value();
  });
  EXPECT_TRUE(ExitedWell(process.Wait()));
}

TEST(FaultPointTest, WithoutANumberEveryPassageFails) {
  const ArmedProcess process("a=error", [] {
    return !FaultPoint("a").has_value() && !FaultPoint("a").has_value();
  });
  EXPECT_TRUE(ExitedWell(process.Wait()));
}

TEST(FaultPointTest, WithANumberOnlyThatPassageFails) {
  const ArmedProcess process("b=error@1,a=error@2", [] {
    return FaultPoint("a").has_value() && !FaultPoint("a").has_value() &&
           FaultPoint("a").has_value() && !FaultPoint("b").has_value();
  });
  EXPECT_TRUE(ExitedWell(process.Wait()));
}

TEST(FaultPointTest, AKillEndsTheProcessAtOnce) {
  const ArmedProcess process("a=kill@2", [] {
    (void)FaultPoint("a");
    (void)FaultPoint("a");
    return true;
  });
  const int status = process.Wait();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(FaultPointTest, AStoppedProcessGoesOnWhenContinued) {
  const ArmedProcess process("a=stop", [] { return FaultPoint("a").has_value(); });
  const int status = process.Wait();
  ASSERT_TRUE(WIFSTOPPED(status));
  process.Continue();
  EXPECT_TRUE(ExitedWell(process.Wait()));
}

}  // namespace
}  // namespace frazil

#else

namespace frazil {
namespace {

TEST(FaultPointTest, ABuildWithoutFaultsIgnoresThem) {
  EXPECT_THAT(FaultPoint("a"), IsOk());
}

}  // namespace
}  // namespace frazil

#endif
