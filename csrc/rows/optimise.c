/* Gradients of equal ids summed, and steps of optimisers with them. */
#include "rows/rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/kernel.h"

enum {
    AHEAD = 24,   /* ids whose memory is sent for before their turn */
    TOGETHER = 32 /* rows that are added at a time */
};

static const float *gradient_of(const struct fe_gradients *gradients, int64_t position) {
    const int64_t row = gradients->source != NULL ? gradients->source[position] : position;
    return gradients->rows + row * gradients->size;
}

static inline void send_for_gradient(const struct fe_gradients *gradients, const struct fe_taken *taken, int64_t count,
                                     int64_t i) {
    if (i >= count) return;
    const float *const row = gradient_of(gradients, taken[i].position);
    for (int64_t c = 0; c < gradients->size; c += FE_LINE) FE_PREFETCH(row + c);
}

static inline void send_for_row(const float *row, int64_t size) {
    for (int64_t c = 0; c < size; c += FE_LINE) FE_PREFETCH_WRITE(row + c);
}

static void send_for_trained(const struct fe_trained *to, int64_t row) {
    const int64_t size = to->table.size;
    send_for_row(to->table.values + row * to->table.stride, size);
    if (to->first != NULL) send_for_row(to->first + row * size, size);
    if (to->second != NULL) send_for_row(to->second + row * size, size);
}

static void add_won(const struct fe_gradients *gradients, int64_t position, float *sum) {
    const float *const row = gradient_of(gradients, position);
    const int64_t *const winners = gradients->winners + (row - gradients->rows);
    for (int64_t c = 0; c < gradients->size; c++) sum[c] += winners[c] == position ? row[c] : 0.0f;
}

/* The sum of the gradients of one row, taken[0] ... taken[run - 1] of `count`: in sum, or where it lies. */
static const float *sum_of_run(const struct fe_kernel *kernel, const struct fe_gradients *gradients,
                               const struct fe_taken *taken, int64_t run, int64_t count, float *sum) {
    if (gradients->winners != NULL) {
        memset(sum, 0, (size_t)gradients->size * sizeof *sum);
        for (int64_t i = 0; i < run; i++) add_won(gradients, taken[i].position, sum);
        return sum;
    }
    if (run == 1 && gradients->factors == NULL) {
        send_for_gradient(gradients, taken, count, AHEAD);
        return gradient_of(gradients, taken[0].position);
    }
    for (int64_t begin = 0; begin < run; begin += TOGETHER) {
        const float *rows[TOGETHER];
        float factors[TOGETHER];
        const int m = (int)(run - begin < TOGETHER ? run - begin : TOGETHER);
        for (int i = 0; i < m; i++) {
            const int64_t position = taken[begin + i].position;
            send_for_gradient(gradients, taken, count, begin + i + AHEAD);
            rows[i] = gradient_of(gradients, position);
            factors[i] = gradients->factors != NULL ? gradients->factors[position] : 1.0f;
        }
        kernel->combine(rows, gradients->factors != NULL ? factors : NULL, m, gradients->size, begin > 0, sum);
    }
    if (gradients->by_frequency && run > 1) kernel->multiply(sum, 1.0f / (float)run, gradients->size);
    return sum;
}

static int64_t run_length(const struct fe_taken *taken, int64_t count) {
    int64_t run = 1;
    while (run < count && taken[run].row == taken[0].row) run++;
    return run;
}

void fe_rows_sum(const struct fe_kernel *kernel, const struct fe_gradients *gradients, const struct fe_taken *taken,
                 int64_t count, const int64_t *places, float *values) {
    int64_t run;
    for (int64_t i = 0; i < count; i += run) {
        run = run_length(taken + i, count - i);
        float *const to = values + *places++ * gradients->size;
        const float *const sum = sum_of_run(kernel, gradients, taken + i, run, count - i, to);
        if (sum != to) memcpy(to, sum, (size_t)gradients->size * sizeof *to);
    }
}

/* The mean of squares of a row; where they do not fit a float, in double. */
static float mean_square(const struct fe_kernel *kernel, const float *row, int64_t size) {
    const float length = kernel->length(row, 1.0f, size);
    if (length >= FE_SHORTEST && length <= FE_LONGEST) return length * length / (float)size;
    double sum = 0.0;
    for (int64_t c = 0; c < size; c++) sum += (double)row[c] * (double)row[c];
    return (float)(sum / (double)size);
}

static void step_on_row(const struct fe_kernel *kernel, const struct fe_trained *to, const struct fe_rule *rule,
                        int64_t row, const float *gradient) {
    const struct fe_step_sizes *const by = &rule->sizes;
    const int64_t size = to->table.size;
    float *const values = to->table.values + row * to->table.stride;
    switch (rule->kind) {
    case FE_SGD: kernel->add(values, -by->rate, gradient, size); return;
    case FE_ADAGRAD: kernel->adagrad(values, to->second + row * size, gradient, size, by); return;
    case FE_ROWWISE_ADAGRAD: {
        float *const second = to->second + row;
        *second += mean_square(kernel, gradient, size);
        const float divisor = sqrtf(*second) + by->eps;
        kernel->add(values, -by->rate / (divisor > FLT_MIN ? divisor : FLT_MIN), gradient, size);
        return;
    }
    case FE_ADAM: kernel->adam(values, to->first + row * size, to->second + row * size, gradient, size, by); return;
    }
}

void fe_rows_apply(const struct fe_kernel *kernel, const struct fe_trained *to, const struct fe_rule *rule,
                   const int64_t *indices, int64_t count, const float *values) {
    const int whole_rows = rule->kind != FE_ROWWISE_ADAGRAD;
    for (int64_t i = 0; i < count; i++, values += to->table.size) {
        if (indices != NULL && i + AHEAD < count && whole_rows) send_for_trained(to, indices[i + AHEAD]);
        step_on_row(kernel, to, rule, indices != NULL ? indices[i] : i, values);
    }
}

void fe_rows_learn(const struct fe_kernel *kernel, const struct fe_trained *to, const struct fe_rule *rule,
                   const struct fe_gradients *gradients, const struct fe_taken *taken, int64_t count, float *sum) {
    const struct fe_trained sent = {to->table, to->first, rule->kind != FE_ROWWISE_ADAGRAD ? to->second : NULL};
    int64_t run, asked = 0; /* rows up to taken[asked - 1] have been sent for */
    for (int64_t i = 0; i < count; i += run) {
        run = run_length(taken + i, count - i);
        for (; asked < count && asked <= i + run - 1 + AHEAD; asked++)
            if (asked == 0 || taken[asked].row != taken[asked - 1].row) send_for_trained(&sent, taken[asked].row);
        step_on_row(kernel, to, rule, taken[i].row, sum_of_run(kernel, gradients, taken + i, run, count - i, sum));
    }
}

void fe_rows_descend(const struct fe_kernel *kernel, const struct fe_rows *to, float rate,
                     const struct fe_gradients *gradients, const struct fe_taken *taken, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const int64_t position = taken[i].position;
        if (i + AHEAD < count) send_for_row(to->values + taken[i + AHEAD].row * to->stride, to->size);
        send_for_gradient(gradients, taken, count, i + AHEAD);
        const float factor = gradients->factors != NULL ? gradients->factors[position] : 1.0f;
        kernel->add(to->values + taken[i].row * to->stride, -rate * factor, gradient_of(gradients, position), to->size);
    }
}

static double norm_of(const struct fe_kernel *kernel, const float *row, int64_t size, double p) {
    if (p == 2.0) {
        const float length = kernel->length(row, 1.0f, size);
        if (length >= FE_SHORTEST && length <= FE_LONGEST) return (double)length;
    }
    double most = 0.0, sum = 0.0;
    for (int64_t c = 0; c < size; c++) {
        const double a = fabs((double)row[c]);
        if (a != a) return a; /* NaN */
        most = a > most ? a : most;
    }
    if (p > DBL_MAX || most == 0.0 || most > DBL_MAX) return most;
    for (int64_t c = 0; c < size; c++) {
        const double a = fabs((double)row[c]) / most; /* so that no power overflows */
        sum += p == 1.0 ? a : p == 2.0 ? a * a : pow(a, p);
    }
    return most * (p == 1.0 ? sum : p == 2.0 ? sqrt(sum) : pow(sum, 1.0 / p));
}

void fe_rows_shorten(const struct fe_kernel *kernel, const struct fe_rows *to, const struct fe_taken *taken,
                     int64_t count, double longest, double p) {
    for (int64_t i = 0; i < count; i++) {
        if (i + AHEAD < count) send_for_row(to->values + taken[i + AHEAD].row * to->stride, to->size);
        if (i > 0 && taken[i].row == taken[i - 1].row) continue;
        float *const row = to->values + taken[i].row * to->stride;
        const double norm = norm_of(kernel, row, to->size, p);
        if (norm > longest && norm <= DBL_MAX) kernel->multiply(row, (float)(longest / (norm + 1e-7)), to->size);
    }
}

int fe_rows_finite(const struct fe_kernel *kernel, const float *values, int64_t count) {
    return kernel->finite(values, count);
}
