#include "config/sql/type_parser.h"

#include <algorithm>
#include <array>
#include <limits>

namespace frazil {
namespace {

constexpr int kMaxPrecision = 38;
// Iceberg's v2 times and timestamps count microseconds.
constexpr int kMicrosecondDigits = 6;
constexpr int kNanosecondDigits = 9;

struct SimpleName {
  std::string_view name;
  TypeId id;
};

// Names that take nothing after them.
constexpr std::array<SimpleName, 29> kSimpleNames = {{
    {"BOOLEAN", TypeId::kBoolean}, {"BOOL", TypeId::kBoolean},
    {"LOGICAL", TypeId::kBoolean}, {"TINYINT", TypeId::kInt},
    {"SMALLINT", TypeId::kInt},    {"SHORT", TypeId::kInt},
    {"BYTE", TypeId::kInt},        {"INT", TypeId::kInt},
    {"INTEGER", TypeId::kInt},     {"INT1", TypeId::kInt},
    {"INT2", TypeId::kInt},        {"INT4", TypeId::kInt},
    {"UTINYINT", TypeId::kInt},    {"USMALLINT", TypeId::kInt},
    {"BIGINT", TypeId::kLong},     {"LONG", TypeId::kLong},
    {"INT8", TypeId::kLong},       {"UINTEGER", TypeId::kLong},
    {"FLOAT", TypeId::kFloat},     {"REAL", TypeId::kFloat},
    {"FLOAT4", TypeId::kFloat},    {"FLOAT8", TypeId::kDouble},
    {"DATE", TypeId::kDate},       {"STRING", TypeId::kString},
    {"TEXT", TypeId::kString},     {"UUID", TypeId::kUuid},
    {"BYTES", TypeId::kBinary},    {"BLOB", TypeId::kBinary},
    {"BYTEA", TypeId::kBinary},
}};

struct RefusedName {
  std::string_view name;
  std::string_view hint;
};

constexpr std::array<RefusedName, 15> kRefusedNames = {{
    {"MULTISET", "write MAP<T, INT>, from a value to how often it occurs"},
    {"INTERVAL", "write BIGINT, and name the unit in the column's name"},
    {"JSON", "write STRING"},
    {"VARIANT", "write STRING; VARIANT comes with Iceberg v3"},
    {"UBIGINT", "write DECIMAL(20, 0)"},
    {"HUGEINT", "write DECIMAL(38, 0)"},
    {"UHUGEINT", "write DECIMAL(38, 0)"},
    {"TIMESTAMP_NS", "write TIMESTAMP(6)"},
    {"TIMESTAMPTZ_NS", "write TIMESTAMP_LTZ(6)"},
    {"RAW", "write BYTES"},
    {"NULL", "write the type that the values shall have"},
    {"ENUM", "write STRING"},
    {"UNION", "write a ROW with a field for each member"},
    {"GEOMETRY", "write BYTES; GEOMETRY comes with Iceberg v3"},
    {"GEOGRAPHY", "write BYTES; GEOGRAPHY comes with Iceberg v3"},
}};

// Names with parameters or words after them.
constexpr std::array<std::string_view, 24> kOtherNames = {
    "DECIMAL",  "DEC",         "NUMERIC",       "DOUBLE",      "VARCHAR",
    "CHAR",     "CHARACTER",   "BINARY",        "VARBINARY",   "FIXED",
    "TIME",     "TIMESTAMP",   "TIMESTAMP_LTZ", "TIMESTAMPTZ", "TIMESTAMP_NTZ",
    "DATETIME", "ROW",         "STRUCT",        "MAP",         "ARRAY",
    "LIST",     "TIMESTAMP_S", "TIMESTAMP_MS",  "TIMESTAMP_US"};

std::vector<std::string> AllNames() {
  std::vector<std::string> names;
  names.reserve(kSimpleNames.size() + kOtherNames.size());
  for (const SimpleName& simple : kSimpleNames) names.emplace_back(simple.name);
  names.insert(names.end(), kOtherNames.begin(), kOtherNames.end());
  return names;
}

class TypeParser {
 public:
  explicit TypeParser(TokenCursor& cursor) : cursor_(cursor) {}

  // A type, its NOT NULL, and any ARRAY or [] behind it.
  Result<ParsedType> Parse() {
    if (depth_ >= kMaxTypeDepth) {
      return Fail(cursor_.ErrorHere(
          fmt::format("types nest deeper than {} levels", kMaxTypeDepth)));
    }
    ++depth_;
    FRAZIL_ASSIGN(Type type, ParseNamed());
    ParsedType parsed{std::move(type), false};
    FRAZIL_TRY(ParseNullability(parsed));
    for (int suffixes = 0; true; ++suffixes) {
      if (cursor_.Peek().IsWord("MULTISET")) return RefuseNamed();
      if (!AcceptListSuffix()) break;
      if (depth_ + suffixes >= kMaxTypeDepth) {
        return Fail(cursor_.ErrorHere(
            fmt::format("types nest deeper than {} levels", kMaxTypeDepth)));
      }
      parsed = {Type::List({0, "element", std::move(parsed.type), parsed.required, ""}),
                false};
      FRAZIL_TRY(ParseNullability(parsed));
    }
    --depth_;
    return parsed;
  }

 private:
  Status ParseNullability(ParsedType& parsed) {
    if (cursor_.AcceptWord("NOT")) {
      FRAZIL_TRY(cursor_.ExpectWord("NULL"));
      parsed.required = true;
    } else {
      cursor_.AcceptWord("NULL");
    }
    return {};
  }

  bool AcceptListSuffix() {
    if (cursor_.AcceptWord("ARRAY")) return true;
    if (!cursor_.Peek().IsSymbol("[") || !cursor_.Peek(1).IsSymbol("]")) return false;
    cursor_.Take();
    cursor_.Take();
    return true;
  }

  Result<Type> ParseNamed() {
    if (cursor_.Peek().kind != TokenKind::kWord)
      return Fail(cursor_.Unexpected("a type"));
    for (const SimpleName& simple : kSimpleNames) {
      if (cursor_.AcceptWord(simple.name)) return Type(simple.id);
    }
    if (AcceptOneOf({"DECIMAL", "DEC", "NUMERIC"})) return ParseDecimal();
    if (cursor_.AcceptWord("DOUBLE")) {
      cursor_.AcceptWord("PRECISION");
      return Type(TypeId::kDouble);
    }
    if (AcceptOneOf({"VARCHAR", "CHAR", "CHARACTER"})) return ParseSized(TypeId::kString);
    if (cursor_.AcceptWord("VARBINARY")) return ParseSized(TypeId::kBinary);
    if (cursor_.AcceptWord("BINARY")) return ParseBinary();
    if (cursor_.AcceptWord("FIXED")) return ParseFixed();
    if (cursor_.AcceptWord("TIME")) return ParseTime();
    if (cursor_.AcceptWord("TIMESTAMP")) return ParseTimestamp();
    if (AcceptOneOf({"TIMESTAMP_NTZ", "DATETIME"})) {
      return ParseFraction(TypeId::kTimestamp);
    }
    if (AcceptOneOf({"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_US"})) {
      return Type(TypeId::kTimestamp);
    }
    if (AcceptOneOf({"TIMESTAMP_LTZ", "TIMESTAMPTZ"})) {
      return ParseFraction(TypeId::kTimestamptz);
    }
    if (AcceptOneOf({"ROW", "STRUCT"})) return ParseStruct();
    if (cursor_.AcceptWord("MAP")) return ParseMap();
    if (AcceptOneOf({"ARRAY", "LIST"})) return ParseList();
    return RefuseNamed();
  }

  tl::unexpected<Error> RefuseNamed() {
    const std::string shown = cursor_.Shown(cursor_.Peek());
    for (const RefusedName& refused : kRefusedNames) {
      if (!cursor_.Peek().IsWord(refused.name)) continue;
      return Fail(cursor_.ErrorHere(
          fmt::format("Iceberg tables have no type {}", refused.name), refused.hint));
    }
    return Fail(cursor_.ErrorHere(fmt::format("unknown type {}", shown),
                                  SuggestNearest(cursor_.Peek().text, AllNames())));
  }

  bool AcceptOneOf(std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return cursor_.AcceptWord(name); });
  }

  Result<Type> ParseDecimal() {
    int precision = 10;
    int scale = 0;
    if (cursor_.AcceptSymbol("(")) {
      FRAZIL_ASSIGN(precision,
                    cursor_.ExpectInteger("the precision, a number", 1, kMaxPrecision));
      if (cursor_.AcceptSymbol(",")) {
        FRAZIL_ASSIGN(scale, cursor_.ExpectInteger("the scale, a number", 0, precision));
      }
      FRAZIL_TRY(cursor_.ExpectSymbol(")"));
    }
    return Type::Decimal(precision, scale);
  }

  // A length that Iceberg does not keep.
  Result<Type> ParseSized(TypeId id) {
    cursor_.AcceptWord("VARYING");
    if (cursor_.AcceptSymbol("(")) {
      FRAZIL_TRY(ExpectLength());
      FRAZIL_TRY(cursor_.ExpectSymbol(")"));
    }
    return Type(id);
  }

  Result<int> ExpectLength() {
    return cursor_.ExpectInteger("a length", 1, std::numeric_limits<int>::max());
  }

  Result<Type> ParseBinary() {
    if (cursor_.Peek().IsWord("VARYING")) return ParseSized(TypeId::kBinary);
    if (!cursor_.AcceptSymbol("(")) return Type(TypeId::kBinary);
    FRAZIL_ASSIGN(const int length, ExpectLength());
    FRAZIL_TRY(cursor_.ExpectSymbol(")"));
    return Type::Fixed(length);
  }

  Result<Type> ParseFixed() {
    const bool is_bracket = cursor_.AcceptSymbol("[");
    if (!is_bracket) FRAZIL_TRY(cursor_.ExpectSymbol("("));
    FRAZIL_ASSIGN(const int length, ExpectLength());
    FRAZIL_TRY(cursor_.ExpectSymbol(is_bracket ? "]" : ")"));
    return Type::Fixed(length);
  }

  // [(digits of a second's fraction)]
  Result<Type> ParseFraction(TypeId id) {
    if (!cursor_.AcceptSymbol("(")) return Type(id);
    const TextPlace place = cursor_.Peek().place;
    FRAZIL_ASSIGN(const int digits,
                  cursor_.ExpectInteger("a precision", 0, kNanosecondDigits));
    if (digits > kMicrosecondDigits) {
      return Fail(cursor_.ErrorAtPlace(
          place, fmt::format("a precision of {} digits is not supported", digits),
          "Iceberg v2 keeps microseconds: write a precision of up to 6"));
    }
    FRAZIL_TRY(cursor_.ExpectSymbol(")"));
    return Type(id);
  }

  Result<Type> ParseTime() {
    FRAZIL_ASSIGN(Type type, ParseFraction(TypeId::kTime));
    const TextPlace place = cursor_.Peek().place;
    if (cursor_.AcceptWords({"WITH", "TIME", "ZONE"})) {
      return Fail(cursor_.ErrorAtPlace(place, "Iceberg tables have no TIME with a zone",
                                       "write TIME, or TIMESTAMP_LTZ"));
    }
    cursor_.AcceptWords({"WITHOUT", "TIME", "ZONE"});
    return type;
  }

  Result<Type> ParseTimestamp() {
    FRAZIL_ASSIGN(Type type, ParseFraction(TypeId::kTimestamp));
    if (cursor_.AcceptWords({"WITH", "LOCAL", "TIME", "ZONE"}) ||
        cursor_.AcceptWords({"WITH", "TIME", "ZONE"})) {
      return Type(TypeId::kTimestamptz);
    }
    cursor_.AcceptWords({"WITHOUT", "TIME", "ZONE"});
    return type;
  }

  // The bracket that closes what is opened here: '>' for '<', ')' for '('.
  Result<std::string_view> ExpectOpening() {
    if (cursor_.AcceptSymbol("<")) return ">";
    if (cursor_.AcceptSymbol("(")) return ")";
    return Fail(cursor_.Unexpected("'<'"));
  }

  Result<Type> ParseList() {
    FRAZIL_ASSIGN(const std::string_view closing, ExpectOpening());
    FRAZIL_ASSIGN(ParsedType element, Parse());
    FRAZIL_TRY(cursor_.ExpectSymbol(closing));
    return Type::List({0, "element", std::move(element.type), element.required, ""});
  }

  Result<Type> ParseMap() {
    FRAZIL_ASSIGN(const std::string_view closing, ExpectOpening());
    FRAZIL_ASSIGN(ParsedType key, Parse());
    FRAZIL_TRY(cursor_.ExpectSymbol(","));
    FRAZIL_ASSIGN(ParsedType value, Parse());
    FRAZIL_TRY(cursor_.ExpectSymbol(closing));
    return Type::Map({0, "key", std::move(key.type), true, ""},
                     {0, "value", std::move(value.type), value.required, ""});
  }

  Result<Type> ParseStruct() {
    std::vector<SchemaField> fields;
    if (cursor_.Peek().IsSymbol("<>"))
      return Fail(cursor_.ErrorHere("a ROW of no fields"));
    FRAZIL_ASSIGN(const std::string_view closing, ExpectOpening());
    do {
      FRAZIL_ASSIGN(const PlacedName name, cursor_.ExpectName("the name of a field"));
      for (const SchemaField& other : fields) {
        if (!SameName(other.name, name.name)) continue;
        return Fail(cursor_.ErrorAtPlace(
            name.place, fmt::format("field '{}' is there twice", name.name)));
      }
      cursor_.AcceptSymbol(":");
      FRAZIL_ASSIGN(ParsedType parsed, Parse());
      SchemaField field{0, name.name, std::move(parsed.type), parsed.required, ""};
      if (cursor_.AcceptWord("COMMENT") || cursor_.Peek().kind == TokenKind::kString) {
        FRAZIL_ASSIGN(field.doc, cursor_.ExpectString("a comment"));
      }
      if (fields.size() >= kMaxListed) return Fail(cursor_.ErrorHere("too many fields"));
      fields.push_back(std::move(field));
    } while (cursor_.AcceptSymbol(","));
    if (!cursor_.AcceptSymbol(closing)) {
      return Fail(cursor_.Unexpected(fmt::format("',' or '{}'", closing)));
    }
    return Type::Struct(std::move(fields));
  }

  TokenCursor& cursor_;
  int depth_ = 0;
};

}  // namespace

Result<ParsedType> ParseSqlType(TokenCursor& cursor) {
  return TypeParser(cursor).Parse();
}

}  // namespace frazil
