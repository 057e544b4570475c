// How long native work asks whether to go on; only bindings include this.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>

namespace palantir {

// False once a Python signal handler has raised. Asking costs the GIL, so it is done rarely.
class SignalPoll {
 public:
  bool operator()() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return true;
    last_ = now;
    const pybind11::gil_scoped_acquire gil;
    return PyErr_CheckSignals() == 0;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// To be called with the GIL, once the work has ended.
inline void raise_pending() {
  if (PyErr_Occurred()) throw pybind11::error_already_set();
}

}  // namespace palantir
