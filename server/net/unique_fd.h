// UniqueFd: a file descriptor with one owner, closed when the owner goes.
//
//   UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
//   if (fd.get() < 0) { ... errno ... }
//
// Not thread-safe. Moving leaves the source empty; moving into one closes what it held before, at
// once. Closing reports nothing: for sockets and pipes there is nothing to be done about an error,
// and files whose last write matters are synced before.
#pragma once

#include <unistd.h>

#include <utility>

namespace cloudmap {

class UniqueFd {
 public:
  // Empty: get() is -1.
  UniqueFd() = default;
  // Owns `fd`. A negative one, which a failed system call returned, makes it empty.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Release();
    }
    return *this;
  }
  ~UniqueFd() { Close(); }

  int get() const { return fd_; }
  // The caller owns the descriptor from now on, and this is empty.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }

 private:
  void Close() const {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  int fd_ = -1;
};

}  // namespace cloudmap
