/* train_block: sentences -> windows -> targets -> step.
 *
 * Work is cut into blocks of up to FE_CENTRES centres that follow each other and share their negatives. Inputs are
 * their means in CBOW; in skip-gram the tokens in their windows, up to FE_MAX_INPUTS, each once however many of the
 * windows it is in.
 * Blocks are made in the middle of a step some steps ahead: their rows are on their way from memory before they are
 * needed, and making them fills the time in which the processor waits for the step's sigmoids.
 *
 * Several threads may train on the same matrices at once without locks (Hogwild, Niu et al. 2011): a row that two
 * of them change in the same instant may lose one of the changes. That race is meant; it lives here and nowhere
 * else. */
#include <string.h>

#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/targets.h"
#include "train/train.h"
#include "train/tokens.h"

enum {
    AHEAD = 2,           /* blocks that are made before they are trained on */
    FEW_CONTEXTS = 16,   /* may share the usual number of negatives, or a path */
    MOST_CONTEXTS = 40,  /* of several centres in a block */
    LEAST_DRAWS = 7,     /* for more than a few; in place of fewer they weigh less each */
    SLOTS = 4 * FE_LINE, /* for the tokens that a block's windows pass */
    NEAR_NODES = 9,      /* at the top of each path: up to 511 in all, which stay near by themselves */
};
_Static_assert(2 * FE_MAX_INPUTS + FE_CENTRES <= SLOTS, "room to the left, inputs, centres that are no inputs");

struct pending {
    int32_t *inputs; /* skip-gram: m <= FE_MAX_INPUTS context rows; CBOW: all contexts of all centres */
    uint8_t *own;    /* of next_windows: bit k of own[i] says whether input i is a context of centre k */
    int32_t centres[FE_CENTRES], ends[FE_CENTRES];    /* CBOW: where each one's contexts end */
    int32_t *drawn;                                   /* centres and negatives */
    const int32_t *nodes;                             /* path */
    uint8_t *labels;                                  /* of the path */
    int32_t m, centre_count, drawn_count, node_count; /* m is 0 past the end */
    uint64_t *aims;                                   /* random bits of the negatives */
    int32_t aim_count;
    int32_t own_pairs;   /* of an input and a centre that is its own */
    int32_t path_is_new; /* not that of the block before */
};

struct trainer {
    const struct fe_kernel *kernel;
    const struct fe_job *job;
    float alpha;
    int32_t most_centres;
    int32_t most_contexts, most_together; /* in a block of next_contexts, of next_windows */
    uint64_t negatives_key;
    struct fe_window window;
    int32_t centre;              /* the window's current one */
    struct fe_reach reach;       /* its window */
    int32_t context_count, used; /* how many contexts it has, and how many of them blocks have taken */
    int32_t *contexts;           /* these, if they are a basket's or of next_contexts */
    struct pending slots[AHEAD + 1];
    /* arguments of a step */
    float **dh;
    float **o;
    float *scale;                                         /* of dh; 1 for good without in_scale */
    float *hidden, *hidden_change;                        /* CBOW: FE_CENTRES rows each */
    int shares_out;                                       /* CBOW's gradient, among a centre's contexts */
    float usual[1 << FE_CENTRES], least[1 << FE_CENTRES]; /* a block's `more`, with the usual number of draws or
                                                             LEAST_DRAWS */
    float *g, *change;                                    /* of the kernel */
    struct fe_done done;
};

static int is_bag(const struct fe_job *job) { return job->inputs.kind == FE_BAG_INPUTS; }

/* ---- workspace ---- */

/* Contexts of a centre, or inputs of a step. */
static int64_t largest(const struct fe_job *job) {
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    return contexts > FE_MAX_INPUTS ? contexts : FE_MAX_INPUTS;
}

static void lay_out(struct trainer *t, const struct fe_job *job, struct carver *c) {
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1, inputs = largest(job);
    const int64_t negative = job->negatives.count > LEAST_DRAWS ? job->negatives.count : LEAST_DRAWS;
    const int64_t drawn = negative + FE_CENTRES + 1, nodes = job->paths.longest + 1;
    const int64_t outputs = drawn > nodes ? drawn : nodes;
    t->window.kept = carve(c, FE_WINDOW_CENTRES + contexts, sizeof *t->window.kept);
    t->window.ids = carve(c, FE_WINDOW_CENTRES + contexts + FE_LINE, sizeof *t->window.ids);
    t->contexts = carve(c, contexts + FE_LINE, sizeof *t->contexts);
    for (int k = 0; k <= AHEAD; k++) {
        t->slots[k].inputs = carve(c, FE_CENTRES * inputs + FE_LINE, sizeof(int32_t));
        t->slots[k].own = carve(c, SLOTS, 1);
        t->slots[k].aims = carve(c, negative, sizeof(uint64_t));
        t->slots[k].drawn = carve(c, drawn, sizeof(int32_t));
        t->slots[k].labels = carve(c, nodes, 1);
    }
    t->dh = carve(c, FE_CENTRES * inputs, sizeof *t->dh);
    t->scale = carve(c, FE_CENTRES * inputs, sizeof *t->scale);
    t->o = carve(c, outputs, sizeof *t->o);
    t->hidden = carve(c, FE_CENTRES * job->matrices.stride, sizeof *t->hidden);
    t->hidden_change = carve(c, FE_CENTRES * job->matrices.stride, sizeof *t->hidden_change);
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
    const float *at = matrix + row * job->matrices.stride;
    for (int64_t c = 0; c < job->matrices.size; c += FE_LINE) FE_PREFETCH_WRITE(at + c);
}

FE_INLINE void prefetch_input(const struct trainer *t, int32_t entry) {
    const int32_t id = t->window.ids[entry];
    prefetch_row(t->job->matrices.in, id, t->job);
    if (t->job->matrices.out_hs != NULL) FE_PREFETCH_WRITE(t->job->paths.offsets + id);
}

/* Step onto the next centre that has contexts; 0 when there is none. */
FE_INLINE int next_centre(struct trainer *t) {
    const struct fe_job *job = t->job;
    do {
        if (!(job->contexts.basket > 0 ? fe_basket_next(&t->window) : fe_window_next(&t->window))) {
            t->used = t->context_count = 0;
            return 0;
        }
        t->done.kept++;
        if (job->contexts.basket > 0) {
            t->context_count = fe_basket_contexts(&t->window, t->contexts);
        } else {
            const int32_t entering = t->window.centre + t->window.span;
            if (entering < t->window.count) prefetch_input(t, entering);
            if (t->window.centre == 0) /* a sentence's first window reaches several at once */
                for (int32_t e = 0; e < t->window.span && e < t->window.count; e++) prefetch_input(t, e);
            t->reach = fe_window_reach(&t->window);
            t->context_count = t->reach.to - t->reach.from;
        }
    } while (t->context_count == 0);
    t->centre = t->window.ids[t->window.centre];
    t->used = 0;
    return 1;
}

/* Whether a word is a centre of the block already: centres of a block are different words, so it begins the next. */
static inline int is_centre(const struct pending *p, int32_t centre) {
    int found = 0;
    for (int32_t i = 0; i < p->centre_count; i++) found |= p->centres[i] == centre;
    return found;
}

/* Random bits for `count` negatives, from the one with number `first` on of those that are drawn at a token. */
static inline void aim(const struct trainer *t, struct pending *p, int64_t token, uint64_t first, int32_t count) {
    p->aim_count = count;
    if (count > 0) fe_target_aim(t->job, fe_draw(t->negatives_key, (uint64_t)token), first, count, p->aims);
}

static inline int64_t token_of_centre(const struct trainer *t) { return t->window.kept[t->window.centre].token; }

/* CBOW: the next centres with all their contexts. */
static void next_means(struct trainer *t, struct pending *p) {
    while (p->centre_count < t->most_centres) {
        if (t->used == t->context_count && !next_centre(t)) return;
        if (is_centre(p, t->centre)) return;
        if (p->centre_count == 0) aim(t, p, token_of_centre(t), 0, t->job->negatives.count);
        int32_t *contexts = p->inputs + p->m;
        if (t->job->contexts.basket > 0) memcpy(contexts, t->contexts, (size_t)t->context_count * sizeof *contexts);
        else fe_window_contexts(&t->window, t->reach, contexts);
        t->used = t->context_count;
        p->m += t->context_count;
        p->centres[p->centre_count] = t->centre;
        p->ends[p->centre_count++] = p->m;
        p->own_pairs++;
    }
}

/* The next contexts of one centre, which are shared out evenly, e.g. 20 as 10 + 10. */
static void next_contexts(struct trainer *t, struct pending *p) {
    const int32_t most = t->most_contexts, negative = t->job->negatives.count;
    if (t->used == t->context_count && !next_centre(t)) return;
    p->path_is_new = t->used == 0;
    if (p->path_is_new && t->job->contexts.basket == 0) fe_window_contexts(&t->window, t->reach, t->contexts);
    p->m = t->context_count - t->used;
    if (p->m > most) {
        const int32_t parts = (p->m + most - 1) / most;
        p->m = (p->m + parts - 1) / parts;
    }
    memcpy(p->inputs, t->contexts + t->used, (size_t)p->m * sizeof *p->inputs);
    aim(t, p, token_of_centre(t), (uint64_t)t->used * (uint64_t)negative, negative);
    p->centres[0] = t->centre;
    p->centre_count = 1;
    p->own_pairs = p->m;
    t->used += p->m;
}

/* Windows of centres in a row overlap. What such a run passes goes into slots in a row; a token's slot is its number in
 * the window (fe_window.passed) less `origin`. */
struct run {
    int64_t origin, first, last, centre; /* numbers: in slot 0; the ends of what is in a window; the latest centre */
    int32_t inputs_before;               /* of earlier runs */
};

/* For a line of slots from `first` on: bit k of `own` says whether it is in from[k] ... from[k] + length[k], but not
 * centre[k]. */
FE_INLINE void find_own(int32_t first, const uint8_t *from, const uint8_t *length, const uint8_t *centre,
                        uint8_t *own) {
    for (int s = 0; s < FE_LINE; s++) {
        const uint8_t slot = (uint8_t)(first + s);
        int bits = 0;
        for (int k = 0; k < FE_CENTRES; k++)
            bits |= -((uint8_t)(slot - from[k]) <= length[k]) & -(slot != centre[k]) & 1 << k;
        own[s] = (uint8_t)bits;
    }
}

/* The windows of the next centres: every token that is a context of one or several becomes one input. A centre with too
 * many contexts is alone. */
static void next_windows(struct trainer *t, struct pending *p) {
    const struct fe_window *w = &t->window;
    const int32_t negative = t->job->negatives.count;
    uint8_t from[FE_CENTRES], length[FE_CENTRES], centre[FE_CENTRES]; /* slots */
    memset(from, SLOTS, sizeof from);
    memset(length, 0, sizeof length);
    memset(centre, SLOTS, sizeof centre);
    struct run run = {.centre = -2};
    int64_t token = 0;
    int32_t slots = 0, inputs = 0;
    while (p->centre_count < t->most_centres) {
        if (t->used == t->context_count && !next_centre(t)) break;
        if (t->context_count > FE_MAX_INPUTS || t->context_count > t->most_together) {
            if (p->centre_count == 0) next_contexts(t, p);
            break;
        }
        const int64_t number = w->passed + w->centre;
        const int64_t left = w->passed + t->reach.from, right = w->passed + t->reach.to;
        const int goes_on = number == run.centre + 1;
        struct run next = {run.origin, left, right, number, goes_on ? run.inputs_before : inputs};
        if (goes_on) {
            if (run.first < left) next.first = run.first;
            if (run.last > right) next.last = run.last;
        } else { /* later centres reach further to the left at times, by no more than this */
            int32_t room = t->job->contexts.window < FE_MAX_INPUTS ? t->job->contexts.window : FE_MAX_INPUTS;
            if (w->centre < room) room = w->centre;
            next.origin = number - room - slots;
        }
        /* In a run of one the centre is no context; in one of two, each is the other's. */
        const int32_t inputs_then = next.inputs_before + (int32_t)(next.last - next.first) + goes_on;
        const int is_full = inputs_then > FE_MAX_INPUTS || p->own_pairs + t->context_count > t->most_together;
        if (p->centre_count == 0) token = token_of_centre(t);
        else if (is_full || is_centre(p, t->centre)) break;
        run = next;
        inputs = inputs_then;
        const int32_t new_slots = (int32_t)(right - run.origin) + 1 - slots;
        fe_copy_ids(p->inputs + slots, w->ids + (run.origin + slots - w->passed), new_slots);
        if (new_slots > 0) slots += new_slots;
        from[p->centre_count] = (uint8_t)(left - run.origin);
        length[p->centre_count] = (uint8_t)(right - left);
        centre[p->centre_count] = (uint8_t)(number - run.origin);
        p->centres[p->centre_count++] = t->centre;
        p->own_pairs += t->context_count;
        t->used = t->context_count;
    }
    if (inputs == 0) return;
    int32_t m = 0, *ids = p->inputs;
    uint8_t *owns = p->own;
    for (int32_t line = 0; line < slots; line += FE_LINE) {
        uint8_t own[FE_LINE];
        find_own(line, from, length, centre, own);
        for (int s = 0; s < FE_LINE; s++) {
            ids[m] = ids[line + s];
            owns[m] = own[s];
            m += own[s] != 0;
        }
    }
    p->m = m;
    const int is_thinned = p->own_pairs > FEW_CONTEXTS && negative < LEAST_DRAWS;
    aim(t, p, token, 0, is_thinned ? LEAST_DRAWS : negative);
}

/* Fill the slot with the next block; its m is 0 when there is none. */
static void next_block(struct trainer *t, struct pending *p) {
    const struct fe_job *job = t->job;
    p->m = p->centre_count = p->own_pairs = 0;
    p->path_is_new = 1;
    if (is_bag(job)) next_means(t, p);
    else if (t->most_centres > 1) next_windows(t, p);
    else next_contexts(t, p);
    if (p->m == 0) return;
    if (job->matrices.out_hs != NULL && p->path_is_new) fe_target_prefetch_path(job, p->centres[0]);
    if (job->contexts.basket > 0)
        for (int32_t i = 0; i < p->m; i++) prefetch_row(job->matrices.in, p->inputs[i], job);
}

/* Find the block's output rows and send for them. */
static void find_outputs(const struct trainer *t, struct pending *p) {
    const struct fe_job *job = t->job;
    p->drawn_count = p->node_count = 0;
    if (p->m == 0) return;
    if (job->negatives.count > 0) {
        p->drawn_count = fe_target_rows(job, p->centres, p->centre_count, p->aims, p->aim_count, p->drawn);
        for (int32_t k = 0; k < p->drawn_count; k++) prefetch_row(job->matrices.out_ns, p->drawn[k], job);
    }
    if (job->matrices.out_hs != NULL) p->node_count = fe_target_path(job, p->centres[0], &p->nodes, p->labels);
    for (int32_t k = NEAR_NODES; k < p->node_count && p->path_is_new; k++)
        prefetch_row(job->matrices.out_hs, p->nodes[k], job);
}

/* ---- the step ---- */

/* The rows of all contexts: inputs of skip-gram, members of CBOW's means or sums. */
static inline void find_inputs(struct trainer *t, const struct pending *p) {
    float *const in = t->job->matrices.in;
    const float *in_scale = t->job->matrices.in_scale;
    for (int32_t i = 0; i < p->m; i++) {
        t->dh[i] = in + p->inputs[i] * t->job->matrices.stride;
        if (in_scale != NULL) t->scale[i] = in_scale[p->inputs[i]];
    }
}

static inline int gradient(struct trainer *t, const struct pending *p, struct fe_block *block, float *matrix,
                           const int32_t *outputs, const uint8_t *labels, int32_t n) {
    for (int32_t k = 0; k < n; k++) t->o[k] = matrix + outputs[k] * t->job->matrices.stride;
    block->o = t->o;
    block->labels = labels;
    block->n = n;
    t->done.pairs += (int64_t)block->m * (n - block->paired) + (block->paired > 0 ? p->own_pairs : 0);
    return t->kernel->gradient(block, t->job->matrices.size, t->alpha, t->job->want_loss ? &t->done.loss : NULL, t->g);
}

/* Train on block number `now`, find the outputs of the next, and make another; 0 when a score was not
 * finite. */
static inline int train_pending(struct trainer *t, int now) {
    const struct pending *p = &t->slots[now];
    const struct fe_job *job = t->job;
    struct fe_block block = {.h = t->dh, .dh = t->dh, .scale = t->scale, .m = p->m};
    float *hidden[FE_CENTRES], *hidden_change[FE_CENTRES], shares[FE_CENTRES];
    find_inputs(t, p);
    if (is_bag(job)) {
        for (int32_t i = 0, from = 0; i < p->centre_count; from = p->ends[i++]) {
            const float share = 1.0f / (float)(p->ends[i] - from);
            float *sum = t->hidden + i * job->matrices.stride;
            shares[i] = t->shares_out ? share : 1.0f;
            t->kernel->gather(t->dh + from, p->ends[i] - from, job->inputs.mean ? share : 1.0f, job->matrices.size,
                              sum);
            hidden[i] = sum;
            hidden_change[i] = t->hidden_change + i * job->matrices.stride;
        }
        memset(t->hidden_change, 0, (size_t)(p->centre_count * job->matrices.stride) * sizeof *t->hidden_change);
        block = (struct fe_block){.h = hidden, .dh = hidden_change, .scale = shares, .m = p->centre_count};
    }
    if (p->node_count > 0) {
        block.in_turn = 1;
        if (!gradient(t, p, &block, job->matrices.out_hs, p->nodes, p->labels, p->node_count)) return 0;
        if (p->drawn_count > 0) t->kernel->update(&block, job->matrices.size, t->g, t->change);
    }
    if (p->drawn_count > 0) {
        block.in_turn = 0;
        if (p->centre_count > 1 || p->aim_count > job->negatives.count) {
            block.paired = p->centre_count;
            block.own = !is_bag(job) ? p->own : NULL; /* each mean has its centre */
            block.more = p->aim_count > job->negatives.count ? t->least : t->usual;
        }
        if (!gradient(t, p, &block, job->matrices.out_ns, p->drawn, NULL, p->drawn_count)) return 0;
    }
    find_outputs(t, &t->slots[(now + AHEAD - 1) % (AHEAD + 1)]);
    next_block(t, &t->slots[(now + AHEAD) % (AHEAD + 1)]);
    if (block.n > 0) t->kernel->update(&block, job->matrices.size, t->g, t->change); /* one word alone has no path */
    for (int32_t i = 0, from = 0; is_bag(job) && i < p->centre_count; from = p->ends[i++])
        t->kernel->scatter(t->dh + from, p->ends[i] - from, t->scale + from, job->matrices.size, hidden_change[i]);
    return 1;
}

/* How many contexts may share outputs at this rate. All of them are scored before any has moved an output: with many
 * more training diverges at a rate of 0.1 on paths, of which the first nodes are the same, and at 0.2 on negatives. */
static int32_t most_at_rate(float alpha, int has_paths, int32_t limit) {
    const float most = (has_paths ? 0.41f : 1.25f) / alpha;
    return most >= (float)limit ? limit : most > 1.0f ? (int32_t)most : 1;
}

int fe_train_block(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view, int64_t epoch,
                   int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done) {
    struct trainer t = {.kernel = kernel, .job = job, .alpha = alpha};
    struct carver c = {workspace, 0};
    lay_out(&t, job, &c);
    t.negatives_key = fe_key_from(fe_key(job->seed, (uint64_t)epoch, FE_STREAM_NEGATIVES),
                                  (uint64_t)view->first_position);
    t.most_contexts = job->inputs.per_pair ? 1 : most_at_rate(alpha, job->matrices.out_hs != NULL, FEW_CONTEXTS);
    t.most_together = most_at_rate(alpha, 0, MOST_CONTEXTS);
    t.most_centres = job->inputs.per_pair || job->matrices.out_hs != NULL || job->contexts.basket > 0 ? 1 : FE_CENTRES;
    for (int own = 0; own < 1 << FE_CENTRES; own++) {
        float times = 0.0f;
        for (int k = 0; k < FE_CENTRES; k++) times += (float)(own >> k & 1);
        t.usual[own] = times - 1.0f;
        t.least[own] = times * (float)job->negatives.count / (float)LEAST_DRAWS - 1.0f;
    }
    /* The true gradient of a mean is shared out, that of a sum is not. word2vec does not share out the mean's, and
     * gensim shares out the sum's. */
    t.shares_out = is_bag(job) && (job->inputs.mean != 0) == (job->inputs.exact != 0);
    for (int64_t i = 0; i < FE_CENTRES * largest(job); i++) t.scale[i] = 1.0f;
    int ok = 1;
    if (begin < end) {
        fe_window_start(&t.window, job, view, epoch, begin, end);
        for (int k = 0; k < AHEAD; k++) next_block(&t, &t.slots[k]);
        for (int k = 0; k < AHEAD - 1; k++) find_outputs(&t, &t.slots[k]);
        for (int now = 0; ok && t.slots[now].m > 0; now = (now + 1) % (AHEAD + 1)) ok = train_pending(&t, now);
    }
    t.done.words = end - begin;
    *done = t.done;
    return ok ? FE_OK : FE_DIVERGED;
}
