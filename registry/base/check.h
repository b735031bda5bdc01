// CLOUDMAP_CHECK: ends the process when something is not so that only a bug can make otherwise.
//
//   CLOUDMAP_CHECK(revision >= state.revision(), "I3: the revision never shrinks");
//
// Prints the place, the condition and the reason to stderr and aborts. It stays on in release: a
// restart is cheap and the store is the truth, while a server that goes on would write to disk what
// cannot be. What clients, disks and networks can cause is an absl::Status instead.
//
// (The packaged abseil has no absl/log, whose CHECK this would be.)
#pragma once

#include <cstdio>
#include <cstdlib>

#define CLOUDMAP_CHECK(condition, why)                                                            \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s: %s\n", __FILE__, __LINE__, #condition, why); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
