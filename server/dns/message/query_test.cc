#include "server/dns/message/query.h"

#include <array>
#include <new>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

// A new query in memory that is full of something else.
class UsedMemory {
 public:
  UsedMemory() {
    std::memset(bytes_.data(), 0xff, bytes_.size());
    // Keeps the compiler from leaving that out because a new object does not see it.
    asm volatile("" : : "r"(bytes_.data()) : "memory");
    query_ = new (bytes_.data()) Query;
  }
  Query& query() { return *query_; }

 private:
  alignas(Query) std::array<uint8_t, sizeof(Query)> bytes_;
  Query* query_;
};

TEST(ParseQuery, LeavesNothingUnsetOfAGoodQuery) {
  const std::vector<uint8_t> packet = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
  UsedMemory memory;
  Query& query = memory.query();
  ASSERT_EQ(ParseQuery(packet, query), Parsed::kQuestion);
  EXPECT_EQ(query.reject, Rcode::kNoError);
  EXPECT_EQ(query.flags, kFlagRd);
  EXPECT_TRUE(query.has_question);
  EXPECT_EQ(query.question_size, packet.size());
  EXPECT_FALSE(query.client_serial.has_value());
  EXPECT_FALSE(query.edns.present);
}

TEST(ParseQuery, LeavesNothingUnsetOfWhatIsIgnored) {
  const std::vector<uint8_t> packet(kHeaderSize - 1);
  UsedMemory memory;
  Query& query = memory.query();
  ASSERT_EQ(ParseQuery(packet, query), Parsed::kIgnore);
  EXPECT_EQ(query.reject, Rcode::kNoError);
  EXPECT_EQ(query.flags, 0);
  EXPECT_FALSE(query.has_question);
  EXPECT_EQ(query.question_size, kHeaderSize);
}

}  // namespace
}  // namespace cloudmap::dns
