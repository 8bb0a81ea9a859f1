/* fe_train_texts: a text is a bag of rows, its classes are the outputs (Joulin et al. 2017, "Bag of tricks for
 * efficient text classification").
 *
 * A step has one input, the mean of the text's rows, so most of its time goes into these: they are gathered, and take
 * the change back. They are anywhere in a large matrix. So while the rows of a text are gathered those of the next are
 * sent for, a few at a time. */
#include "train/labels.h"

#include <string.h>

#include "common/carve.h"
#include "common/compiler.h"
#include "kernels/kernel.h"
#include "train/sample.h"

enum {
    TOGETHER = 8,     /* rows that are gathered at a time, and as many are sent for */
    TRIES = 16,       /* draws for each negative: with two classes every other draw is the text's own */
    ROWS_AHEAD = 4,   /* texts, until one whose rows' numbers are sent for */
    MOST_AHEAD = 512, /* of these */
};

struct learner {
    const struct fe_kernel *kernel;
    const struct fe_class_job *job;
    float *hidden, *change; /* stride */
    int32_t *outputs;       /* rows of `out` */
    uint8_t *labels;        /* of these, as bits */
    float **o;
    float *g, *step_change; /* of the kernel */
    uint64_t class_key, negative_key;
    const int32_t *ahead; /* rows that the next text takes, and are not sent for yet */
    int64_t ahead_count;
    int64_t rows_read;
    struct fe_done done;
};

static int64_t most_outputs(const struct fe_classes *classes) {
    if (classes->kind == FE_CLASS_PATHS) return (int64_t)classes->paths.longest + 1;
    if (classes->kind == FE_CLASS_NEGATIVES) return (int64_t)classes->negatives.count + 1;
    return classes->count;
}

static void lay_out(struct learner *t, const struct fe_class_job *job, struct carver *c) {
    const int64_t outputs = most_outputs(&job->classes);
    t->hidden = carve(c, job->stride, sizeof *t->hidden);
    t->change = carve(c, job->stride, sizeof *t->change);
    t->outputs = carve(c, outputs, sizeof *t->outputs);
    t->labels = carve(c, outputs / 8 + 1, sizeof *t->labels);
    t->o = carve(c, outputs, sizeof *t->o);
    t->g = carve(c, FE_STEP_G(outputs), sizeof *t->g);
    t->step_change = carve(c, FE_STEP_CHANGE(outputs), sizeof *t->step_change);
}

size_t fe_class_workspace_size(const struct fe_class_job *job) {
    struct learner t;
    struct carver c = {NULL, 0};
    lay_out(&t, job, &c);
    return c.used;
}

/* ---- inputs ---- */

static inline void send_some(struct learner *t) {
    const struct fe_class_job *job = t->job;
    for (int i = 0; i < TOGETHER && t->ahead_count > 0; i++, t->ahead++, t->ahead_count--) {
        const float *row = job->in + *t->ahead * job->stride;
        for (int64_t c = 0; c < job->size; c += FE_LINE) FE_PREFETCH_WRITE(row + c);
    }
}

/* hidden = the mean of the rows */
static void gather(struct learner *t, const int32_t *rows, int64_t count) {
    const struct fe_class_job *job = t->job;
    for (int64_t at = 0; at < count; at += TOGETHER) {
        const int m = (int)(count - at < TOGETHER ? count - at : TOGETHER);
        const float *some[TOGETHER];
        for (int i = 0; i < m; i++) some[i] = job->in + rows[at + i] * job->stride;
        t->kernel->combine(some, NULL, m, job->stride, at > 0, t->hidden);
        send_some(t);
    }
    t->kernel->multiply(t->hidden, 1.0f / (float)count, job->stride);
    t->rows_read += count;
}

/* Each row takes its share of the change: the gradient of a mean. */
static void scatter(struct learner *t, const int32_t *rows, int64_t count) {
    const struct fe_class_job *job = t->job;
    float shares[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) shares[i] = 1.0f / (float)count;
    for (int64_t at = 0; at < count; at += TOGETHER) {
        const int m = (int)(count - at < TOGETHER ? count - at : TOGETHER);
        float *some[TOGETHER];
        for (int i = 0; i < m; i++) some[i] = job->in + rows[at + i] * job->stride;
        t->kernel->scatter(some, m, shares, job->size, t->change);
        send_some(t);
    }
}

/* ---- outputs ---- */

static inline void label(struct learner *t, int64_t n) { t->labels[n / 8] |= (uint8_t)(1 << n % 8); }

static int add_negatives(struct learner *t, int32_t own, int64_t place) {
    const struct fe_negatives *negatives = &t->job->classes.negatives;
    const uint64_t key = fe_draw(t->negative_key, (uint64_t)place);
    int n = 1;
    for (uint64_t k = 0; n <= negatives->count && k < (uint64_t)TRIES * (uint64_t)negatives->count; k++) {
        const int32_t row = fe_alias_draw(negatives->noise, (uint32_t)negatives->words, fe_draw(key, k));
        if (row != own) t->outputs[n++] = row;
    }
    return n;
}

/* The outputs of a text that learns class `own`, or with FE_EACH_CLASS all `count` classes; returns their number. */
static int find_outputs(struct learner *t, int32_t own, const int32_t *classes, int64_t count, int64_t place) {
    const struct fe_classes *all = &t->job->classes;
    memset(t->labels, 0, (size_t)(most_outputs(all) / 8 + 1));
    int n = all->count;
    switch (all->kind) {
    case FE_SOFTMAX: return n; /* set once */
    case FE_EACH_CLASS:
        for (int64_t i = 0; i < count; i++) label(t, classes[i]);
        return n;
    case FE_CLASS_PATHS: {
        const int64_t from = all->paths.offsets[own];
        n = (int)(all->paths.offsets[own + 1] - from);
        for (int k = 0; k < n; k++) {
            t->outputs[k] = all->paths.nodes[from + k];
            if (all->paths.codes[from + k]) label(t, k);
        }
        break;
    }
    case FE_CLASS_NEGATIVES:
        t->outputs[0] = own;
        label(t, 0);
        n = add_negatives(t, own, place);
        break;
    }
    for (int k = 0; k < n; k++) t->o[k] = t->job->out + t->outputs[k] * t->job->stride;
    return n;
}

/* ---- texts ---- */

/* The weight of a text's step: its own times that of the class which it learns, or of the mean of all. */
static float weight_of(const struct fe_class_job *job, const struct fe_texts *texts, int64_t text, int32_t own) {
    const float *weights = job->classes.weights;
    float weight = 1.0f;
    if (weights != NULL && job->classes.kind != FE_EACH_CLASS) weight = weights[own];
    else if (weights != NULL && texts->class_offsets[text] < texts->class_offsets[text + 1]) {
        const int64_t from = texts->class_offsets[text], to = texts->class_offsets[text + 1];
        weight = 0.0f;
        for (int64_t i = from; i < to; i++) weight += weights[texts->classes[i]];
        weight /= (float)(to - from);
    }
    return texts->weights != NULL ? weight * texts->weights[text] : weight;
}

/* Returns 0 when a score was not finite. */
static int train_text(struct learner *t, const struct fe_texts *texts, int64_t text, int64_t place, float alpha) {
    const struct fe_class_job *job = t->job;
    const int32_t *rows = texts->rows + texts->offsets[text], *classes = texts->classes + texts->class_offsets[text];
    const int64_t row_count = texts->offsets[text + 1] - texts->offsets[text];
    const int64_t class_count = texts->class_offsets[text + 1] - texts->class_offsets[text];
    if (row_count == 0 || (class_count == 0 && job->classes.kind != FE_EACH_CLASS)) return 1;
    int32_t own = class_count > 0 ? classes[0] : 0;
    if (class_count > 1) {
        const uint32_t bits = (uint32_t)(fe_draw(t->class_key, (uint64_t)place) >> 32);
        own = classes[fe_below(bits, (uint32_t)class_count)];
    }
    t->done.kept++;
    gather(t, rows, row_count);
    const int n = find_outputs(t, own, classes, class_count, place);
    if (n == 0) return 1; /* one class alone has no path */
    const float weight = weight_of(job, texts, text, own), one = 1.0f;
    memset(t->change, 0, (size_t)job->stride * sizeof *t->change);
    const struct fe_block block = {
        .h = &t->hidden, .dh = &t->change, .scale = &one, .o = t->o, .labels = t->labels, .m = 1, .n = n};
    double loss = 0.0, *add = job->want_loss ? &loss : NULL;
    const int ok = job->classes.kind == FE_SOFTMAX
                       ? t->kernel->softmax(&block, own, job->size, alpha * weight, add, t->g)
                       : t->kernel->gradient(&block, job->size, alpha * weight, add, t->g);
    if (!ok) return 0;
    t->done.loss += (double)weight * loss;
    t->done.pairs += n;
    if (alpha == 0.0f) return 1; /* nothing changes: the loss is asked for */
    t->kernel->update(&block, job->size, t->g, t->step_change);
    scatter(t, rows, row_count);
    return 1;
}

static inline int64_t text_at(const struct fe_texts *texts, int64_t place) {
    return texts->order != NULL ? texts->order[place] : place;
}

/* In an order of its own the rows' numbers, too, are anywhere. */
static inline void send_for_rows(const struct fe_texts *texts, int64_t text) {
    if (texts->order == NULL) return;
    const int64_t from = texts->offsets[text], to = texts->offsets[text + 1];
    for (int64_t i = from; i < to && i < from + MOST_AHEAD; i += FE_LINE) FE_PREFETCH(texts->rows + i);
    FE_PREFETCH(texts->class_offsets + text);
}

static inline int is_stopped(const struct learner *t) {
    const volatile int32_t *stop = t->job->stop;
    return stop != NULL && FE_LOAD_SHARED(stop) && (t->rows_read + t->done.pairs) * t->job->size > FE_USUAL_WORK;
}

int fe_train_texts(const struct fe_kernel *kernel, const struct fe_class_job *job, const struct fe_texts *texts,
                   int64_t epoch, int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done) {
    struct learner t = {.kernel = kernel, .job = job};
    struct carver c = {workspace, 0};
    lay_out(&t, job, &c);
    t.class_key = fe_key(job->seed, (uint64_t)epoch, FE_STREAM_LABELS);
    t.negative_key = fe_key(job->seed, (uint64_t)epoch, FE_STREAM_NEGATIVES);
    if (job->classes.kind == FE_SOFTMAX || job->classes.kind == FE_EACH_CLASS)
        for (int32_t k = 0; k < job->classes.count; k++) t.o[k] = job->out + k * job->stride;
    int ok = 1;
    int64_t place = begin;
    for (; ok && place < end && !is_stopped(&t); place++) {
        while (t.ahead_count > 0) send_some(&t); /* of this text, where it is longer than the one before */
        if (place + ROWS_AHEAD < end) send_for_rows(texts, text_at(texts, place + ROWS_AHEAD));
        if (place + 1 < end) {
            const int64_t next = text_at(texts, place + 1);
            t.ahead = texts->rows + texts->offsets[next];
            t.ahead_count = texts->offsets[next + 1] - texts->offsets[next];
        }
        ok = train_text(&t, texts, text_at(texts, place), place, alpha);
    }
    t.done.words = place - begin;
    *done = t.done;
    return ok ? FE_OK : FE_DIVERGED;
}
