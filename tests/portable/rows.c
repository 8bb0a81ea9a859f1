/* Operations on rows without padding: every kernel's are those of plain loops, and nothing past a row is touched. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "fastemb.h"

enum { ROWS = 11, TAKEN = 30, BAGS = 3 };
static const float GUARD = 77.0f; /* between rows */

struct problem {
    int64_t size, stride, floats; /* the last row ends where the memory ends */
    float *rows, *changes, *want; /* want: like rows */
    float scale[TAKEN];
    int64_t indices[TAKEN];
};

static float *copy_of_rows(const struct problem *p) {
    float *copy = lend(p->floats, sizeof *copy);
    return memcpy(copy, p->rows, (size_t)p->floats * sizeof *copy);
}

static void fill(struct problem *p, int64_t size, int64_t gap) {
    p->size = size;
    p->stride = size + gap;
    p->floats = (ROWS - 1) * p->stride + size;
    p->rows = lend(p->floats, sizeof *p->rows);
    p->changes = lend(TAKEN * size, sizeof *p->changes);
    for (int64_t i = 0; i < p->floats; i++) p->rows[i] = i % p->stride < size ? random_float(1.0f) : GUARD;
    for (int64_t i = 0; i < TAKEN * size; i++) p->changes[i] = random_float(1.0f);
    for (int i = 0; i < TAKEN; i++) {
        p->indices[i] = i == 0 ? ROWS - 1 : random_below(ROWS); /* some rows more than once */
        p->scale[i] = random_float(2.0f);
    }
}

static void expect_same(const char *what, const float *got, const float *want, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        expect(memcmp(&got[i], &want[i], sizeof *got) == 0, "%s[%lld] is %.9g, not %.9g", what, (long long)i,
               (double)got[i], (double)want[i]);
    hash_bytes(got, count * (int64_t)sizeof *got);
}

static void check_gather(const struct problem *p) {
    const struct fe_const_rows from = {p->rows, p->stride, p->size};
    float *out = lend(TAKEN * p->size, sizeof *out), *want = lend(TAKEN * p->size, sizeof *want);
    fe_rows_gather(&from, p->indices, TAKEN, out);
    for (int64_t i = 0; i < TAKEN * p->size; i++) want[i] = p->rows[p->indices[i / p->size] * p->stride + i % p->size];
    expect_same("out", out, want, TAKEN * p->size);
}

static void check_scatter(const struct problem *p, const struct fe_kernel *kernel, int is_scaled) {
    float *got = copy_of_rows(p), *want = copy_of_rows(p);
    const struct fe_rows to = {got, p->stride, p->size};
    fe_rows_scatter(kernel, &to, p->indices, TAKEN, p->changes, is_scaled ? p->scale : NULL);
    for (int64_t i = 0; i < TAKEN * p->size; i++) {
        const volatile float product = (is_scaled ? p->scale[i / p->size] : 1.0f) * p->changes[i];
        want[p->indices[i / p->size] * p->stride + i % p->size] += product;
    }
    expect_same("rows", got, want, p->floats);
}

static void check_mean(const struct problem *p, const struct fe_kernel *kernel, int is_weighted) {
    static const int64_t OFFSETS[BAGS + 1] = {0, 4, 4, TAKEN};
    double weights[TAKEN];
    for (int e = 0; e < TAKEN; e++) weights[e] = 2.5 + (double)p->scale[e];
    const struct fe_const_rows from = {p->rows, p->stride, p->size};
    const struct fe_bags bags = {p->indices, OFFSETS, BAGS, is_weighted ? weights : NULL};
    float *means = lend(BAGS * p->size, sizeof *means), *want = lend(BAGS * p->size, sizeof *want);
    fe_rows_mean(kernel, &from, &bags, means);
    for (int64_t b = 0; b < BAGS; b++) {
        for (int64_t c = 0; c < p->size; c++) {
            double sum = 0.0, total = 0.0;
            for (int64_t e = OFFSETS[b]; e < OFFSETS[b + 1]; e++) {
                const double weight = is_weighted ? weights[e] : 1.0;
                sum += weight * (double)p->rows[p->indices[e] * p->stride + c];
                total += weight;
            }
            want[b * p->size + c] = total > 0.0 ? (float)(sum / total) : 0.0f;
        }
    }
    expect_close("means", means, want, BAGS * p->size, 1e-6);
    hash_bytes(means, BAGS * p->size * (int64_t)sizeof *means);
}

static void check_renormalise(const struct problem *p, const struct fe_kernel *kernel) {
    float *got = copy_of_rows(p), *want = copy_of_rows(p);
    const struct fe_rows to = {got, p->stride, p->size};
    const float longest = 0.5f * sqrtf((float)p->size);
    fe_rows_renormalise(kernel, &to, p->indices, TAKEN, longest);
    for (int i = 0; i < TAKEN; i++) {
        float *row = want + p->indices[i] * p->stride;
        double sum = 0.0;
        for (int64_t c = 0; c < p->size; c++) sum += (double)row[c] * (double)row[c];
        for (int64_t c = 0; c < p->size && sum > (double)longest * (double)longest; c++)
            row[c] = (float)((double)row[c] * (double)longest / sqrt(sum));
    }
    for (int64_t i = 0; i < p->floats; i++)
        expect(i % p->stride < p->size || memcmp(&got[i], &GUARD, sizeof GUARD) == 0, "rows[%lld] was written to",
               (long long)i);
    expect_close("rows", got, want, p->floats, 1e-6);
}

void check_rows(void) {
    for (int s = 0; s < SIZE_COUNT; s++) {
        const struct fe_kernel *kernel;
        for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
            if (!fe_kernel_supported(kernel)) continue;
            static struct problem p;
            seed_random((uint64_t)s);
            fill(&p, SIZES[s], s % 3);
            begin_case("rows without padding, D=%lld, %s", (long long)SIZES[s], fe_kernel_name(kernel));
            if (k == 0) check_gather(&p);
            check_scatter(&p, kernel, s % 2);
            check_mean(&p, kernel, s / 2 % 2);
            check_renormalise(&p, kernel);
            end_case();
            release_memory();
        }
    }
}
