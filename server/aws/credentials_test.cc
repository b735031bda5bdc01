#include "server/aws/credentials.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::aws {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Error(absl::string_view text) {
  return std::string(ParseCredentials(text, "keys").status().message());
}

TEST(Credentials, AreLinesOfIdAndSecret) {
  const auto credentials = ParseCredentials(
      "# for tests\n\nAKIDONE secret/one+\n  AKIDTWO\t two \r\nAKIDTHREE #3", "keys");
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_THAT(*credentials, UnorderedElementsAre(Pair("AKIDONE", "secret/one+"),
                                                 Pair("AKIDTWO", "two"), Pair("AKIDTHREE", "#3")));
}

TEST(Credentials, ErrorsNameFileAndLineButNoSecret) {
  EXPECT_EQ(Error("A b\nLONELY\n"), "keys:2: expected ACCESS_KEY_ID SECRET, found 1 words");
  EXPECT_EQ(Error("A b c\n"), "keys:1: expected ACCESS_KEY_ID SECRET, found 3 words");
  EXPECT_EQ(Error("# x\nA b\nA c\n"), "keys:3: access key id A is there twice");
  EXPECT_EQ(Error("A/B c\n"), "keys:1: an access key id has no '/' and no ','");
}

TEST(Credentials, AFileWithoutAnyIsAnError) {
  EXPECT_EQ(Error("# nothing\n"), "keys: has no credentials; expected lines ACCESS_KEY_ID SECRET");
}

TEST(Credentials, AreReadFromAFile) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/keys";
  WriteFile(file, "AKID secret\n");
  const auto credentials = LoadCredentials(file);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(credentials->at("AKID"), "secret");
}

TEST(Credentials, AFileThatCannotBeReadIsNamed) {
  EXPECT_EQ(std::string(LoadCredentials("/nonexistent/keys").status().message()),
            "--credentials /nonexistent/keys: No such file or directory");
  EXPECT_FALSE(LoadCredentials(::testing::TempDir()).ok());
}

}  // namespace
}  // namespace cloudmap::aws
