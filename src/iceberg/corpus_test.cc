// Replays what fuzzing starts from and what it found, in every test run.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "iceberg/fuzz_checks.h"

namespace frazil {
namespace {

using Check = std::function<void(std::string_view)>;

std::vector<std::string> Corpus(const char* target) {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path(FRAZIL_CORPUS) / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  return files;
}

// The file, some of its beginnings, and the file with one byte changed.
void Replay(std::string file, const Check& check) {
  check(file);
  const std::size_t step = std::max<std::size_t>(1, file.size() / 64);
  for (std::size_t at = 0; at < file.size(); at += step) {
    check(std::string_view(file).substr(0, at));
    for (const char byte : {'\0', '\xff', '-', '9'}) {
      const char kept = file[at];
      file[at] = byte;
      check(file);
      file[at] = kept;
    }
  }
}

TEST(CorpusTest, NoAvroFileCrashesTheReaders) {
  const auto files = Corpus("avro_fuzz");
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) Replay(file, CheckAvroBytes);
}

TEST(CorpusTest, NoMetadataFileCrashesTheParser) {
  const auto files = Corpus("table_metadata_fuzz");
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) Replay(file, CheckTableMetadataText);
}

}  // namespace
}  // namespace frazil
