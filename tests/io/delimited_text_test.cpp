#include "fcclip/io/delimited_text.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::io {
namespace {

using Cells = std::vector<std::vector<std::string>>;

Cells cells_of(std::string_view text) {
  Cells cells;
  for (const DelimitedRow& row : read_rows(text, guess_separator(text), "x")) {
    cells.push_back(row.cells);
  }
  return cells;
}

TEST(DelimitedText, TheSeparatorIsGuessedFromTheFirstLine) {
  EXPECT_EQ(guess_separator("a,b\tc"), '\t');
  EXPECT_EQ(guess_separator("\n\"a;b\",c;d"), ',');
  EXPECT_EQ(guess_separator("a;b,c"), ';');
  EXPECT_EQ(guess_separator("a| b"), '|');
  EXPECT_EQ(guess_separator("sep=;\na,b"), ';');
  EXPECT_EQ(guess_separator("one word\na,b"), '\t');
  EXPECT_EQ(guess_separator("{\"a\": 1, \"b\": 2}\nc\td"), '\t');
  EXPECT_EQ(guess_separator(""), '\t');
}

TEST(DelimitedText, RowsEndInEveryWay) {
  const Cells want = {{"a", "b"}, {"c", ""}, {"d"}};
  EXPECT_EQ(cells_of("a,b\n\n c , \r\nd"), want);
  EXPECT_EQ(cells_of("a,b\rc,\rd\r"), want);
  EXPECT_EQ(cells_of("sep=,\na,b\nc,\nd\n"), want);
}

TEST(DelimitedText, QuotationMarksHoldACellTogether) {
  EXPECT_EQ(cells_of("a, \"b, \"\"c\"\"\" ,d\n"), (Cells{{"a", "b, \"c\"", "d"}}));
  EXPECT_EQ(cells_of("a,\"b\nc\"\nd,e\n"), (Cells{{"a", "b\nc"}, {"d", "e"}}));
  EXPECT_EQ(cells_of("a\t\"b\" c\nd\t\"e\nf\tg\n"),
            (Cells{{"a", "\"b\" c"}, {"d", "\"e"}, {"f", "g"}}));
  EXPECT_EQ(cells_of("{\"a\": \"b, \\\" c\"}\nd;e\n"),
            (Cells{{"{\"a\": \"b, \\\" c\"}"}, {"d", "e"}}));
  const auto rows = read_rows("a,\"b\nc\"\nd,e\n", ',', "x");
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[1].whole, "d,e");
}

TEST(DelimitedText, AMarkThatIsNeverClosedIsNamed) {
  try {
    read_rows("a,b\nc,\"d\n", ',', "x");
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), std::string("x, line 2: a quotation mark that is never closed"));
  }
}

}  // namespace
}  // namespace fcclip::io
