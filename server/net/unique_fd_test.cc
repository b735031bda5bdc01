#include "server/net/unique_fd.h"

#include <fcntl.h>

#include "gtest/gtest.h"

namespace cloudmap {
namespace {

UniqueFd OpenNull() { return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesWhenItsOwnerGoes) {
  int number = -1;
  {
    const UniqueFd fd = OpenNull();
    number = fd.get();
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFd, MovingIntoOneClosesWhatItHeldAtOnce) {
  UniqueFd a = OpenNull();
  UniqueFd b = OpenNull();
  const int of_a = a.get();
  const int of_b = b.get();
  a = std::move(b);
  EXPECT_FALSE(IsOpen(of_a)) << "not kept open in the source";
  EXPECT_EQ(a.get(), of_b);
  EXPECT_EQ(b.get(), -1);  // NOLINT(bugprone-use-after-move): empty is promised
}

TEST(UniqueFd, ReleaseLeavesItToTheCaller) {
  UniqueFd fd = OpenNull();
  const int number = fd.Release();
  fd = UniqueFd();
  EXPECT_TRUE(IsOpen(number));
  close(number);
}

}  // namespace
}  // namespace cloudmap
