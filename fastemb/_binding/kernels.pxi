# Instruction sets, and one step of them alone.

cdef extern from "kernels/kernels.h" nogil:
    enum:
        FE_MAX_INPUTS

    struct fe_kernel:
        pass
    const fe_kernel *fe_kernel_at(int index)
    const char *fe_kernel_name(const fe_kernel *kernel)
    int fe_kernel_lanes(const fe_kernel *kernel)
    int fe_kernel_supported(const fe_kernel *kernel)

    struct fe_step:
        float *h
        float *o
        const int32_t *h_rows
        const int32_t *o_rows
        const uint8_t *labels
        int32_t m
        int32_t n
        int in_turn
        int64_t stride
        int64_t size

    size_t fe_step_workspace_size(int32_t n)
    int fe_step_run(const fe_kernel *kernel, const fe_step *step, float alpha, double *loss, void *workspace)


def kernels():
    """Kernels in this binary, plainest first: tuples (name, lanes, supported by this CPU)."""
    found = []
    while fe_kernel_at(len(found)) != NULL:
        kernel = fe_kernel_at(len(found))
        found.append((fe_kernel_name(kernel).decode(), fe_kernel_lanes(kernel), bool(fe_kernel_supported(kernel))))
    return found


cdef const fe_kernel *_kernel(str name) except NULL:
    cdef int index = 0
    while fe_kernel_at(index) != NULL:
        if fe_kernel_name(fe_kernel_at(index)).decode() == name:
            _require(fe_kernel_supported(fe_kernel_at(index)), f"this CPU does not support {name}")
            return fe_kernel_at(index)
        index += 1
    raise ValueError(f"no kernel named {name}")


cdef unsigned char *_aligned(unsigned char[::1] memory) noexcept nogil:
    return <unsigned char *>((<size_t>&memory[0] + 63) & ~<size_t>63)


def step(str isa, float[:, ::1] h not None, const int32_t[::1] h_rows not None, float[:, ::1] o not None,
         const int32_t[::1] o_rows not None, const uint8_t[::1] labels not None, int64_t vector_size, float alpha,
         bint in_turn=False):
    """One block step on rows of h and o, in place; returns its loss."""
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef double loss = 0.0
    cdef fe_step block
    cdef int32_t k
    cdef int status
    block.m = <int32_t>h_rows.shape[0]
    block.n = <int32_t>o_rows.shape[0]
    _require(0 < block.m <= FE_MAX_INPUTS and block.n > 0 and labels.shape[0] == block.n,
             f"a step has 1 to {FE_MAX_INPUTS} inputs, and a label for each of its outputs")
    _require(h.shape[1] == o.shape[1] and h.shape[1] % 16 == 0 and 0 < vector_size <= h.shape[1],
             "h and o must have rows of the same multiple of 16 floats, at least vector_size")
    for k in range(block.m):
        _require(0 <= h_rows[k] < h.shape[0], "h_rows must be rows of h")
    for k in range(block.n):
        _require(0 <= o_rows[k] < o.shape[0], "o_rows must be rows of o")
    block.h = &h[0, 0]
    block.o = &o[0, 0]
    block.h_rows = &h_rows[0]
    block.o_rows = &o_rows[0]
    block.labels = &labels[0]
    block.in_turn = in_turn
    block.stride = h.shape[1]
    block.size = vector_size
    cdef unsigned char[::1] workspace = bytearray(fe_step_workspace_size(block.n) + 64)
    with nogil:
        status = fe_step_run(kernel, &block, alpha, &loss, _aligned(workspace))
    _check(status)
    return loss
