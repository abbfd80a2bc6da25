#include "fcclip/engine/bad_pictures.h"

#include <cstring>
#include <sstream>

#include <ATen/ATen.h>

#include "fcclip/core/endless.h"

namespace fcclip::engine {
namespace {

constexpr int64_t kFewPictures = 3;
constexpr size_t kToldPictures = 20;

std::string as_lines(const std::vector<BadPicture>& pictures) {
  std::string lines;
  for (const BadPicture& bad : pictures) {
    lines += std::to_string(bad.index) + " " + bad.reason + "\n";
  }
  return lines;
}

std::vector<BadPicture> from_lines(const std::string& text) {
  std::vector<BadPicture> pictures;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    pictures.push_back({std::stoll(line.substr(0, space)), line.substr(space + 1)});
  }
  return pictures;
}

// Tensors are what processes exchange: as long as the longest text, filled up with zeros.
std::string texts_of_all(const std::string& own, const Processes& processes) {
  int64_t longest = 0;
  for (const at::Tensor& length : processes.gather(at::tensor({std::ssize(own)}, at::kLong))) {
    longest = std::max(longest, length.item<int64_t>());
  }
  at::Tensor bytes = at::zeros({longest}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), own.data(), own.size());
  std::string all;
  for (const at::Tensor& gathered : processes.gather(bytes)) {
    const at::Tensor one = gathered.cpu();
    const std::string padded(static_cast<const char*>(one.const_data_ptr()), longest);
    all += padded.substr(0, padded.find('\0'));
  }
  return all;
}

}  // namespace

bool is_about_a_picture(const Error& error) {
  switch (error.code()) {
    case ErrorCode::out_of_memory:
    case ErrorCode::diverged:
    case ErrorCode::interrupted:
    case ErrorCode::internal:
      return false;
    default:
      return true;
  }
}

BadPicture bad_picture(int64_t index, const Error& error) {
  const std::string message = error.what();
  return {index, message.substr(0, message.find('\n'))};
}

int64_t most_bad_pictures(int64_t size, double share) {
  if (share <= 0) return 0;
  if (size >= kEndless) return kFewPictures;
  return std::max(kFewPictures, static_cast<int64_t>(share * static_cast<double>(size)));
}

BadPictures::BadPictures(int64_t size, double share, std::string setting, LogCallback log)
    : size_(size),
      most_(most_bad_pictures(size, share)),
      setting_(std::move(setting)),
      log_(std::move(log)) {}

void BadPictures::add(const BadPicture& bad, bool is_told) {
  const bool is_new = reasons_.emplace(bad.index, bad.reason).second;
  if (!is_new || !is_told || !log_ || reasons_.size() > kToldPictures) return;
  const bool is_last = reasons_.size() == kToldPictures;
  log_(LogLevel::warning, "picture left out: " + bad.reason +
                              (is_last ? " (further ones are left out without a line)" : ""));
}

void BadPictures::tell(const BadPicture& bad) {
  add(bad, true);
}

void BadPictures::share(const std::vector<BadPicture>& found, const Processes& processes) {
  std::vector<BadPicture> fresh;
  for (const BadPicture& bad : found) {
    if (!reasons_.contains(bad.index)) fresh.push_back(bad);
  }
  if (!processes.any(!fresh.empty())) return;
  if (processes.size() > 1) fresh = from_lines(texts_of_all(as_lines(fresh), processes));
  for (const BadPicture& bad : fresh) add(bad, processes.is_first());
  const auto count = std::ssize(reasons_);
  if (count <= most_ && count < size_) return;
  const std::string of = size_ >= kEndless ? "" : " of " + std::to_string(size_);
  const std::string allowed = count <= most_ ? "" : ", more than " + setting_ + " allows";
  fail(ErrorCode::bad_format, count, of, count == 1 ? " picture" : " pictures", " cannot be used",
       allowed, "; one of them: ", reasons_.begin()->second);
}

}  // namespace fcclip::engine
