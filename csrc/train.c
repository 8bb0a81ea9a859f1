/* train_block: sentences -> windows -> targets -> step.
 *
 * Work is cut into blocks: for skip-gram one centre with up to FE_MAX_INPUTS contexts, for CBOW up to CENTRES centres.
 * Blocks are made in the middle of a step some steps ahead: their rows are on their way from memory before they are
 * needed, and making them fills the time in which the processor waits for the step's sigmoids.
 *
 * Several threads may train on the same matrices at once without locks (Hogwild, Niu et al. 2011): a row that two
 * of them change in the same instant may lose one of the changes. That race is meant; it lives here and nowhere
 * else. */
#include <string.h>

#include "carve.h"
#include "kernel.h"
#include "target.h"
#include "window.h"

enum {
    AHEAD = 3,   /* blocks that are made before they are trained on */
    CENTRES = 4, /* of CBOW that share their negatives */
    NEAR_NODES = 9, /* at the top of each path: up to 511 in all, which stay near by themselves */
};

struct pending {
    int32_t *inputs;  /* skip-gram: m <= FE_MAX_INPUTS context rows; CBOW: all contexts of all centres */
    int32_t centres[CENTRES], ends[CENTRES]; /* where each one's contexts end */
    int32_t centre_count;                    /* skip-gram: 1 */
    uint64_t *aims;   /* random bits of the negatives */
    int32_t *drawn;   /* centres and negatives */
    const int32_t *nodes; /* path */
    uint8_t *labels;      /* of the path */
    int32_t m, drawn_count, node_count; /* m is 0 past the end */
    int32_t path_is_new, draws_are_new; /* not those of the block before */
};

struct trainer {
    const struct fe_kernel *kernel;
    const struct fe_job *job;
    float alpha;
    int32_t most_inputs; /* in a block of skip-gram */
    uint64_t negatives_key;
    struct fe_walk walk;
    int32_t *contexts;           /* of the walk's current centre */
    int32_t context_count, used; /* how many, and how many of them blocks have taken */
    int32_t centre;
    int32_t aimed_for, most_aimed_for; /* contexts that the latest draws serve */
    int32_t *negatives;                /* drawn for the latest block whose outputs were found, before any is dropped */
    struct pending slots[AHEAD + 1];
    /* arguments of a step */
    float **dh;
    float **o;
    float *scale;  /* of inputs; 1 for good unless is_scaled */
    int is_scaled, shares_out; /* CBOW's gradient, among a centre's contexts */
    float *hidden, *hidden_change; /* CBOW: CENTRES rows each */
    float ones[CENTRES];           /* factors on hidden_change */
    float *g, *change; /* of the kernel */
    struct fe_done done;
};

/* ---- workspace ---- */

/* Contexts of a centre, or inputs of a step. */
static int64_t most_contexts(const struct fe_job *job) {
    const int64_t contexts = 2 * (int64_t)job->span + 1;
    return contexts > FE_MAX_INPUTS ? contexts : FE_MAX_INPUTS;
}

static void lay_out(struct trainer *t, const struct fe_job *job, struct carver *c) {
    const int64_t contexts = 2 * (int64_t)job->span + 1, inputs = most_contexts(job);
    const int64_t drawn = job->negative + CENTRES + 1, nodes = job->longest_path + 1;
    const int64_t outputs = drawn > nodes ? drawn : nodes;
    t->walk.kept = carve(c, FE_WALK_CENTRES + contexts, sizeof *t->walk.kept);
    t->walk.ids = carve(c, FE_WALK_CENTRES + contexts + FE_LINE, sizeof *t->walk.ids);
    t->contexts = carve(c, contexts, sizeof *t->contexts);
    for (int k = 0; k <= AHEAD; k++) {
        t->slots[k].inputs = carve(c, CENTRES * inputs + FE_LINE, sizeof(int32_t));
        t->slots[k].aims = carve(c, job->negative, sizeof(uint64_t));
        t->slots[k].drawn = carve(c, drawn, sizeof(int32_t));
        t->slots[k].labels = carve(c, nodes, 1);
    }
    t->negatives = carve(c, job->negative, sizeof *t->negatives);
    t->dh = carve(c, CENTRES * inputs, sizeof *t->dh);
    t->scale = carve(c, CENTRES * inputs, sizeof *t->scale);
    t->o = carve(c, outputs, sizeof *t->o);
    t->hidden = carve(c, CENTRES * job->stride, sizeof *t->hidden);
    t->hidden_change = carve(c, CENTRES * job->stride, sizeof *t->hidden_change);
    t->g = carve(c, FE_STEP_G(outputs), sizeof *t->g);
    t->change = carve(c, FE_STEP_CHANGE, sizeof *t->change);
}

size_t fe_workspace_size(const struct fe_job *job) {
    struct trainer t;
    struct carver c = {NULL, 0};
    lay_out(&t, job, &c);
    return c.used;
}

/* ---- what comes next ---- */

static inline void prefetch_row(const float *matrix, int64_t row, const struct fe_job *job) {
    const float *at = matrix + row * job->stride;
    for (int64_t c = 0; c < job->vector_size; c += FE_LINE) FE_PREFETCH_WRITE(at + c);
}

/* Step onto the next centre that has contexts, and write those to `contexts`; 0 when there is none. */
FE_INLINE int next_centre(struct trainer *t, int32_t *contexts) {
    const struct fe_job *job = t->job;
    do {
        if (!(job->basket > 0 ? fe_basket_next(&t->walk) : fe_walk_next(&t->walk))) {
            t->used = t->context_count = 0;
            return 0;
        }
        t->done.kept++;
        const int32_t entering = t->walk.centre + job->span;
        if (entering < t->walk.count) {
            prefetch_row(job->in, t->walk.ids[entering], job);
            if (job->out_hs != NULL) FE_PREFETCH_WRITE(job->path_offsets + t->walk.ids[entering]);
        }
        t->context_count =
            job->basket > 0 ? fe_basket_contexts(&t->walk, contexts) : fe_walk_contexts(&t->walk, contexts);
    } while (t->context_count == 0);
    t->centre = t->walk.ids[t->walk.centre];
    t->used = 0;
    return 1;
}

/* Random bits for the block's negatives, unless it shares those of the block before. */
static inline void aim(struct trainer *t, struct pending *p) {
    const int32_t negative = t->job->negative;
    if (negative == 0) return;
    t->aimed_for += p->m;
    p->draws_are_new = t->aimed_for > t->most_aimed_for;
    if (!p->draws_are_new) return;
    const uint64_t random = fe_draw(t->negatives_key, (uint64_t)t->walk.kept[t->walk.centre].position);
    fe_target_aim(t->job, random, (uint64_t)t->used * (uint64_t)negative, p->aims);
    t->aimed_for = p->m;
}

/* The next centres with all their contexts: up to `most` different ones. One that stands twice waits for the next
 * block. */
static void next_centres(struct trainer *t, struct pending *p, int32_t most) {
    while (p->centre_count < most) {
        int32_t *contexts = p->inputs + p->m;
        if (t->used < t->context_count) memcpy(contexts, t->contexts, (size_t)t->context_count * sizeof *contexts);
        else if (!next_centre(t, contexts)) return;
        int stands = 0;
        for (int32_t i = 0; i < p->centre_count; i++) stands |= p->centres[i] == t->centre;
        if (stands) {
            memcpy(t->contexts, contexts, (size_t)t->context_count * sizeof *contexts);
            return;
        }
        if (p->centre_count == 0) aim(t, p);
        t->used = t->context_count;
        p->m += t->context_count;
        p->centres[p->centre_count] = t->centre;
        p->ends[p->centre_count++] = p->m;
    }
}

/* The next contexts of a centre. */
static void next_contexts(struct trainer *t, struct pending *p) {
    const int32_t most = t->most_inputs;
    const int is_new = t->used == t->context_count;
    if (is_new && !next_centre(t, p->inputs)) return;
    p->m = t->context_count;
    if (p->m > most) { /* contexts are shared out evenly, e.g. 20 as 10 + 10 */
        if (is_new) memcpy(t->contexts, p->inputs, (size_t)p->m * sizeof *p->inputs);
        const int32_t left = t->context_count - t->used, parts = (left + most - 1) / most;
        p->m = (left + parts - 1) / parts;
        memcpy(p->inputs, t->contexts + t->used, (size_t)p->m * sizeof *p->inputs);
    }
    aim(t, p);
    p->centres[0] = t->centre;
    p->ends[0] = p->m;
    p->centre_count = 1;
    p->path_is_new = is_new;
    t->used += p->m;
}

/* Fill the slot with the next block; its m is 0 when there is none. */
static void next_block(struct trainer *t, struct pending *p) {
    const struct fe_job *job = t->job;
    p->m = p->centre_count = 0;
    p->path_is_new = 1;
    if (job->sg) next_contexts(t, p);
    else next_centres(t, p, job->negatives_per_pair || job->out_hs != NULL || job->basket > 0 ? 1 : CENTRES);
    if (p->m == 0) return;
    if (job->out_hs != NULL && p->path_is_new) fe_target_prefetch_path(job, p->centres[0]);
    if (job->basket > 0)
        for (int32_t i = 0; i < p->m; i++) prefetch_row(job->in, p->inputs[i], job);
}

/* Find the block's output rows and send for them. */
static void find_outputs(struct trainer *t, struct pending *p) {
    const struct fe_job *job = t->job;
    p->drawn_count = p->node_count = 0;
    if (p->m == 0) return;
    if (job->negative > 0) { /* the number of centres is a constant for skip-gram */
        if (p->draws_are_new) fe_target_draw(job, p->aims, t->negatives);
        if (job->sg) p->drawn_count = fe_target_rows(job, p->centres, 1, t->negatives, p->drawn);
        else p->drawn_count = fe_target_rows(job, p->centres, p->centre_count, t->negatives, p->drawn);
        const int32_t new_rows = p->draws_are_new ? p->drawn_count : 1;
        for (int32_t k = 0; k < new_rows; k++) prefetch_row(job->out_ns, p->drawn[k], job);
    }
    if (job->out_hs != NULL) p->node_count = fe_target_path(job, p->centres[0], &p->nodes, p->labels);
    for (int32_t k = NEAR_NODES; k < p->node_count && p->path_is_new; k++) prefetch_row(job->out_hs, p->nodes[k], job);
}

/* ---- the step ---- */

/* The rows of contexts [from, to): inputs of skip-gram, members of CBOW's mean or sum. */
static inline void find_inputs(struct trainer *t, const struct pending *p, int32_t from, int32_t to, float factor) {
    const struct fe_job *job = t->job;
    for (int32_t i = from; i < to; i++) {
        t->dh[i] = job->in + p->inputs[i] * job->stride;
        if (t->is_scaled) t->scale[i] = job->in_scale != NULL ? factor * job->in_scale[p->inputs[i]] : factor;
    }
}

static inline int gradient(struct trainer *t, struct fe_block *block, float *matrix, const int32_t *outputs,
                           const uint8_t *labels, int32_t n) {
    for (int32_t k = 0; k < n; k++) t->o[k] = matrix + outputs[k] * t->job->stride;
    block->o = t->o;
    block->labels = labels;
    block->n = n;
    t->done.pairs += (int64_t)block->m * (block->paired > 0 ? n - block->paired + 1 : n);
    return t->kernel->gradient(block, t->job->vector_size, t->alpha, t->job->want_loss ? &t->done.loss : NULL, t->g);
}

/* Train on block number `now`, find the outputs of the one after the next, and make another; 0 when a score was not
 * finite. */
static inline int train_pending(struct trainer *t, int now) {
    const struct pending *p = &t->slots[now];
    const struct fe_job *job = t->job;
    struct fe_block block = {.h = t->dh, .dh = t->dh, .scale = t->scale, .m = p->m};
    float *hidden[CENTRES], *hidden_change[CENTRES];
    if (job->sg) {
        find_inputs(t, p, 0, p->m, 1.0f);
    } else {
        for (int32_t i = 0, from = 0; i < p->centre_count; from = p->ends[i++]) {
            const float share = 1.0f / (float)(p->ends[i] - from);
            float *sum = t->hidden + i * job->stride;
            find_inputs(t, p, from, p->ends[i], t->shares_out ? share : 1.0f);
            t->kernel->gather(t->dh + from, p->ends[i] - from, job->cbow_mean ? share : 1.0f,
                              job->vector_size, sum);
            hidden[i] = sum;
            hidden_change[i] = t->hidden_change + i * job->stride;
        }
        memset(t->hidden_change, 0, (size_t)(p->centre_count * job->stride) * sizeof *t->hidden_change);
        block = (struct fe_block){.h = hidden, .dh = hidden_change, .scale = t->ones, .m = p->centre_count};
    }
    if (p->node_count > 0) {
        block.in_turn = 1;
        if (!gradient(t, &block, job->out_hs, p->nodes, p->labels, p->node_count)) return 0;
        if (p->drawn_count > 0) t->kernel->update(&block, job->vector_size, t->g, t->change);
    }
    if (p->drawn_count > 0) {
        block.in_turn = 0;
        block.paired = job->sg ? 0 : p->centre_count;
        if (!gradient(t, &block, job->out_ns, p->drawn, NULL, p->drawn_count)) return 0;
    }
    find_outputs(t, &t->slots[(now + AHEAD - 1) % (AHEAD + 1)]);
    next_block(t, &t->slots[(now + AHEAD) % (AHEAD + 1)]);
    if (block.n > 0) t->kernel->update(&block, job->vector_size, t->g, t->change); /* one word alone has no path */
    for (int32_t i = 0, from = 0; !job->sg && i < p->centre_count; from = p->ends[i++])
        t->kernel->scatter(t->dh + from, p->ends[i] - from, t->scale + from, job->vector_size, hidden_change[i]);
    return 1;
}

/* Inputs of a path are scored before any of them has moved its nodes, of which the first are in every path: with more
 * of them than this training diverges at a rate of 0.1. */
static int32_t most_path_inputs(float alpha) {
    const float most = 0.41f / alpha;
    return most >= (float)FE_MAX_INPUTS ? FE_MAX_INPUTS : most > 1.0f ? (int32_t)most : 1;
}

int fe_train_block(const struct fe_kernel *kernel, const struct fe_job *job, int64_t epoch, int64_t begin,
                   int64_t end, float alpha, void *workspace, struct fe_done *done) {
    struct trainer t = {.kernel = kernel, .job = job, .alpha = alpha, .ones = {1.0f, 1.0f, 1.0f, 1.0f}};
    struct carver c = {workspace, 0};
    lay_out(&t, job, &c);
    t.negatives_key = fe_key(job->seed, (uint64_t)epoch, FE_STREAM_NEGATIVES);
    t.most_inputs = job->negatives_per_pair ? 1 : job->out_hs != NULL ? most_path_inputs(alpha) : FE_MAX_INPUTS;
    t.aimed_for = FE_MAX_INPUTS; /* for nothing yet */
    t.most_aimed_for = job->sg && !job->negatives_per_pair && job->basket == 0 ? FE_MAX_INPUTS : -1;
    /* The true gradient of a mean is shared out, that of a sum is not. word2vec does not share out the mean's, and
     * gensim shares out the sum's. */
    t.shares_out = !job->sg && (job->cbow_mean != 0) == (job->cbow_exact != 0);
    t.is_scaled = t.shares_out || job->in_scale != NULL;
    for (int64_t i = 0; i < CENTRES * most_contexts(job); i++) t.scale[i] = 1.0f;
    int ok = 1;
    if (begin < end) {
        fe_walk_start(&t.walk, job, epoch, begin, end);
        for (int k = 0; k < AHEAD; k++) next_block(&t, &t.slots[k]);
        for (int k = 0; k < AHEAD - 1; k++) find_outputs(&t, &t.slots[k]);
        for (int now = 0; ok && t.slots[now].m > 0; now = (now + 1) % (AHEAD + 1)) ok = train_pending(&t, now);
    }
    t.done.words = end - begin;
    *done = t.done;
    return ok ? FE_OK : FE_DIVERGED;
}

/* ---- one step alone, for tests ---- */

size_t fe_step_workspace_size(int32_t n) {
    struct carver c = {NULL, 0};
    carve(&c, n, sizeof(float *));
    carve(&c, FE_STEP_G(n) + FE_STEP_CHANGE, sizeof(float));
    return c.used;
}

int fe_step(const struct fe_kernel *kernel, float *h, const int32_t *h_rows, int32_t m, float *o,
            const int32_t *o_rows, const uint8_t *labels, int32_t n, int in_turn, int64_t stride, int64_t vector_size,
            float alpha, double *loss, void *workspace) {
    struct carver c = {workspace, 0};
    float *h_at[FE_MAX_INPUTS], ones[FE_MAX_INPUTS];
    float **o_at = carve(&c, n, sizeof *o_at);
    float *g = carve(&c, FE_STEP_G(n), sizeof *g), *change = carve(&c, FE_STEP_CHANGE, sizeof *change);
    for (int32_t i = 0; i < m; i++) {
        h_at[i] = h + h_rows[i] * stride;
        ones[i] = 1.0f;
    }
    for (int32_t j = 0; j < n; j++) o_at[j] = o + o_rows[j] * stride;
    const struct fe_block block = {.h = h_at, .dh = h_at, .scale = ones, .o = o_at, .labels = labels,
                                   .in_turn = in_turn, .m = m, .n = n};
    if (!kernel->gradient(&block, vector_size, alpha, loss, g)) return FE_DIVERGED;
    kernel->update(&block, vector_size, g, change);
    return FE_OK;
}
