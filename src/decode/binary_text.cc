#include "decode/binary_text.h"

#include <array>

namespace frazil {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;
using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable MakeTable(std::string_view digits) {
  DigitTable table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr DigitTable kBase64Digits = [] {
  DigitTable table =
      MakeTable("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  table['-'] = 62;
  table['_'] = 63;
  return table;
}();

constexpr DigitTable kHexDigits = [] {
  DigitTable table = MakeTable("0123456789abcdef");
  for (unsigned char c = 'A'; c <= 'F'; ++c) {
    table[c] = static_cast<std::uint8_t>(c - 'A' + 10);
  }
  return table;
}();

std::uint32_t Digit(const DigitTable& table, char c) {
  return table[static_cast<unsigned char>(c)];
}

// "xx==" and "xxx=" without their padding. More than that, or padding elsewhere, is left
// for the digits to refuse.
std::string_view WithoutPadding(std::string_view text) {
  if (text.size() % 4 != 0) return text;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text;
}

}  // namespace

DecodeError DecodeBase64(std::string_view text, std::uint8_t* out,
                         std::size_t& out_size) {
  text = WithoutPadding(text);
  const std::uint8_t* const begin = out;
  std::uint32_t seen = 0;  // all digits or'ed: kNoDigit's top bit tells of a wrong one
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::uint32_t a = Digit(kBase64Digits, text[i]);
    const std::uint32_t b = Digit(kBase64Digits, text[i + 1]);
    const std::uint32_t c = Digit(kBase64Digits, text[i + 2]);
    const std::uint32_t d = Digit(kBase64Digits, text[i + 3]);
    seen |= a | b | c | d;
    const std::uint32_t bits = (a << 18U) | (b << 12U) | (c << 6U) | d;
    *out++ = static_cast<std::uint8_t>(bits >> 16U);
    *out++ = static_cast<std::uint8_t>(bits >> 8U);
    *out++ = static_cast<std::uint8_t>(bits);
  }
  const std::size_t rest = text.size() - i;
  if (rest == 1) return DecodeError::kInvalidValue;
  if (rest > 1) {
    const std::uint32_t a = Digit(kBase64Digits, text[i]);
    const std::uint32_t b = Digit(kBase64Digits, text[i + 1]);
    const std::uint32_t c = rest == 3 ? Digit(kBase64Digits, text[i + 2]) : 0;
    seen |= a | b | c;
    const std::uint32_t bits = (a << 10U) | (b << 4U) | (c >> 2U);
    *out++ = static_cast<std::uint8_t>(bits >> 8U);
    if (rest == 3) *out++ = static_cast<std::uint8_t>(bits);
    const std::uint32_t unused_bits = rest == 3 ? c & 3U : b & 15U;
    if (unused_bits != 0) return DecodeError::kInvalidValue;
  }
  if ((seen & 0x80U) != 0) return DecodeError::kInvalidValue;
  out_size = static_cast<std::size_t>(out - begin);
  return DecodeError::kNone;
}

DecodeError ParseUuid(std::string_view text, std::uint8_t* out) {
  if (text.size() != 36) return DecodeError::kInvalidValue;
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return DecodeError::kInvalidValue;
      ++i;
      continue;
    }
    const std::uint32_t high = Digit(kHexDigits, text[i]);
    const std::uint32_t low = Digit(kHexDigits, text[i + 1]);
    seen |= high | low;
    *out++ = static_cast<std::uint8_t>((high << 4U) | low);
    i += 2;
  }
  return (seen & 0x80U) == 0 ? DecodeError::kNone : DecodeError::kInvalidValue;
}

}  // namespace frazil
