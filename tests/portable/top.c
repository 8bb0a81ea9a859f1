/* The best rows: each kernel's are those of all products in double precision, up to rounding. */
#include <float.h>
#include <math.h>

#include "check.h"
#include "fastemb.h"

enum { ROWS = 150, MOST_QUERIES = 13, BEST = 9 };
static const double TOLERANCE = 2e-6; /* of the lengths' product */

struct problem {
    struct fe_top top;
    double score[MOST_QUERIES][ROWS], error[MOST_QUERIES][ROWS];
    int allowed[MOST_QUERIES][ROWS];
};

static void multiply_all(struct problem *p) {
    const struct fe_top *top = &p->top;
    for (int64_t q = 0; q < top->count; q++) {
        for (int64_t r = 0; r < ROWS; r++) {
            double sum = 0.0, row = 0.0, query = 0.0;
            for (int64_t c = 0; c < top->size; c++) {
                const double x = (double)top->rows[r * top->stride + c] * (double)(top->scale ? top->scale[r] : 1.0f);
                const double y = (double)top->queries[q * top->size + c];
                sum += x * y;
                row += x * x;
                query += y * y;
            }
            p->score[q][r] = sum;
            p->error[q][r] = fabs(sum) <= DBL_MAX ? TOLERANCE * sqrt(row * query) : 0.0;
        }
    }
}

static void check_results(const struct problem *p, const float *scores, const int64_t *rows) {
    for (int64_t q = 0; q < p->top.count; q++) {
        int taken[ROWS] = {0};
        int64_t allowed = 0, found = 0;
        for (int r = 0; r < ROWS; r++) allowed += p->allowed[q][r] && p->score[q][r] > -(double)INFINITY;
        for (; found < p->top.n && rows[q * p->top.n + found] >= 0; found++) {
            const int64_t at = q * p->top.n + found, row = rows[at];
            const double want = row < ROWS ? p->score[q][row] : 0.0;
            expect(row < ROWS && p->allowed[q][row] && !taken[row], "query %d has row %d", (int)q, (int)row);
            taken[row] = 1;
            expect((double)scores[at] == want || fabs((double)scores[at] - want) <= p->error[q][row],
                   "row %d of query %d scores %.9g, not %.9g", (int)row, (int)q, (double)scores[at], want);
            expect(found == 0 || scores[at - 1] > scores[at] || (scores[at - 1] == scores[at] && rows[at - 1] < row),
                   "row %d of query %d is not in order", (int)row, (int)q);
        }
        expect(found == (allowed < p->top.n ? allowed : p->top.n), "%d rows of query %d", (int)found, (int)q);
        if (found == 0) continue;
        const int64_t worst = rows[q * p->top.n + found - 1];
        for (int r = 0; r < ROWS && found == p->top.n; r++)
            expect(taken[r] || !p->allowed[q][r] ||
                       !(p->score[q][r] - p->error[q][r] > p->score[q][worst] + p->error[q][worst]),
                   "query %d lacks row %d, which scores %.9g", (int)q, r, p->score[q][r]);
    }
}

/* Looks at all places in two ranges, with every kernel. */
static void check_kernels(struct problem *p, int64_t places, int64_t number, const char *coding) {
    const struct fe_top *top = &p->top;
    float *scores = lend(top->count * top->n, sizeof *scores);
    int64_t *best = lend(top->count * top->n, sizeof *best);
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        begin_case("best rows of %d queries, %s, number %d, D=%lld, %s", (int)top->count, coding, (int)number,
                   (long long)top->size, fe_kernel_name(kernel));
        void *workspace = lend((int64_t)fe_top_workspace_size(kernel, top), 1);
        fe_top_scan(kernel, top, 0, places / 3, workspace);
        fe_top_scan(kernel, top, places / 3, places, workspace);
        fe_top_results(top, scores, best);
        check_results(p, scores, best);
        hash_bytes(scores, top->count * top->n * (int64_t)sizeof *scores);
        hash_bytes(best, top->count * top->n * (int64_t)sizeof *best);
        end_case();
    }
}

/* Rows of 8 bits in memory of their own, which ends with the last one; the floats stand for the same. */
static void store_int8(struct problem *p) {
    const int64_t size = p->top.size;
    int8_t *stored = lend(ROWS * size, 1);
    float *rows = lend(ROWS * size, sizeof *rows);
    for (int64_t i = 0; i < ROWS * size; i++) rows[i] = (float)(stored[i] = (int8_t)(random_below(256) - 128));
    p->top.rows = rows;
    p->top.stride = size;
    p->top.codes = (struct fe_codes){.coding = FE_INT8, .rows = (const uint8_t *)stored, .stride = size};
}

static void check_problem(int64_t size, int64_t count, int64_t number) {
    static struct problem p;
    seed_random((uint64_t)number);
    const int64_t stride = (size + 15) / 16 * 16;
    float *rows = lend((ROWS - 1) * stride + size, sizeof *rows), *queries = lend(count * size, sizeof *queries);
    float *scale = lend(ROWS, sizeof *scale);
    int64_t *candidates = lend(ROWS, sizeof *candidates), *exclude = lend(2 * count, sizeof *exclude);
    int64_t *exclude_offsets = lend(count + 1, sizeof *exclude_offsets), candidate_count = 0;
    const int is_hostile = number % 2 != 0;
    for (int64_t r = 0; r < ROWS; r++) {
        const float length = !is_hostile || r % 8 > 2 ? 1.0f : r % 8 == 0 ? 1e-18f : r % 8 == 1 ? 1e16f : 0.0f;
        for (int64_t c = 0; c < size; c++) rows[r * stride + c] = random_float(length);
        scale[r] = 1.0f + random_float(0.5f);
        if (random_below(2) == 0) candidates[candidate_count++] = r;
    }
    if (is_hostile) {
        rows[20 * stride] = NAN;
        rows[44 * stride + size - 1] = INFINITY;
        rows[77 * stride] = -INFINITY;
    }
    for (int64_t i = 0; i < count * size; i++) queries[i] = random_float(1.0f);
    for (int64_t c = 0; c < size && count > 4; c++) queries[4 * size + c] = 0.0f;
    for (int64_t q = 0; q < count; q++) {
        exclude_offsets[q + 1] = 2 * (q + 1);
        exclude[2 * q] = random_below(ROWS / 2);
        exclude[2 * q + 1] = ROWS / 2 + random_below(ROWS / 2);
    }
    p.top = (struct fe_top){.rows = rows,
                            .stride = stride,
                            .size = size,
                            .scale = number % 3 == 0 ? scale : NULL,
                            .candidates = number % 4 == 2 ? candidates : NULL,
                            .queries = queries,
                            .count = count,
                            .exclude_offsets = number % 5 < 2 ? exclude_offsets : NULL,
                            .exclude = exclude,
                            .n = number % 7 == 0   ? 1
                                 : number % 7 == 1 ? 100
                                                   : BEST};
    p.top.heaps = lend(count * p.top.n, sizeof *p.top.heaps);
    p.top.kept = lend(count, sizeof *p.top.kept);
    const int64_t places = p.top.candidates != NULL ? candidate_count : ROWS;
    multiply_all(&p);
    for (int64_t q = 0; q < count; q++) {
        for (int64_t r = 0; r < ROWS; r++) p.allowed[q][r] = p.top.candidates == NULL;
        for (int64_t i = 0; p.top.candidates != NULL && i < places; i++) p.allowed[q][candidates[i]] = 1;
        if (p.top.exclude_offsets != NULL) p.allowed[q][exclude[2 * q]] = p.allowed[q][exclude[2 * q + 1]] = 0;
    }
    check_kernels(&p, places, number, "floats");
    store_int8(&p);
    multiply_all(&p);
    check_kernels(&p, places, number, "8 bits");
    release_memory();
}

void check_top(void) {
    static const int64_t COUNTS[] = {1, 2, 3, 6, 7, MOST_QUERIES};
    int64_t number = 0;
    for (int s = 0; s < SIZE_COUNT; s++)
        for (int c = 0; c < 6; c++)
            if (SIZES[s] < 100 || c > 3) check_problem(SIZES[s], COUNTS[c], number++);
}
