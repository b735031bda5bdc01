#include "server/dns/transport/served_addresses.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ServedAddresses, AreThoseThatAreListenedOnEachOnce) {
  EXPECT_THAT(ServedAddresses({"192.0.2.7:53", "[2001:db8::7]:53", "192.0.2.7:8053"}),
              ElementsAre("192.0.2.7", "2001:db8::7"));
}

// A resolver on another host that went to 127.0.0.1 would find itself.
TEST(ServedAddresses, LoopbackIsToldOnlyWhenThereIsNothingElse) {
  EXPECT_THAT(ServedAddresses({"127.0.0.1:53", "192.0.2.7:53", "[::1]:53"}),
              ElementsAre("192.0.2.7"));
  EXPECT_THAT(ServedAddresses({"127.0.0.1:53", "[::1]:53"}), ElementsAre("127.0.0.1", "::1"));
}

TEST(ServedAddresses, LinkLocalOnesAreNotTold) {
  EXPECT_THAT(ServedAddresses({"[fe80::1]:53", "127.0.0.1:53"}), ElementsAre("127.0.0.1"));
  EXPECT_THAT(ServedAddresses({"[fe80::1]:53"}), IsEmpty());
}

// Of a wildcard, DNS serves the family that it is of; also on `[::]`, where HTTP takes both.
TEST(ServedAddresses, AWildcardStandsForTheInterfacesOfItsFamily) {
  const std::vector<std::string> v4 = ServedAddresses({"0.0.0.0:53"});
  EXPECT_THAT(v4, Not(IsEmpty()));
  EXPECT_THAT(v4, Each(Not(HasSubstr(":"))));
  EXPECT_THAT(v4, Not(Contains("0.0.0.0")));
  EXPECT_THAT(ServedAddresses({"[::]:53"}), Each(HasSubstr(":")));
  EXPECT_THAT(ServedAddresses({"[::]:53"}), Not(Contains("::")));
}

}  // namespace
}  // namespace cloudmap::dns
