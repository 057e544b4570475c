# What Cython may assume of sequential.py; plain Python never reads this.
cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t

@cython.locals(place=Py_ssize_t)
cdef _evaluate(
    const int64_t[::1] row_start,
    const int32_t[::1] reference,
    const double[::1] weight,
    const double[::1] texture,
    const uint8_t[::1] shown,
    uint8_t[::1] anchor,
    const int64_t[::1] candidates,
    double[::1] totals,
    double[::1] error,
)

@cython.locals(total=double, reused=double, node=int64_t, edge=int64_t)
cdef double _objective(
    const int64_t[::1] row_start,
    const int32_t[::1] reference,
    const double[::1] weight,
    const double[::1] texture,
    const uint8_t[::1] shown,
    const uint8_t[::1] anchor,
    double[::1] error,
) noexcept nogil
