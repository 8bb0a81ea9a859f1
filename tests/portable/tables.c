/* Tables in training: ids brought together, sums of gradients, steps of optimisers, bags. Every kernel's results are
 * those of plain loops in double precision, and nothing past a row is touched. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "fastemb.h"

enum { ROWS = 29, IDS = 160, BAGS = 5, HOT = 4, PADDING = 2, MOST_WORKERS = 4 };
static const int64_t OFFSETS[BAGS + 1] = {0, 5, 5,
                                          6, 8, IDS}; /* one is empty, one longer than what is added at a time */
static const float GUARD = 77.0f;
static const double TOLERANCE = 5e-6; /* sums of up to 150 values */

struct problem {
    int64_t size, stride, floats;      /* the last row ends where the memory ends */
    float *rows, *gradients, *of_bags; /* gradients: IDS x size, of_bags: BAGS x size */
    float *first, *second;             /* ROWS x size */
    int64_t *ids, bag[IDS];            /* bag: of each id */
    float *factors;
    double *sums;        /* ROWS x size; of gradients */
    int64_t times[ROWS]; /* that each row is there, 0 for padding */
    struct fe_taken *sorted;
    int64_t count; /* of sorted */
};

static float *filled(int64_t count, float limit) {
    float *values = lend(count, sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = random_float(limit);
    return values;
}

static float *copied(const float *values, int64_t count) {
    return memcpy(lend(count, sizeof *values), values, (size_t)count * sizeof *values);
}

/* Half of the ids are one row, so that it has more gradients than are added at a time. */
static void fill(struct problem *p, int64_t size, int64_t gap) {
    *p = (struct problem){.size = size, .stride = size + gap, .floats = (ROWS - 1) * (size + gap) + size};
    p->rows = filled(p->floats, 1.0f);
    for (int64_t i = 0; i < p->floats; i++)
        if (i % p->stride >= size) p->rows[i] = GUARD;
    p->gradients = filled(IDS * size, 1.0f);
    p->of_bags = filled(BAGS * size, 1.0f);
    p->first = filled(ROWS * size, 1.0f);
    p->second = filled(ROWS * size, 1.0f);
    for (int64_t i = 0; i < ROWS * size; i++) p->second[i] = fabsf(p->second[i]);
    p->ids = lend(IDS, sizeof *p->ids);
    p->factors = lend(IDS, sizeof *p->factors);
    for (int64_t i = 0, b = 0; i < IDS; i++) {
        p->ids[i] = i % 2 ? HOT : random_below(ROWS);
        p->factors[i] = random_float(2.0f);
        while (i >= OFFSETS[b + 1]) b++;
        p->bag[i] = b;
    }
    p->ids[7] = ROWS - 1;
    p->ids[8] = 0;
    const struct fe_share all = {ROWS, PADDING, 0, 1};
    struct fe_taken taken[IDS], spare[IDS];
    p->count = fe_group_take(p->ids, IDS, &all, taken);
    const struct fe_taken *const sorted = fe_group_sort(taken, spare, p->count, ROWS);
    p->sorted = lend(p->count, sizeof *p->sorted);
    memcpy(p->sorted, sorted, (size_t)p->count * sizeof *sorted);
    for (int i = 0; i < IDS; i++) p->times[p->ids[i]] += p->ids[i] != PADDING;
    p->sums = lend(ROWS * size, sizeof *p->sums);
}

static void expect_guards(const struct problem *p, const float *rows) {
    for (int64_t i = 0; i < p->floats; i++)
        expect(i % p->stride < p->size || memcmp(&rows[i], &GUARD, sizeof GUARD) == 0, "rows[%lld] was written to",
               (long long)i);
}

/* ---- ids brought together ---- */

static void check_groups(int64_t rows, int64_t count, int64_t padding, int workers) {
    int64_t *ids = lend(count, sizeof *ids), *distinct = lend(count, sizeof *distinct);
    int *seen = lend(count, sizeof *seen);
    int64_t *owned[MOST_WORKERS], owns[MOST_WORKERS], total = 0;
    for (int64_t i = 0; i < count; i++) ids[i] = i % 3 ? random_below(rows) : i % rows;
    ids[count / 2] = rows - 1;
    for (int w = 0; w < workers; w++) {
        const struct fe_share share = {rows, padding, w, workers};
        struct fe_taken *taken = lend(count, sizeof *taken), *spare = lend(count, sizeof *spare);
        const int64_t own = fe_group_take(ids, count, &share, taken);
        expect(own >= 0, "worker %d took %lld ids", w, (long long)own);
        for (int64_t i = 1; i < own; i++) expect(taken[i - 1].position < taken[i].position, "ids are not in order");
        const struct fe_taken *sorted = fe_group_sort(taken, spare, own, rows);
        for (int64_t i = 0; i < own; i++) {
            expect(sorted[i].row == ids[sorted[i].position] && sorted[i].row != padding, "another row was taken");
            expect(!seen[sorted[i].position]++, "position %lld was taken twice", (long long)sorted[i].position);
            expect(i == 0 || sorted[i - 1].row < sorted[i].row ||
                       (sorted[i - 1].row == sorted[i].row && sorted[i - 1].position < sorted[i].position),
                   "place %lld is not in order", (long long)i);
        }
        owned[w] = lend(own, sizeof *owned[w]);
        owns[w] = fe_group_rows(sorted, own, NULL);
        expect(owns[w] == fe_group_rows(sorted, own, owned[w]), "rows are counted in two ways");
        expect(owns[w] == 0 || (owned[w][0] == sorted[0].row && owned[w][owns[w] - 1] == sorted[own - 1].row),
               "rows are not those of the ids");
        for (int64_t i = 1; i < owns[w]; i++) expect(owned[w][i - 1] < owned[w][i], "a row is there twice");
        total += owns[w];
        hash_bytes(sorted, own * (int64_t)sizeof *sorted);
    }
    for (int64_t i = 0; i < count; i++)
        expect(seen[i] == (ids[i] != padding), "id %lld was taken by %d", (long long)i, seen[i]);
    /* Rows of all workers get the places 0 ... total - 1, by their number. */
    for (int64_t i = 0; i < total; i++) distinct[i] = -1;
    for (int w = 0; w < workers; w++) {
        int64_t *places = lend(owns[w], sizeof *places);
        for (int64_t i = 0; i < owns[w]; i++) places[i] = i;
        for (int o = 0; o < workers; o++)
            if (o != w) fe_group_rank(owned[w], owns[w], owned[o], owns[o], places);
        for (int64_t i = 0; i < owns[w]; i++) {
            expect(places[i] < total && distinct[places[i]] < 0, "two rows have one place");
            distinct[places[i]] = owned[w][i];
        }
    }
    for (int64_t i = 1; i < total; i++) expect(distinct[i - 1] < distinct[i], "places are not by rows");
}

/* Rows next to each other, and every 1024th row, are shared out alike. */
static void check_shares(void) {
    enum { COUNT = 4000 };
    for (int64_t apart = 1; apart <= 1024; apart *= 32) {
        int64_t *ids = lend(COUNT, sizeof *ids);
        struct fe_taken *taken = lend(COUNT, sizeof *taken);
        for (int64_t i = 0; i < COUNT; i++) ids[i] = i * apart;
        for (int w = 0; w < MOST_WORKERS; w++) {
            const struct fe_share share = {COUNT * apart, -1, w, MOST_WORKERS};
            const int64_t own = fe_group_take(ids, COUNT, &share, taken);
            expect(own > COUNT / MOST_WORKERS * 4 / 5 && own < COUNT / MOST_WORKERS * 6 / 5,
                   "worker %d has %lld of %d rows", w, (long long)own, COUNT);
        }
    }
}

static void check_wrong_ids(void) {
    static const int64_t WRONG[] = {-1, ROWS, INT64_MIN, INT64_MAX, (int64_t)1 << 32};
    struct fe_taken taken[3];
    for (size_t w = 0; w < sizeof WRONG / sizeof *WRONG; w++)
        for (int at = 0; at < 3; at++)
            for (int worker = 0; worker < 2; worker++) {
                int64_t ids[3] = {0, ROWS - 1, 1};
                const struct fe_share share = {ROWS, -1, worker, 2};
                expect(fe_group_take(ids, 3, &share, taken) >= 0, "ids of the table are refused");
                ids[at] = WRONG[w];
                expect(fe_group_take(ids, 3, &share, taken) == -1, "id %lld is taken", (long long)WRONG[w]);
            }
}

/* ---- sums ---- */

enum { OF_IDS, WEIGHTED, BY_FREQUENCY, OF_BAGS, WEIGHTED_BAGS, WON, WAYS };

static struct fe_gradients gradients_of(struct problem *p, int way, int64_t *winners) {
    const int of_bags = way >= OF_BAGS;
    const struct fe_gradients gradients = {
        .rows = of_bags ? p->of_bags : p->gradients,
        .size = p->size,
        .source = of_bags ? p->bag : NULL,
        .factors = way == WEIGHTED || way == WEIGHTED_BAGS ? p->factors : NULL,
        .winners = way == WON ? winners : NULL,
        .by_frequency = way == BY_FREQUENCY,
    };
    for (int64_t i = 0; i < BAGS * p->size; i++) {
        const int64_t b = i / p->size, length = OFFSETS[b + 1] - OFFSETS[b];
        winners[i] = length > 0 ? OFFSETS[b] + random_below(length) : -1;
    }
    memset(p->sums, 0, (size_t)(ROWS * p->size) * sizeof *p->sums);
    for (int64_t i = 0; i < IDS; i++)
        for (int64_t c = 0; c < p->size && p->ids[i] != PADDING; c++) {
            const int64_t from = (of_bags ? p->bag[i] : i) * p->size + c;
            double g = (double)gradients.rows[from];
            if (gradients.factors != NULL) g *= (double)p->factors[i];
            if (gradients.winners != NULL && winners[from] != i) g = 0.0;
            if (gradients.by_frequency) g /= (double)p->times[p->ids[i]];
            p->sums[p->ids[i] * p->size + c] += g;
        }
    return gradients;
}

static void check_sums(struct problem *p, const struct fe_kernel *kernel, int way) {
    int64_t *winners = lend(BAGS * p->size, sizeof *winners), places[ROWS], rows[ROWS];
    const struct fe_gradients gradients = gradients_of(p, way, winners);
    const int64_t count = fe_group_rows(p->sorted, p->count, rows);
    float *got = lend(count * p->size, sizeof *got), *want = lend(count * p->size, sizeof *want);
    for (int64_t i = 0; i < count * p->size; i++) got[i] = GUARD;
    for (int64_t i = 0; i < count; i++) places[i] = count - 1 - i;
    fe_rows_sum(kernel, &gradients, p->sorted, p->count, places, got);
    for (int64_t i = 0; i < count * p->size; i++)
        want[(count - 1 - i / p->size) * p->size + i % p->size] = (float)p
                                                                      ->sums[rows[i / p->size] * p->size + i % p->size];
    expect_close("sums", got, want, count * p->size, TOLERANCE);
    hash_bytes(got, count * p->size * (int64_t)sizeof *got);
}

/* ---- steps ---- */

static const struct fe_rule RULES[] = {
    {FE_SGD, {.rate = 0.3f}},
    {FE_ADAGRAD, {.rate = 0.3f, .eps = 0.2f}},
    {FE_ROWWISE_ADAGRAD, {.rate = 0.3f, .eps = 0.2f}},
    {FE_ADAM, {.rate = 0.3f, .eps = 0.2f, .beta1 = 0.7f, .beta2 = 0.8f, .keep = 0.9f, .root = 1.5f}},
};
enum { RULE_COUNT = sizeof RULES / sizeof *RULES };

/* The formulas of rows.h. second: of row-wise Adagrad one value. */
static void step(const struct fe_rule *rule, int64_t size, const double *g, float *w, float *first, float *second) {
    const struct fe_step_sizes *by = &rule->sizes;
    const double rate = (double)by->rate, eps = (double)by->eps, beta1 = (double)by->beta1, beta2 = (double)by->beta2;
    double mean = 0.0;
    for (int64_t c = 0; c < size; c++) mean += g[c] * g[c] / (double)size;
    if (rule->kind == FE_ROWWISE_ADAGRAD) *second = (float)((double)*second + mean);
    for (int64_t c = 0; c < size; c++) {
        double change = g[c], keep = 1.0;
        if (rule->kind == FE_ADAGRAD) second[c] = (float)((double)second[c] + g[c] * g[c]);
        if (rule->kind == FE_ADAM) {
            first[c] = (float)((double)first[c] + (1.0 - beta1) * (g[c] - (double)first[c]));
            second[c] = (float)(beta2 * (double)second[c] + (1.0 - beta2) * g[c] * g[c]);
            change = (double)first[c] / ((double)by->root * sqrt((double)second[c]) + eps);
            keep = (double)by->keep;
        } else if (rule->kind != FE_SGD) {
            change /= sqrt((double)(rule->kind == FE_ADAGRAD ? second[c] : *second)) + eps;
        }
        w[c] = (float)(keep * (double)w[c] - rate * change);
    }
}

struct trained {
    float *rows, *first, *second;
};

static struct trained start(const struct problem *p) {
    return (struct trained){copied(p->rows, p->floats), copied(p->first, ROWS * p->size),
                            copied(p->second, ROWS * p->size)};
}

static struct fe_trained table_of(const struct problem *p, const struct trained *t, const struct fe_rule *rule) {
    const int has_second = rule->kind != FE_SGD;
    return (struct fe_trained){
        {t->rows, p->stride, p->size}, rule->kind == FE_ADAM ? t->first : NULL, has_second ? t->second : NULL};
}

/* Steps by p->sums on the rows that are there, or on all. */
static struct trained stepped(const struct problem *p, const struct fe_rule *rule, int on_all) {
    const struct trained t = start(p);
    for (int64_t r = 0; r < ROWS; r++) {
        const int64_t at = rule->kind == FE_ROWWISE_ADAGRAD ? r : r * p->size;
        if (on_all || p->times[r] > 0)
            step(rule, p->size, p->sums + r * p->size, t.rows + r * p->stride, t.first + r * p->size, t.second + at);
    }
    return t;
}

static void expect_trained(const struct problem *p, const struct trained *got, const struct trained *want) {
    expect_close("rows", got->rows, want->rows, p->floats, TOLERANCE);
    expect_close("first", got->first, want->first, ROWS * p->size, TOLERANCE);
    expect_close("second", got->second, want->second, ROWS * p->size, TOLERANCE);
    expect_guards(p, got->rows);
    hash_bytes(got->rows, p->floats * (int64_t)sizeof *got->rows);
    hash_bytes(got->second, ROWS * p->size * (int64_t)sizeof *got->second);
}

static void check_learn(struct problem *p, const struct fe_kernel *kernel, const struct fe_rule *rule, int way) {
    const struct trained got = start(p);
    const struct fe_trained to = table_of(p, &got, rule);
    const struct fe_gradients gradients = gradients_of(p, way, lend(BAGS * p->size, sizeof(int64_t)));
    const struct trained want = stepped(p, rule, 0);
    fe_rows_learn(kernel, &to, rule, &gradients, p->sorted, p->count, lend(p->size, sizeof(float)));
    expect_trained(p, &got, &want);
}

static void check_apply(struct problem *p, const struct fe_kernel *kernel, const struct fe_rule *rule, int on_all) {
    const struct trained got = start(p);
    const struct fe_trained to = table_of(p, &got, rule);
    const int64_t count = on_all ? ROWS : fe_group_rows(p->sorted, p->count, NULL);
    int64_t *indices = lend(count, sizeof *indices);
    if (!on_all) fe_group_rows(p->sorted, p->count, indices);
    float *values = lend(count * p->size, sizeof *values);
    for (int64_t i = 0; i < count * p->size; i++) {
        values[i] = random_float(1.0f);
        p->sums[(on_all ? i / p->size : indices[i / p->size]) * p->size + i % p->size] = (double)values[i];
    }
    const struct trained want = stepped(p, rule, on_all);
    fe_rows_apply(kernel, &to, rule, on_all ? NULL : indices, count, values);
    expect_trained(p, &got, &want);
}

static void check_descend(struct problem *p, const struct fe_kernel *kernel, int way) {
    const struct trained got = start(p);
    const struct fe_rows to = {got.rows, p->stride, p->size};
    const struct fe_gradients gradients = gradients_of(p, way, lend(BAGS * p->size, sizeof(int64_t)));
    const struct trained want = stepped(p, &RULES[0], 0);
    const struct fe_share all = {ROWS, PADDING, 0, 1};
    struct fe_taken unsorted[IDS];
    const int64_t count = fe_group_take(p->ids, IDS, &all, unsorted);
    fe_rows_descend(kernel, &to, RULES[0].sizes.rate, &gradients, unsorted, count);
    expect_trained(p, &got, &want);
}

/* A gradient of zero on moments of zero moves nothing, without an eps too; squares that no float holds are infinite
 * where each has its own, and their mean is not. */
static void check_extremes(const struct problem *p, const struct fe_kernel *kernel) {
    float *zeros = lend(ROWS * p->size, sizeof *zeros), *large = lend(ROWS * p->size, sizeof *large);
    for (int64_t i = 0; i < ROWS * p->size; i++) large[i] = 1.5e19f;
    for (int r = 0; r < RULE_COUNT; r++) {
        struct fe_rule rule = RULES[r];
        rule.sizes.eps = 0.0f;
        rule.sizes.keep = 1.0f;
        const struct trained got = {copied(p->rows, p->floats), copied(zeros, ROWS * p->size),
                                    copied(zeros, ROWS * p->size)};
        const struct fe_trained to = table_of(p, &got, &rule);
        fe_rows_apply(kernel, &to, &rule, NULL, ROWS, zeros);
        expect(memcmp(got.rows, p->rows, (size_t)p->floats * sizeof *got.rows) == 0, "rule %d moves by zero", r);
        if (rule.kind != FE_ROWWISE_ADAGRAD) continue;
        fe_rows_apply(kernel, &to, &rule, NULL, ROWS, large);
        for (int64_t i = 0; i < ROWS; i++)
            expect(fabs((double)got.second[i] / 2.25e38 - 1.0) < 1e-5, "a mean of squares is %g",
                   (double)got.second[i]);
    }
}

static void check_shorten(const struct problem *p, const struct fe_kernel *kernel, double power) {
    float *got = copied(p->rows, p->floats), *want = copied(p->rows, p->floats);
    const struct fe_rows to = {got, p->stride, p->size};
    double norms[ROWS], longest = 0.0;
    const int64_t last = (ROWS - 1) * p->stride; /* this row and the first have no norm; both are among the ids */
    for (int64_t r = 0; r < ROWS; r++) {
        norms[r] = 0.0;
        for (int64_t c = 0; c < p->size; c++) {
            const double a = fabs((double)p->rows[r * p->stride + c]);
            if (power > DBL_MAX) norms[r] = a > norms[r] ? a : norms[r];
            else norms[r] += power == 1.0 ? a : power == 2.0 ? a * a : a * a * a;
        }
        if (power == 2.0) norms[r] = sqrt(norms[r]);
        if (power == 3.0) norms[r] = cbrt(norms[r]);
        longest += norms[r] / ROWS; /* some rows are longer, some are not */
    }
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t c = 0; c < p->size && p->times[r] > 0 && norms[r] > longest; c++)
            want[r * p->stride + c] = (float)((double)want[r * p->stride + c] * longest / norms[r]);
    got[last] = NAN;
    got[p->size - 1] = INFINITY;
    fe_rows_shorten(kernel, &to, p->sorted, p->count, longest, power);
    expect(isnan(got[last]) && isinf(got[p->size - 1]), "values that are not finite are changed");
    got[last] = p->rows[last];
    got[p->size - 1] = p->rows[p->size - 1];
    memcpy(want + last, p->rows + last, (size_t)p->size * sizeof *want);
    memcpy(want, p->rows, (size_t)p->size * sizeof *want);
    expect_close("rows", got, want, p->floats, 1e-6);
    for (int64_t r = 0; r < ROWS; r++)
        expect((p->times[r] > 0 && norms[r] > longest * (1.0 + 1e-5)) || norms[r] > longest * (1.0 - 1e-5) ||
                   memcmp(got + r * p->stride, p->rows + r * p->stride, (size_t)p->size * sizeof *got) == 0,
               "row %d is changed", (int)r);
    expect_guards(p, got);
    if (power != 3.0) hash_bytes(got, p->floats * (int64_t)sizeof *got);
}

static void check_finite(const struct problem *p, const struct fe_kernel *kernel) {
    const float unusual[] = {NAN, INFINITY, -INFINITY};
    float *values = filled(p->size, 1.0f);
    for (int64_t c = 0; c < p->size; c++)
        if (c % 3) values[c] = c % 3 == 1 ? FLT_MAX : -FLT_MAX;
    expect(fe_rows_finite(kernel, values, p->size), "finite values are refused");
    expect(fe_rows_finite(kernel, values, 0), "no values are refused");
    for (int64_t c = 0; c < p->size; c++)
        for (int u = 0; u < 3; u++) {
            const float kept = values[c];
            values[c] = unusual[u];
            expect(!fe_rows_finite(kernel, values, p->size), "value %lld is not seen", (long long)c);
            expect(fe_rows_finite(kernel, values, c), "a value past the end is seen");
            values[c] = kept;
        }
}

/* ---- bags ---- */

static void check_pool(struct problem *p, const struct fe_kernel *kernel, int mean, int is_weighted) {
    const struct fe_const_rows from = {p->rows, p->stride, p->size};
    float *got = lend(BAGS * p->size, sizeof *got), *want = lend(BAGS * p->size, sizeof *want);
    for (int64_t i = 0; i < BAGS * p->size; i++) got[i] = want[i] = GUARD;
    for (int64_t begin = 1; begin >= 0; begin--) { /* the others, then the first */
        const struct fe_id_bags bags = {p->ids, OFFSETS, is_weighted ? p->factors : NULL,
                                        mean,   begin,   begin ? BAGS : 1};
        fe_bags_pool(kernel, &from, &bags, got);
        expect(begin == 0 || memcmp(got, want, (size_t)p->size * sizeof *got) == 0, "a bag of others was written to");
    }
    for (int64_t i = 0; i < BAGS * p->size; i++) {
        const int64_t b = i / p->size, length = OFFSETS[b + 1] - OFFSETS[b];
        double sum = 0.0;
        for (int64_t e = OFFSETS[b]; e < OFFSETS[b + 1]; e++)
            sum += (is_weighted ? (double)p->factors[e] : 1.0) * (double)p->rows[p->ids[e] * p->stride + i % p->size];
        want[i] = (float)(mean && length > 0 ? sum / (double)length : sum);
    }
    expect_close("bags", got, want, BAGS * p->size, TOLERANCE);
    hash_bytes(got, BAGS * p->size * (int64_t)sizeof *got);
}

static void check_max(struct problem *p) {
    float *rows = copied(p->rows, p->floats);
    rows[(ROWS - 1) * p->stride] = NAN; /* id 7 */
    const struct fe_const_rows from = {rows, p->stride, p->size};
    const struct fe_id_bags bags = {p->ids, OFFSETS, NULL, 0, 0, BAGS};
    float *got = lend(BAGS * p->size, sizeof *got);
    int64_t *winners = lend(BAGS * p->size, sizeof *winners);
    fe_bags_max(&from, &bags, got, winners);
    for (int64_t i = 0; i < BAGS * p->size; i++) {
        const int64_t b = i / p->size;
        float most = 0.0f;
        int64_t winner = -1;
        for (int64_t e = OFFSETS[b]; e < OFFSETS[b + 1] && !isnan(most); e++) {
            const float value = rows[p->ids[e] * p->stride + i % p->size];
            if (winner >= 0 && !isnan(value) && value <= most) continue;
            most = value;
            winner = e;
        }
        expect(winners[i] == winner && memcmp(&got[i], &most, sizeof most) == 0, "column %lld is %g of id %lld",
               (long long)i, (double)got[i], (long long)winners[i]);
    }
    hash_bytes(winners, BAGS * p->size * (int64_t)sizeof *winners);
}

static void check_products(struct problem *p, const struct fe_kernel *kernel) {
    const struct fe_const_rows from = {p->rows, p->stride, p->size};
    float got[IDS], want[IDS];
    for (int64_t e = 0; e < IDS; e++) {
        double sum = 0.0;
        for (int64_t c = 0; c < p->size; c++)
            sum += (double)p->rows[p->ids[e] * p->stride + c] * (double)p->of_bags[p->bag[e] * p->size + c];
        want[e] = (float)sum;
    }
    const struct fe_id_bags first = {p->ids, OFFSETS, NULL, 0, 0, 2}, others = {p->ids, OFFSETS, NULL, 0, 2, BAGS};
    fe_bags_products(kernel, &from, &others, p->of_bags, got);
    fe_bags_products(kernel, &from, &first, p->of_bags, got);
    expect_close("products", got, want, IDS, TOLERANCE);
    hash_bytes(got, (int64_t)sizeof got);
}

static void check_problem(int s, const struct fe_kernel *kernel) {
    static const double POWERS[] = {1.0, 2.0, 3.0, (double)INFINITY};
    static struct problem p;
    for (int part = 0; part < WAYS + RULE_COUNT + 2; part++) { /* memory is lent to each */
        seed_random((uint64_t)(s * 100 + part));
        fill(&p, SIZES[s], s % 3);
        begin_case("tables, D=%lld, part %d, %s", (long long)SIZES[s], part, fe_kernel_name(kernel));
        if (part < WAYS) {
            check_sums(&p, kernel, part);
            if (part != BY_FREQUENCY && part != WON) check_descend(&p, kernel, part);
        } else if (part < WAYS + RULE_COUNT) {
            check_learn(&p, kernel, &RULES[part - WAYS], s % WAYS);
            check_apply(&p, kernel, &RULES[part - WAYS], s % 2);
        } else if (part == WAYS + RULE_COUNT) {
            check_extremes(&p, kernel);
            check_shorten(&p, kernel, POWERS[s % 4]);
            check_finite(&p, kernel);
        } else {
            check_pool(&p, kernel, s % 2, s / 2 % 2);
            check_pool(&p, kernel, !(s % 2), s / 2 % 2);
            check_products(&p, kernel);
            check_max(&p);
        }
        end_case();
        release_memory();
    }
}

void check_tables(void) {
    static const int64_t TABLES[] = {1, 2, 3, 255, 256, 257, 2048, 2049, 70000, 5000000, 4294967295};
    for (size_t t = 0; t < sizeof TABLES / sizeof *TABLES; t++)
        for (int workers = 1; workers <= MOST_WORKERS; workers++) {
            seed_random(t);
            begin_case("ids of %lld rows, %d workers", (long long)TABLES[t], workers);
            check_groups(TABLES[t], 400, workers % 2 ? -1 : TABLES[t] / 2, workers);
            end_case();
            release_memory();
        }
    begin_case("rows are shared out alike");
    check_shares();
    check_wrong_ids();
    end_case();
    release_memory();
    for (int s = 0; s < SIZE_COUNT; s++) {
        const struct fe_kernel *kernel;
        for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++)
            if (fe_kernel_supported(kernel)) check_problem(s, kernel);
    }
}
