#include "fcclip/eval/html_report.h"

#include <sstream>

#include <gtest/gtest.h>

#include "fcclip/eval/html_text.h"
#include "fcclip/eval/report_tables.h"
#include "tests/eval/two_regions.h"

namespace fcclip::eval {
namespace html_report_test {

template <typename Write>
std::string written(const Write& write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

EvaluationScores scores(const std::vector<std::string>& classifiers) {
  EvaluationScores scores{"Two", 1, {}};
  int64_t column = 20;
  for (const std::string& name : classifiers) {
    scores.classifiers[name] = two_regions::summary_of(two_regions::scores_of(column));
    column -= 4;
  }
  return scores;
}

TEST(ReportTables, OneClassifierHasAColumnAGroup) {
  const std::string page =
      written([](std::ostream& out) { write_score_tables(out, scores({"in"})); });
  EXPECT_TRUE(has(page, "<p>Classifier: in</p>"));
  EXPECT_TRUE(has(page, "<tr><td>PQ</td><td class=g>77.50</td><td class=g>80.00</td>"));
  EXPECT_TRUE(has(page, "<tr><td>classes</td><td class=g>2</td><td class=g>1</td>"));
  EXPECT_TRUE(has(page, "Class-agnostic"));
  // Masks have no unseen class: no column for it.
  const std::string masks =
      page.substr(page.find("Masks"), page.find("Boxes") - page.find("Masks"));
  EXPECT_FALSE(has(masks, "Unseen"));
}

TEST(ReportTables, SeveralClassifiersStandSideBySide) {
  const std::string page = written([](std::ostream& out) {
    write_score_tables(out, scores({"ensemble", "in"}));
  });
  EXPECT_FALSE(has(page, "<p>Classifier"));
  EXPECT_TRUE(has(page, "<th class=g colspan=2>All</th>"));
  EXPECT_TRUE(has(page, "<tr><td>PQ</td><td class=g>77.50</td><td>100.00</td>"));
}

TEST(ReportTables, ClassesComeBestFirst) {
  const std::string page = written([](std::ostream& out) {
    write_class_tables(out, two_regions::summary_of(two_regions::scores_of(20)));
  });
  EXPECT_TRUE(has(page, "<h2>PQ of each class</h2>"));
  EXPECT_LT(page.find("person"), page.find("tree"));
  EXPECT_TRUE(has(page, "<th>right</th><th>false</th><th>missed</th>"));
  EXPECT_TRUE(has(page, "style=\"width:128px\""));  // 80 percent of 160 pixels
}

TEST(ReportTables, ConfusionIsAShareOfTheTrueClass) {
  const PictureScores all = two_regions::scores_of(20);
  const classify::Vocabulary words = two_regions::words();
  const std::string page =
      written([&](std::ostream& out) { write_confusion_table(out, all.semantic, words); });
  EXPECT_TRUE(has(page, ">100</td>"));  // people
  EXPECT_TRUE(has(page, ">75</td>"));   // trees
  EXPECT_TRUE(has(page, ">25</td>"));   // trees taken for people
  EXPECT_TRUE(written([&](std::ostream& out) {
                write_confusion_table(out, SemanticScore(2), words);
              }).empty());
}

TEST(ReportTables, FactsAreEscaped) {
  const std::string page = written([](std::ostream& out) {
    write_run_table(out, {{"model file", "a<b>&\"c\""}});
  });
  EXPECT_TRUE(has(page, "<td>model file</td><td>a&lt;b>&amp;&quot;c&quot;</td>")) << page;
  EXPECT_TRUE(written([](std::ostream& out) { write_run_table(out, {}); }).empty());
}

TEST(HtmlText, NumbersHaveTwoDigitsAndCountsNone) {
  EXPECT_EQ(html_number(12.345, false), "12.35");
  EXPECT_EQ(html_number(3.0, true), "3");
  EXPECT_EQ(html_number(std::nullopt, true), "–");
}

TEST(HtmlText, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(KeepExtremes, KeepsTheFourBestAndTheFourWorst) {
  std::vector<RankedPicture> kept;
  for (const int64_t score : {7, 3, 11, 0, 5, 9, 1, 10, 2, 8, 4, 6}) {
    keep_extremes(kept, {score, "", static_cast<double>(score), "PQ", {}});
  }
  keep_extremes(kept, {99, "", -1, "", {}});  // nothing to score in it
  std::vector<int64_t> indices;
  for (const RankedPicture& picture : kept) indices.push_back(picture.index);
  EXPECT_EQ(indices, (std::vector<int64_t>{11, 10, 9, 8, 3, 2, 1, 0}));
}

}  // namespace html_report_test
}  // namespace fcclip::eval
