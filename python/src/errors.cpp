// fcclip::Error as the Python exceptions of fcclip/_errors.py.

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/bind.h"

namespace fcclip::bind {
namespace {

// File names in messages need not be UTF-8.
nb::object text_of(const std::string& text) {
  return nb::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

// A module keeps the classes: objects in static variables would outlive the interpreter.
void raise(const Error& error) {
  const nb::object made =
      nb::module_::import_("fcclip._errors")
          .attr("error_of")(std::string(name(error.code())), text_of(error.what()));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
}

}  // namespace

void add_errors(nb::module_& module) {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
  module.def("error_codes", [] {
    std::vector<std::string> names;
    for (int code = 0; code <= static_cast<int>(kLastErrorCode); ++code)
      names.emplace_back(name(static_cast<ErrorCode>(code)));
    return names;
  });
}

}  // namespace fcclip::bind
