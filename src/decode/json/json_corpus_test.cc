// Replays what fuzzing found, and what it starts from, in every test run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace frazil {
namespace {

// Of each file at most this many beginnings and changes.
constexpr std::size_t kVariants = 60;

std::vector<std::string> CorpusTexts() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FRAZIL_JSON_CORPUS)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  return texts;
}

void Replay(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

TEST(JsonCorpusTest, NoFileBreaksTheDecoder) {
  const std::vector<std::string> texts = CorpusTexts();
  ASSERT_FALSE(texts.empty());
  for (const std::string& text : texts) Replay(text);
}

TEST(JsonCorpusTest, NoBeginningOfAFileBreaksTheDecoder) {
  for (const std::string& text : CorpusTexts()) {
    const std::size_t step = std::max<std::size_t>(1, text.size() / kVariants);
    for (std::size_t size = 0; size < text.size(); size += step)
      Replay(text.substr(0, size));
  }
}

// Each byte in turn is replaced by one that means something to a parser of JSON.
TEST(JsonCorpusTest, NoChangedByteBreaksTheDecoder) {
  constexpr std::string_view kBytes = "\"{}[]:,\\ 0-e.n\x80\xFF\n";
  for (std::string text : CorpusTexts()) {
    const std::size_t step = std::max<std::size_t>(1, text.size() / kVariants);
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
