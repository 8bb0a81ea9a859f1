/* fe_train_block: tokens -> inputs -> outputs -> step, with the next blocks of inputs and outputs on their way.
 *
 * Work is cut into blocks of up to FE_CENTRES centres that follow each other, or where documents learn are in several
 * places, and share their negatives (maker.h). A block passes three stages, and what a stage asks memory for, the next
 * one finds in cache:
 *
 *     inputs    its centres and contexts are found, its negatives drawn as random bits;
 *               rows of IN go on a list, entries of the noise table are sent for
 *     outputs   the random bits become words; rows of OUT go on the list
 *     step      scores and G (gradient), then the rows change (update), while the rows on the list are sent for
 *
 * The stages of three blocks take turns. After a gradient the processor still waits for sigmoids, a long chain of
 * dependent instructions; it makes the blocks that come next meanwhile:
 *
 *     time ---->  | one call of train_pending                      | the next call
 *     block k     | gradient                               update  |
 *     block k + 1 |          outputs                               | gradient                  update
 *     block k + 2 |                     inputs                     |          outputs
 *     block k + 3 |                                                |                   inputs
 *
 * Threads train on the same matrices at once, without locks: see "Hogwild" in kernel.h. */
#include <string.h>

#include "common/carve.h"
#include "common/compiler.h"
#include "kernels/kernel.h"
#include "train/held.h"
#include "train/inputs.h"
#include "train/piece.h"
#include "train/targets.h"
#include "train/train.h"

enum {
    AHEAD = 2,      /* blocks whose inputs are made before they are trained on */
    MORE_AHEAD = 3, /* where these are small, one input each: they pass while a row is still on its way */
    NEAR_NODES = 9, /* at the top of each path: up to 511 in all, which stay in cache by themselves */
};

static const uint8_t ALONE[] = {1}; /* the one centre of a lone bag */

struct trainer {
    const struct fe_kernel *kernel;
    const struct fe_job *job;
    float alpha;
    struct fe_maker maker;
    struct fe_ahead ahead;
    struct fe_held held;
    struct fe_pending slots[MORE_AHEAD + 1];
    int blocks_ahead;
    /* arguments of a step */
    float **rows; /* of IN */
    float *scale; /* of their changes; 1 for good without in_scale */
    float **o;
    int has_tags;                                          /* some of these are rows of documents */
    float *hidden[FE_CENTRES], *hidden_change[FE_CENTRES]; /* means or sums of bags; their changes, one after another */
    float shares[FE_CENTRES];                              /* of a bag's change that each of its rows receives */
    int shares_out;                                        /* 1: a bag's change is divided by the number of its rows */
    float times[1 + FE_CENTRES][1 << FE_CENTRES];          /* see times_of; 0: of blocks with FE_LEAST_DRAWS */
    float *row;                                            /* one that goes beside others */
    float *g, *change;                                     /* of the kernel */
    int64_t rows_read;                                     /* of IN */
    struct fe_piece *piece;                                /* of made blocks; or NULL: they are made on the way */
    int64_t numbers_sent;                                  /* of a piece, where words are bags: rows of those with lower
                                                              numbers were sent for */
    struct fe_done done;
};

/* ---- workspace ---- */

static void lay_out(struct trainer *t, const struct fe_job *job, struct carver *c) {
    const int64_t drawn = fe_most_draws_beside(job) + FE_CENTRES + 1, nodes = job->paths.longest + 1;
    const int64_t outputs = drawn > nodes ? drawn : nodes;
    fe_maker_lay_out(&t->maker, job, c);
    for (int k = 0; k <= MORE_AHEAD; k++) fe_pending_lay_out(&t->slots[k], job, c);
    fe_held_lay_out(&t->held, job, c);
    t->rows = carve(c, fe_most_rows(job), sizeof *t->rows);
    t->scale = carve(c, fe_most_rows(job), sizeof *t->scale);
    t->o = carve(c, outputs, sizeof *t->o);
    for (int k = 0; k < FE_CENTRES; k++) t->hidden[k] = carve(c, job->matrices.out_stride, sizeof(float));
    for (int k = 0; k < FE_CENTRES; k++) t->hidden_change[k] = carve(c, job->matrices.out_stride, sizeof(float));
    t->row = carve(c, job->inputs.kind == FE_SIDE_INPUTS ? job->matrices.stride : 0, sizeof *t->row);
    t->g = carve(c, FE_STEP_G(outputs), sizeof *t->g);
    t->change = carve(c, FE_STEP_CHANGE(outputs), sizeof *t->change);
}

static size_t size_of(const struct fe_job *job) {
    struct trainer t;
    struct carver c = {NULL, 0};
    lay_out(&t, job, &c);
    return c.used;
}

/* The job of the words that are trained beside documents. */
static struct fe_job beside(const struct fe_job *job) {
    struct fe_job words = *job;
    words.inputs.kind = FE_CONTEXT_INPUTS;
    return words;
}

size_t fe_workspace_size(const struct fe_job *job) {
    const struct fe_job words = beside(job);
    const size_t size = size_of(job), more = job->documents.beside ? size_of(&words) : 0;
    return size > more ? size : more;
}

/* ---- outputs ---- */

/* Find the block's output rows and send for them. */
static void find_outputs(struct trainer *t, struct fe_pending *p) {
    const struct fe_job *job = t->job;
    p->drawn_count = p->node_count = 0;
    if (p->m == 0) return;
    if (job->negatives.count > 0) {
        int32_t far = p->centre_count; /* outputs that need not be in cache */
        if (p->pooled != NULL) {
            for (int32_t k = 0; k < p->aim_count; k++)
                p->pooled[k] = fe_alias_draw(job->negatives.noise, (uint32_t)job->negatives.words, p->aims[k]);
            p->drawn_count = fe_target_pooled(p->centres, p->centre_count, p->pooled, p->negative_count, p->drawn);
        } else p->drawn_count = fe_target_rows(job, p->centres, p->centre_count, p->aims, p->aim_count, p->drawn);
        if (p->aim_count > 0) far = p->drawn_count;
        fe_send_for_all(&t->ahead, job, job->matrices.out_ns, p->drawn, far);
    }
    if (job->matrices.out_hs == NULL) return;
    p->node_count = fe_target_path(job, p->centres[0], p->path_part, p->nodes, p->labels);
    const int32_t left_out = fe_path_length(job, p->centres[0]) - p->node_count;
    for (int32_t k = NEAR_NODES - left_out; k < p->node_count && p->path_is_new; k++)
        fe_send_for(&t->ahead, job, job->matrices.out_hs, p->nodes[k]);
}

/* ---- the step ---- */

/* What is held of words that are bags themselves. */
FE_NOINLINE void find_held(struct trainer *t, const struct fe_pending *p) {
    fe_let_go_below(&t->held, p->needed);
    for (int32_t i = 0; i < fe_row_count(p); i++) {
        const int32_t slot = fe_hold(&t->held, p->numbers[i], p->rows[i], p->drawn_count + p->node_count);
        t->rows[i] = t->held.values + slot * t->job->matrices.stride;
        t->scale[i] = t->held.factors[slot];
    }
}

/* Rows of words and of documents. */
FE_NOINLINE void find_tagged(struct trainer *t, const struct fe_pending *p) {
    const struct fe_matrices *matrices = &t->job->matrices;
    const int32_t count = fe_row_count(p), first_tag = (int32_t)matrices->in_rows, *ids = p->rows;
    if (t->piece == NULL && matrices->in_scale == NULL && matrices->tag_scale == NULL) {
        float *const in = matrices->in, *const tags = matrices->tags, **rows = t->rows;
        const int64_t stride = matrices->stride;
        for (int32_t i = 0; i < count; i++)
            rows[i] = ids[i] < first_tag ? in + ids[i] * stride : tags + (ids[i] - first_tag) * stride;
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        const int is_tag = ids[i] >= first_tag;
        const float *factors = is_tag ? matrices->tag_scale : matrices->in_scale;
        int32_t row = ids[i] - (is_tag ? first_tag : 0);
        if (t->piece == NULL) t->rows[i] = (is_tag ? matrices->tags : matrices->in) + row * matrices->stride;
        else {
            const struct fe_visited *taken = &t->piece->taken[is_tag ? FE_TAGS : FE_IN];
            t->rows[i] = taken->rows[row];
            row = taken->ids[row];
        }
        t->scale[i] = factors != NULL ? factors[row] : 1.0f;
    }
}

/* The rows of all inputs, or of all bags. */
static inline void find_inputs(struct trainer *t, const struct fe_pending *p) {
    float *const in = t->job->matrices.in;
    const float *in_scale = t->job->matrices.in_scale;
    const int64_t stride = t->job->matrices.stride;
    if (p->numbers != NULL) {
        find_held(t, p);
        return;
    }
    if (t->has_tags) {
        find_tagged(t, p);
        return;
    }
    for (int32_t i = 0; i < fe_row_count(p); i++) {
        int32_t row = p->rows[i];
        if (t->piece == NULL) t->rows[i] = in + row * stride;
        else {
            t->rows[i] = t->piece->taken[FE_IN].rows[row];
            row = t->piece->taken[FE_IN].ids[row];
        }
        if (in_scale != NULL) t->scale[i] = in_scale[row];
    }
}

/* Rows in a bag of `count` contexts, which may be bags themselves. */
static inline int32_t rows_in_bag(const struct trainer *t, const struct fe_pending *p, int32_t from, int32_t count) {
    int32_t rows = 0;
    if (p->numbers == NULL) return count;
    for (int32_t i = from; i < from + count; i++) rows += fe_bag_size(t->job, p->rows[i]);
    return rows;
}

/* The hidden rows of bags, and zeros for their changes. */
static inline void gather_bags(struct trainer *t, const struct fe_pending *p) {
    const struct fe_matrices *matrices = &t->job->matrices;
    if (!t->job->documents.tags_only || t->job->inputs.kind == FE_SIDE_INPUTS)
        memset(t->hidden_change[0], 0, (size_t)(p->m * matrices->out_stride) * sizeof(float));
    if (t->job->inputs.kind == FE_SIDE_INPUTS) {
        for (int32_t i = 0, at = 0; i < p->m; i++) {
            t->shares[i] = 1.0f;
            for (int64_t c = 0; at < p->ends[i]; at++, c += matrices->size) { /* gathered, as other threads change it */
                t->kernel->gather(t->rows + at, 1, 1.0f, matrices->size, t->row);
                memcpy(t->hidden[i] + c, t->row, (size_t)matrices->size * sizeof(float));
            }
            memset(t->hidden[i] + matrices->out_size, 0,
                   (size_t)(matrices->out_stride - matrices->out_size) * sizeof(float));
        }
        return;
    }
    for (int32_t i = 0, from = 0; i < p->m; from = p->ends[i++]) {
        const int32_t count = p->ends[i] - from;
        const float share = 1.0f / (float)rows_in_bag(t, p, from, count);
        t->shares[i] = t->shares_out ? share : 1.0f;
        t->kernel->gather(t->rows + from, count, t->job->inputs.mean ? share : 1.0f, matrices->size, t->hidden[i]);
    }
}

/* The change of each bag goes to its rows. */
static inline void scatter_bags(struct trainer *t, const struct fe_pending *p) {
    const struct fe_job *job = t->job;
    if (job->inputs.kind == FE_SIDE_INPUTS) {
        for (int32_t i = 0, at = 0; i < p->m; i++) {
            const float *change = t->hidden_change[i];
            for (; at < p->ends[i]; at++, change += job->matrices.size)
                if (!job->documents.tags_only || p->rows[at] >= job->matrices.in_rows)
                    t->kernel->add(t->rows[at], t->scale[at], change, job->matrices.size);
        }
        return;
    }
    if (job->documents.tags_only) return; /* update_shared_tags */
    for (int32_t i = 0, from = 0; i < p->m; from = p->ends[i++])
        t->kernel->scatter(t->rows + from, p->ends[i] - from, t->scale + from, t->job->matrices.size,
                           t->hidden_change[i]);
}

/* The outputs of a block: rows of out_hs if they have labels, else of out_ns. */
static inline void set_outputs(struct trainer *t, struct fe_block *block, const int32_t *outputs, const uint8_t *labels,
                               int32_t n) {
    const struct fe_matrices *matrices = &t->job->matrices;
    float *const matrix = labels != NULL ? matrices->out_hs : matrices->out_ns;
    if (t->piece == NULL)
        for (int32_t k = 0; k < n; k++) t->o[k] = matrix + outputs[k] * matrices->out_stride;
    else {
        float **rows = t->piece->taken[labels != NULL ? FE_OUT_HS : FE_OUT_NS].rows;
        for (int32_t k = 0; k < n; k++) t->o[k] = rows[outputs[k]];
    }
    block->o = t->o;
    block->labels = labels;
    block->n = n;
}

/* How often an input meets each negative, by its own centres: negatives that are k times as many as usual weigh as much
 * less. */
static inline const float *times_of(const struct trainer *t, const struct fe_pending *p) {
    for (int k = 1; k <= FE_CENTRES; k++)
        if (p->negative_count == k * t->job->negatives.count) return t->times[k];
    return t->times[0];
}

static inline int gradient(struct trainer *t, const struct fe_pending *p, const struct fe_block *block, double *loss) {
    t->done.pairs += (int64_t)block->m * (block->n - block->paired) + (block->paired > 0 ? p->own_pairs : 0);
    return t->kernel->gradient(block, t->job->matrices.out_size, t->alpha, loss, t->g);
}

/* Changes of the inputs alone: outputs are only read. */
FE_NOINLINE void update_inputs(struct trainer *t, const struct fe_block *block) {
    const int is_matched = block->paired > 0 && block->own == NULL && block->m > 1;
    const int n = is_matched ? fe_matched_n(block->m, block->n) : block->n, others = n - is_matched;
    const int64_t size = t->job->matrices.out_size;
    float *g = t->g;
    for (int i = 0; i < block->m; i++, g += fe_g_stride(n)) {
        if (is_matched) t->kernel->add(block->dh[i], block->scale[i] * g[0], block->o[i], size);
        for (int k = 0; k < n; k++) g[k] *= block->scale[i];
        t->kernel->combine((const float *const *)block->o + block->n - others, g + is_matched, others, size, 1,
                           block->dh[i]);
    }
}

/* The same of bags that share the tags of one document, as in fe_infer: these receive the changes of all bags at once.
 */
FE_NOINLINE void update_shared_tags(struct trainer *t, const struct fe_pending *p, const struct fe_block *block) {
    const int matched = block->paired > 0 && block->own == NULL ? block->m : 0;
    const int stride = fe_g_stride(matched > 0 ? fe_matched_n(matched, block->n) : block->n);
    const int first = matched > 0 ? 1 - matched : 0; /* output k of input i has the place i * stride + first + k */
    const float *g = t->g;
    float *sums = t->change, *factors = sums + block->n;
    for (int k = 0; k < matched; k++) sums[k] = block->scale[k] * g[k * stride];
    for (int k = matched; k < block->n; k++) sums[k] = block->scale[0] * g[first + k];
    for (int i = 1; i < block->m; i++)
        for (int k = matched; k < block->n; k++) sums[k] += block->scale[i] * g[i * stride + first + k];
    for (int32_t at = 0; at < p->ends[0]; at++) {
        if (p->rows[at] < t->job->matrices.in_rows) continue;
        for (int k = 0; k < block->n; k++) factors[k] = t->scale[at] * sums[k];
        t->kernel->combine((const float *const *)block->o, factors, block->n, t->job->matrices.out_stride, 1,
                           t->rows[at]);
    }
}

static inline void update(struct trainer *t, const struct fe_pending *p, const struct fe_block *block) {
    const struct fe_job *job = t->job;
    if (!job->documents.tags_only) t->kernel->update(block, job->matrices.out_size, t->g, t->change);
    else if (job->inputs.kind == FE_BAG_INPUTS) update_shared_tags(t, p, block);
    else update_inputs(t, block);
}

/* The loss is that of the whole path, whatever part of it is trained. */
FE_NOINLINE void add_path_loss(struct trainer *t, struct fe_pending *p, struct fe_block *block) {
    const struct fe_job *job = t->job;
    if (t->piece != NULL) {
        const struct fe_made *made = (const struct fe_made *)(const void *)p;
        set_outputs(t, block, made->path, made->path_labels, made->path_count);
        t->kernel->gradient(block, job->matrices.out_size, t->alpha, &t->done.loss, t->g);
        return;
    }
    const int32_t n = fe_target_path(job, p->centres[0], FE_WHOLE, p->nodes, p->labels);
    set_outputs(t, block, p->nodes, p->labels, n);
    t->kernel->gradient(block, job->matrices.out_size, t->alpha, &t->done.loss, t->g);
    fe_target_path(job, p->centres[0], p->path_part, p->nodes, p->labels);
}

static inline struct fe_pending *slot_after(struct trainer *t, int now, int blocks) {
    const int at = now + blocks, slots = t->blocks_ahead + 1;
    return &t->slots[at < slots ? at : at - slots];
}

/* Put the rows on the list that a made block is the first to take; copies are near. */
static inline void send_for_made(struct trainer *t, int64_t number) {
    const struct fe_piece *piece = t->piece;
    if (number >= piece->count) return;
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        const struct fe_visited *taken = &piece->taken[kind];
        const int64_t end = piece->blocks[number]->ends[kind];
        for (int64_t i = number > 0 ? piece->blocks[number - 1]->ends[kind] : 0; i < end; i++)
            if (t->ahead.count < FE_MOST_AHEAD) t->ahead.rows[t->ahead.count++] = taken->rows[i];
    }
    const struct fe_pending *p = &piece->blocks[number]->block;
    if (p->numbers == NULL) return;
    for (int32_t i = 0; i < fe_row_count(p); i++)
        if (p->numbers[i] >= t->numbers_sent) {
            fe_send_for_bag(&t->ahead, t->job, p->rows[i]);
            t->numbers_sent = p->numbers[i] + 1;
        }
}

/* Train on a block, number `now`; find the outputs of the next and make another, or send for those of a made one; 0
 * when a score was not finite. */
FE_INLINE int train_pending(struct trainer *t, struct fe_pending *p, int64_t now) {
    const struct fe_job *job = t->job;
    double *loss = job->want_loss ? &t->done.loss : NULL;
    struct fe_block block = {.h = t->rows, .dh = t->rows, .scale = t->scale, .m = p->m};
    t->rows_read += fe_row_count(p);
    find_inputs(t, p);
    if (p->has_bags) {
        gather_bags(t, p);
        block = (struct fe_block){.h = t->hidden, .dh = t->hidden_change, .scale = t->shares, .m = p->m};
    }
    if (p->node_count > 0) {
        block.in_turn = 1;
        if (loss != NULL && p->path_part != FE_WHOLE) add_path_loss(t, p, &block);
        set_outputs(t, &block, p->nodes, p->labels, p->node_count);
        if (!gradient(t, p, &block, p->path_part == FE_WHOLE ? loss : NULL)) return 0;
        if (p->drawn_count > 0) update(t, p, &block);
    }
    if (p->drawn_count > 0) {
        block.in_turn = 0;
        if (p->centre_count > 1 || p->negative_count > job->negatives.count) {
            block.paired = p->centre_count;
            block.own = p->is_matched ? NULL : p->own == NULL && p->m == 1 ? ALONE : p->own;
            block.times = times_of(t, p);
        }
        set_outputs(t, &block, p->drawn, NULL, p->drawn_count);
        if (!gradient(t, p, &block, loss)) return 0;
    }
    if (t->piece != NULL) send_for_made(t, now + t->blocks_ahead);
    else {
        find_outputs(t, slot_after(t, (int)now, t->blocks_ahead - 1));
        fe_next_block(&t->maker, slot_after(t, (int)now, t->blocks_ahead));
    }
    block.ahead = t->ahead.rows;
    block.ahead_count = t->ahead.count;
    if (block.n > 0) update(t, p, &block); /* one word alone has no path */
    t->ahead.count = 0;
    if (p->has_bags) scatter_bags(t, p);
    return 1;
}

/* Whether to break off: after a usual block's work, so that blocks of usual settings are never left half done. */
static inline int is_stopped(const struct trainer *t) {
    const volatile int32_t *stop = t->job->stop;
    return stop != NULL && FE_LOAD_SHARED(stop) &&
           (t->rows_read + t->done.pairs) * t->job->matrices.out_size > FE_USUAL_WORK;
}

/* Before the first block. */
static void start(struct trainer *t, void *workspace, int32_t *places) {
    const struct fe_job *job = t->job;
    struct carver c = {workspace, 0};
    lay_out(t, job, &c);
    fe_held_start(&t->held, t->kernel, job, t->piece != NULL ? &t->piece->bags : NULL, places);
    for (int own = 0; own < 1 << FE_CENTRES; own++) {
        float times = 0.0f;
        for (int k = 0; k < FE_CENTRES; k++) times += (float)(own >> k & 1);
        t->times[0][own] = times * (float)job->negatives.count / (float)FE_LEAST_DRAWS;
        for (int k = 1; k <= FE_CENTRES; k++) t->times[k][own] = times / (float)k;
    }
    /* The true gradient of a mean is shared out, that of a sum is not. word2vec does not share out the mean's, and
     * gensim shares out the sum's. */
    t->shares_out = (job->inputs.mean != 0) == (job->inputs.exact != 0);
    for (int64_t i = 0; i < fe_most_rows(job); i++) t->scale[i] = 1.0f;
    t->blocks_ahead = job->inputs.per_pair || fe_window_count(job) > 1 ? MORE_AHEAD : AHEAD;
}

static int train_block(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view,
                       int64_t epoch, int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done) {
    struct trainer t = {.kernel = kernel, .job = job, .alpha = alpha};
    t.has_tags = view->tags != NULL && job->inputs.kind != FE_CONTEXT_INPUTS;
    start(&t, workspace, NULL);
    fe_maker_start(&t.maker, job, view, epoch, alpha, &t.ahead);
    int ok = 1;
    if (begin < end) {
        fe_maker_open(&t.maker, epoch, (struct fe_span){begin, end, -1});
        for (int k = 0; k < t.blocks_ahead; k++) fe_next_block(&t.maker, &t.slots[k]);
        for (int k = 0; k < t.blocks_ahead - 1; k++) find_outputs(&t, &t.slots[k]);
        int now = 0;
        for (; ok && t.slots[now].m > 0 && !is_stopped(&t); now = now < t.blocks_ahead ? now + 1 : 0)
            ok = train_pending(&t, &t.slots[now], now);
        fe_let_go_below(&t.held, INT64_MAX);
        if (ok && t.slots[now].m > 0) { /* broken off */
            end = begin + t.slots[now].passed;
            t.maker.kept = t.slots[now].kept;
        }
    }
    t.done.words = end - begin;
    t.done.kept = t.maker.kept;
    *done = t.done;
    return ok ? FE_OK : FE_DIVERGED;
}

int fe_train_block(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view, int64_t epoch,
                   int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done) {
    struct fe_done passed = {0, 0, 0, 0.0};
    struct fe_job tags = *job;
    if (job->documents.beside) { /* words first: where they are broken off, tags end, too */
        const struct fe_job words = beside(job);
        const int status = train_block(kernel, &words, view, epoch, begin, end, alpha, workspace, &passed);
        if (status != FE_OK) return status;
        end = begin + passed.words;
        tags.stop = NULL;
    }
    const int status = train_block(kernel, &tags, view, epoch, begin, end, alpha, workspace, done);
    done->pairs += passed.pairs;
    done->loss += passed.loss;
    return status;
}

int fe_infer(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view, int64_t begin,
             int64_t end, int32_t epochs, const float *alphas, void *workspace, int64_t *documents) {
    *documents = 0;
    for (int64_t s = begin; s < end; s++, ++*documents) {
        const int64_t offsets[] = {0, view->offsets[s + 1] - view->offsets[s]};
        const int64_t tag_offsets[] = {0, view->tag_offsets[s + 1] - view->tag_offsets[s]};
        const struct fe_view one = {.ids = view->ids + view->offsets[s],
                                    .offsets = offsets,
                                    .sentences = 1,
                                    .tags = view->tags + view->tag_offsets[s],
                                    .tag_offsets = tag_offsets};
        for (int32_t epoch = 0; epoch < epochs; epoch++) {
            struct fe_done done;
            const int status = train_block(kernel, job, &one, epoch, 0, offsets[1], alphas[epoch], workspace, &done);
            if (status != FE_OK) return status;
            if (job->stop != NULL && FE_LOAD_SHARED(job->stop)) return FE_OK;
        }
    }
    return FE_OK;
}

/* Make all blocks of a job; returns the number of centres. */
static int64_t make_blocks(const struct fe_job *job, const struct fe_view *view, int64_t epoch, struct fe_span span,
                           float alpha, void *workspace, int32_t *const *slots, struct fe_piece *piece) {
    struct trainer t = {.job = job, .alpha = alpha};
    struct carver c = {workspace, 0};
    lay_out(&t, job, &c);
    fe_maker_start(&t.maker, job, view, epoch, alpha, &t.ahead);
    fe_maker_open(&t.maker, epoch, span);
    /* Three blocks at a time: what one asks memory for is there when it is asked for again. */
    struct fe_pending *p = &t.slots[0], *found = &t.slots[1], *kept = &t.slots[2];
    p->m = found->m = 0;
    for (int k = 0; k < 2 || found->m > 0; k++) {
        struct fe_pending *const oldest = kept;
        kept = found;
        found = p;
        p = oldest;
        fe_next_block(&t.maker, p);
        if (found->m > 0) {
            find_outputs(&t, found);
            for (int32_t i = 0; i < found->drawn_count; i++) FE_PREFETCH_WRITE(slots[FE_OUT_NS] + found->drawn[i]);
            t.ahead.count = 0; /* rows are sent for when the piece is trained */
        }
        if (kept->m > 0) fe_made_keep(piece, job, slots, kept);
    }
    return t.maker.kept;
}

void fe_make_piece(const struct fe_job *job, const struct fe_lane *lane, int64_t from, int64_t epoch, float alpha,
                   void *workspace, int32_t *slots, struct fe_piece *piece) {
    const struct fe_span span = {lane->begin, lane->end, from};
    const struct fe_job words = beside(job);
    int32_t *of[FE_MATRICES];
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        of[kind] = fe_slots_of(job, slots, kind);
        piece->taken[kind].count = 0;
    }
    piece->count = piece->kept = 0;
    piece->used = 0;
    piece->words = lane->end - lane->begin - from;
    if (piece->words > FE_PIECE) piece->words = FE_PIECE;
    if (piece->words > 0) {
        if (job->documents.beside) make_blocks(&words, lane->view, epoch, span, alpha, workspace, of, piece);
        piece->kept = make_blocks(job, lane->view, epoch, span, alpha, workspace, of, piece);
    }
    fe_mark_taken(job, piece);
    for (int kind = 0; kind < FE_MATRICES; kind++) fe_forget(&piece->taken[kind], of[kind]);
}

/* Send for the lists of the rows of all words that a piece takes. */
static void send_for_lists(const struct fe_job *job, const struct fe_piece *piece) {
    for (int pass = 0; pass < 2; pass++) {
        int64_t sent = 0; /* numbers below it were */
        for (int64_t k = 0; k < piece->count; k++) {
            const struct fe_pending *p = &piece->blocks[k]->block;
            for (int32_t i = 0; i < fe_row_count(p); i++) {
                if (p->numbers[i] < sent) continue;
                if (pass == 0) FE_PREFETCH(job->subwords.offsets + p->rows[i]);
                else fe_send_for_list(job, p->rows[i]);
                sent = p->numbers[i] + 1;
            }
        }
    }
}

int fe_train_piece(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_piece *piece,
                   const uint64_t *shared, int32_t workers, float alpha, void *workspace, int32_t *slots,
                   struct fe_done *done) {
    struct trainer t = {.kernel = kernel, .job = job, .alpha = alpha, .piece = piece};
    int ok = 1;
    int64_t now = 0;
    t.has_tags = job->matrices.tags != NULL;
    fe_find_taken(job, piece, shared, workers);
    piece->bags.count = 0;
    start(&t, workspace, slots);
    if (job->subwords.offsets != NULL) send_for_lists(job, piece);
    for (int k = 0; k < t.blocks_ahead; k++) send_for_made(&t, k);
    for (; ok && now < piece->count && !is_stopped(&t); now++) ok = train_pending(&t, &piece->blocks[now]->block, now);
    fe_let_go_below(&t.held, INT64_MAX);
    fe_count_pairs(piece, workers);
    for (int32_t i = 0; i < piece->bags.count; i++) slots[piece->bags.words[i]] = 0;
    t.done.words = now == piece->count ? piece->words : 0;
    t.done.kept = piece->kept;
    *done = t.done;
    return ok ? FE_OK : FE_DIVERGED;
}
