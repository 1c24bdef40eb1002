// Replays what fuzzing found, and what it starts from, in every test run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace frazil {
namespace {

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(FRAZIL_SQL_CORPUS)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Replay(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

TEST(SqlScriptCorpusTest, NoFileCrashesTheParser) {
  const auto files = CorpusFiles();
  ASSERT_FALSE(files.empty());
  for (const auto& path : files) Replay(Read(path));
}

TEST(SqlScriptCorpusTest, NoBeginningOfAFileCrashesTheParser) {
  for (const auto& path : CorpusFiles()) {
    const std::string text = Read(path);
    const std::size_t step = std::max<std::size_t>(1, text.size() / 100);
    for (std::size_t size = 0; size < text.size(); size += step)
      Replay(text.substr(0, size));
  }
}

// Each byte in turn is replaced by one that means something to the parser.
TEST(SqlScriptCorpusTest, NoChangedByteCrashesTheParser) {
  constexpr std::string_view kBytes = "'\"`;()<$\\\xFF\n";
  for (const auto& path : CorpusFiles()) {
    std::string text = Read(path);
    const std::size_t step = std::max<std::size_t>(1, text.size() / 100);
    for (std::size_t at = 0; at < text.size(); at += step) {
      const char kept = text[at];
      text[at] = kBytes[at % kBytes.size()];
      Replay(text);
      text[at] = kept;
    }
  }
}

}  // namespace
}  // namespace frazil
