/* Threads over the core, as Python starts them, for ThreadSanitizer: each part of the work is shared out between
 * THREADS threads in the way that csrc's headers allow.
 *
 *     threads [--plant counts|workspace|rows|table]
 *
 * --plant breaks one of these rules, so that the sanitizer can be seen to notice a race. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../portable/check.h"
#include "common/rng.h"
#include "fastemb.h"

enum { THREADS = 4, WORDS = 300, TOKENS = 8000, SENTENCE = 20, SIZE = 40, STRIDE = 48, SENTENCES = TOKENS / SENTENCE };
enum { WINDOW = 5, TAGS = 90, MOST_TAGS = 2 };

static struct {
    int counts, workspace, rows, table;
} plant;

/* ---- sharing out ---- */

struct worker {
    int number;
    void (*work)(int number);
    pthread_t thread;
};

static void *start(void *argument) {
    struct worker *worker = argument;
    worker->work(worker->number);
    return NULL;
}

static void in_threads(const char *name, void (*work)(int number)) {
    struct worker workers[THREADS];
    begin_case("%s", name);
    for (int k = 0; k < THREADS; k++) {
        workers[k] = (struct worker){.number = k, .work = work};
        expect(pthread_create(&workers[k].thread, NULL, start, &workers[k]) == 0, "no thread");
    }
    for (int k = 0; k < THREADS; k++) pthread_join(workers[k].thread, NULL);
    end_case();
}

static int64_t begin_of(int number, int64_t count) { return count * number / THREADS; }

/* ---- what all threads read ---- */

static struct {
    int32_t ids[TOKENS];
    int64_t offsets[SENTENCES + 1], counts[WORDS];
    uint32_t keep[WORDS];
    struct fe_alias noise[WORDS];
    int64_t path_offsets[WORDS + 1];
    int32_t path_nodes[WORDS * WORDS];
    uint8_t path_codes[WORDS * WORDS], connectors[WORDS];
    int32_t longest_path;
    int32_t tags[SENTENCES * MOST_TAGS]; /* of sentences as documents */
    int64_t tag_offsets[SENTENCES + 1];
} corpus;

static void fill_corpus(void) {
    static double weights[WORDS];
    static int32_t work[WORDS];
    static int64_t tree[4 * WORDS];
    seed_random(1);
    for (int i = 0; i < WORDS; i++) {
        corpus.counts[i] = 100000 / (i + 1);
        weights[i] = (double)corpus.counts[i];
        corpus.keep[i] = i < 3 ? 0x60000000u : UINT32_MAX;
        corpus.connectors[i] = i == 1 || i == 7;
    }
    for (int t = 0; t < TOKENS; t++) corpus.ids[t] = (int32_t)(random_below(WORDS) * random_below(WORDS) / WORDS);
    for (int s = 0; s <= SENTENCES; s++) corpus.offsets[s] = (int64_t)s * SENTENCE;
    for (int s = 0; s < SENTENCES; s++) corpus.tag_offsets[s + 1] = corpus.tag_offsets[s] + s % (MOST_TAGS + 1);
    for (int k = 0; k < SENTENCES * MOST_TAGS; k++) corpus.tags[k] = (int32_t)random_below(TAGS);
    fe_alias_build(weights, WORDS, corpus.noise, work);
    fe_huffman_build(corpus.counts, WORDS, tree);
    fe_huffman_paths(WORDS, tree, corpus.path_offsets, corpus.path_nodes, corpus.path_codes);
    for (int i = 0; i < WORDS; i++) {
        const int32_t length = (int32_t)(corpus.path_offsets[i + 1] - corpus.path_offsets[i]);
        if (length > corpus.longest_path) corpus.longest_path = length;
    }
}

/* ---- training: the matrices are everybody's, a workspace is a thread's own ---- */

static struct {
    const struct fe_kernel *kernel;
    struct fe_job job;
    void *workspaces[THREADS];
    int32_t stop;
    struct fe_view view;
    struct fe_crew crew;
    int32_t *slots[THREADS];
} training;

static void train(int number) {
    enum { BLOCK = 1000 };
    for (int64_t begin = begin_of(number, TOKENS); begin < begin_of(number + 1, TOKENS); begin += BLOCK) {
        struct fe_done done;
        fe_train_block(training.kernel, &training.job, &training.view, 0, begin, begin + BLOCK, 0.01f,
                       training.workspaces[plant.workspace ? 0 : number], &done);
    }
    /* as a thread does that was told to stop, and tells the others */
    __atomic_store_n(&training.stop, 1, __ATOMIC_RELAXED);
}

static void train_rounds(int number) {
    fe_train_rounds(training.kernel, &training.job, &training.crew, number, 0, 0.01f, training.workspaces[number],
                    training.slots[number]);
}

/* Threads that wait for each other: here nothing may race. */
static void train_together(const char *name) {
    const struct fe_job *job = &training.job;
    training.stop = 0;
    training.crew = (struct fe_crew){.meeting = {.workers = THREADS}, .lane_count = FE_LANES};
    fe_lanes_start(job, FE_LANES, 0.01f, lend((int64_t)fe_lanes_size(job, FE_LANES, 0.01f), 1), &training.crew);
    for (int k = 0; k < FE_LANES; k++) {
        training.crew.lanes[k].view = &training.view;
        training.crew.lanes[k].begin = (int64_t)TOKENS * k / FE_LANES;
        training.crew.lanes[k].end = (int64_t)TOKENS * (k + 1) / FE_LANES;
    }
    for (int k = 0; k < THREADS; k++) training.slots[k] = lend(fe_slots_count(job, 0.01f), sizeof(int32_t));
    in_threads(name, train_rounds);
    expect(training.crew.status == FE_OK, "status %d", training.crew.status);
}

static float *filled(int64_t rows, int64_t size, int64_t stride) {
    float *matrix = lend(rows * stride, sizeof *matrix);
    for (int64_t i = 0; i < rows * stride; i++) matrix[i] = i % stride < size ? random_float(0.1f) : 0.0f;
    return matrix;
}

static struct fe_job job_of(int has_paths, int has_baskets, enum fe_input_kind inputs) {
    const int rows = inputs == FE_SIDE_INPUTS ? 1 + 2 * WINDOW : 1;
    struct fe_job job = {
        .matrices = {.in = filled(WORDS, SIZE, STRIDE), .in_rows = WORDS, .stride = STRIDE, .size = SIZE,
                     .out_stride = rows * STRIDE, .out_size = rows * SIZE},
        .subsampling = {.keep = corpus.keep, .last = fe_keep_last(corpus.keep, WORDS)},
        .contexts = {.window = WINDOW, .shrink = 1, .basket = has_baskets ? 3 : 0, .longest_sentence = SENTENCE},
        .inputs = {.kind = inputs, .mean = 1},
        .negatives = {.noise = corpus.noise, .words = WORDS, .count = has_paths ? 0 : 5},
        .paths = {.offsets = corpus.path_offsets,
                  .nodes = corpus.path_nodes,
                  .codes = corpus.path_codes,
                  .longest = corpus.longest_path},
        .seed = 1,
        .want_loss = 1,
        .stop = &training.stop,
    };
    *(has_paths ? &job.matrices.out_hs : &job.matrices.out_ns) = filled(WORDS, rows * SIZE, rows * STRIDE);
    return job;
}

static void lend_workspaces(void) {
    for (int k = 0; k < THREADS; k++) training.workspaces[k] = lend((int64_t)fe_workspace_size(&training.job), 1);
}

static void train_all(const struct fe_kernel *kernel) {
    char name[64];
    training.kernel = kernel;
    training.view = (struct fe_view){.ids = corpus.ids, .offsets = corpus.offsets, .sentences = SENTENCES};
    for (int kind = 0; kind < 8; kind++) {
        training.job = job_of(kind & 1, kind >> 2, kind >> 1 & 1 ? FE_BAG_INPUTS : FE_CONTEXT_INPUTS);
        lend_workspaces();
        training.stop = 0;
        snprintf(name, sizeof name, "training, kind %d, %s", kind, fe_kernel_name(kernel));
        in_threads(name, train);
        snprintf(name, sizeof name, "rounds, kind %d, %s", kind, fe_kernel_name(kernel));
        train_together(name);
        release_memory();
    }
}

static void train_documents(const struct fe_kernel *kernel) {
    static const enum fe_input_kind inputs[] = {FE_BAG_INPUTS, FE_SIDE_INPUTS, FE_TAG_INPUTS, FE_TAG_INPUTS};
    char name[64];
    training.kernel = kernel;
    training.view.tags = corpus.tags;
    training.view.tag_offsets = corpus.tag_offsets;
    for (int kind = 0; kind < 8; kind++) {
        training.job = job_of(kind & 1, 0, inputs[kind >> 1]);
        training.job.matrices.tags = filled(TAGS, SIZE, STRIDE);
        training.job.matrices.tag_rows = TAGS;
        training.job.documents = (struct fe_tagged){.longest = MOST_TAGS, .side_tags = 1, .beside = kind >> 1 == 3};
        lend_workspaces();
        training.stop = 0;
        snprintf(name, sizeof name, "training of documents, kind %d, %s", kind, fe_kernel_name(kernel));
        in_threads(name, train);
        snprintf(name, sizeof name, "rounds of documents, kind %d, %s", kind, fe_kernel_name(kernel));
        train_together(name);
        release_memory();
    }
}

/* ---- counting: a thread has counts and a table of its own ---- */

static struct {
    int64_t counts[THREADS][WORDS], firsts[THREADS][WORDS];
    struct fe_table *tables[THREADS];
    char *text;
    int64_t length;
} counting;

static void count(int number) {
    const int own = plant.counts ? 0 : number;
    fe_ids_count(corpus.ids, begin_of(number, TOKENS), begin_of(number + 1, TOKENS), counting.counts[own],
                 counting.firsts[own]);
}

static void read_text(int number) {
    static int32_t ids[THREADS][TOKENS];
    static int64_t ends[THREADS][SENTENCES];
    const int64_t part = counting.length / THREADS; /* all parts have the same text */
    int64_t id_count, bad;
    fe_text_read(counting.tables[plant.table ? 0 : number], counting.text + number * part, part, number * part, 1,
                 ids[number], &id_count, ends[number], &bad);
}

static void count_all(void) {
    in_threads("counting ids", count);
    counting.text = lend(THREADS * 10 * 500, 1);
    for (int n = 0; n < THREADS * 500; n++) {
        char word[16];
        snprintf(word, sizeof word, "word%05d%c", n % 500, n % 10 == 9 ? '\n' : ' ');
        memcpy(counting.text + counting.length, word, 10);
        counting.length += 10;
    }
    for (int k = 0; k < THREADS; k++) counting.tables[k] = fe_table_create();
    in_threads("reading text", read_text);
    int32_t remap[500];
    for (int k = 1; k < THREADS; k++)
        expect(fe_table_merge(counting.tables[0], counting.tables[k], remap) == FE_OK, "");
    expect(fe_table_size(counting.tables[0]) == 500, "%d tokens", (int)fe_table_size(counting.tables[0]));
    for (int k = 0; k < THREADS; k++) fe_table_free(counting.tables[k]);
    release_memory();
}

/* ---- phrases: a thread counts the pairs of a range of hashes, and joins sentences of its own ---- */

enum { SLOTS = 1 << 17, CHAINS = 64 };

static struct {
    struct fe_sentences text;
    struct fe_chain chains[CHAINS];
    struct fe_pair *pairs[THREADS];
    struct fe_phrases phrases;
    int32_t out[TOKENS];
    int64_t ends[SENTENCES];
} pairs;

static void count_pairs(int number) {
    const uint64_t range = UINT64_MAX / THREADS, low = range * (uint64_t)number;
    int64_t used = 0;
    const int64_t end = fe_pairs_count(&pairs.text, 0, TOKENS, low,
                                       number == THREADS - 1 ? UINT64_MAX : low + range - 1, pairs.pairs[number],
                                       SLOTS - 1, &used, SLOTS / 2);
    expect(end == TOKENS && used > 0, "%d pairs", (int)used);
}

static void join(int number) {
    struct fe_join at = {.sentence = begin_of(number, SENTENCES), .start = -1};
    at.at = pairs.text.offsets[at.sentence];
    fe_phrases_join(&pairs.text, &pairs.phrases, begin_of(number + 1, SENTENCES), TOKENS, &at,
                    pairs.out + pairs.text.offsets[begin_of(number, SENTENCES)], pairs.ends);
}

static void find_phrases(void) {
    int64_t chain_count = 0;
    pairs.text = (struct fe_sentences){.ids = corpus.ids,
                                       .offsets = corpus.offsets,
                                       .sentences = SENTENCES,
                                       .connectors = corpus.connectors,
                                       .chain_slots = pairs.chains,
                                       .chain_mask = CHAINS - 1,
                                       .words = WORDS,
                                       .chains = CHAINS};
    fe_chains_collect(&pairs.text, 0, TOKENS, pairs.chains, CHAINS - 1, &chain_count, CHAINS / 2);
    for (int k = 0; k < THREADS; k++) pairs.pairs[k] = lend(SLOTS, sizeof *pairs.pairs[k]);
    in_threads("counting pairs", count_pairs);
    struct fe_pair *all = lend(SLOTS * 4, sizeof *all);
    uint64_t *filter = lend(1024, sizeof *filter);
    for (int k = 0; k < THREADS; k++) {
        fe_pairs_move(pairs.pairs[k], SLOTS, 0, UINT64_MAX, all, SLOTS * 4 - 1);
        fe_filter_add(pairs.pairs[k], fe_pairs_pack(pairs.pairs[k], SLOTS), filter, 65535);
    }
    pairs.phrases = (struct fe_phrases){.slots = all, .mask = SLOTS * 4 - 1, .filter = filter, .filter_mask = 65535};
    in_threads("joining phrases", join);
    release_memory();
}

/* ---- walks, and the rows of a graph: a thread has walks, and rows, of its own ---- */

enum { NODES = 500, EDGES = 5000, LENGTH = 20, WALKS = 2000 };

static struct {
    int32_t from[EDGES], to[EDGES], neighbours[2 * EDGES], ids[WALKS * LENGTH];
    float weights[EDGES], entry_weights[2 * EDGES];
    int64_t offsets[NODES + 1], walk_offsets[THREADS][WALKS / THREADS + 1];
    uint32_t shares[2 * EDGES];
    uint8_t filter[2 * EDGES];
    struct fe_graph graph;
    struct fe_walk_plan plan;
} walks;

static void fill_rows(int number) {
    const int64_t begin = begin_of(number, NODES), end = begin_of(number + 1, NODES);
    fe_rows_shares(begin, end, walks.offsets, walks.entry_weights, walks.shares);
    fe_rows_filter(begin, end, walks.offsets, walks.neighbours, walks.filter);
}

static void walk(int number) {
    struct fe_walked walked;
    const int64_t first = begin_of(number, WALKS);
    fe_walk(&walks.graph, &walks.plan, 0, first, WALKS / THREADS, walks.ids + first * LENGTH,
            walks.walk_offsets[number], &walked);
}

static void walk_all(void) {
    for (int k = 0; k < EDGES; k++) {
        walks.from[k] = (int32_t)random_below(NODES);
        walks.to[k] = (int32_t)random_below(NODES);
        walks.weights[k] = 1.0f + random_float(0.9f);
    }
    const struct fe_edges edges = {walks.from, walks.to, walks.weights, EDGES, 1};
    static int64_t next[NODES];
    static uint64_t scratch[4 * EDGES];
    fe_edges_count(&edges, walks.offsets + 1);
    for (int n = 0; n < NODES; n++) {
        walks.offsets[n + 1] += walks.offsets[n];
        next[n] = walks.offsets[n];
    }
    fe_edges_place(&edges, next, walks.neighbours, walks.entry_weights);
    struct fe_tidy tidy = {0};
    fe_rows_tidy(&tidy, NODES, walks.offsets, walks.neighbours, walks.entry_weights, scratch);
    in_threads("shares and filters of rows", fill_rows);
    walks.graph = (struct fe_graph){NODES, walks.offsets, walks.neighbours, walks.shares, walks.filter, 1};
    walks.plan = (struct fe_walk_plan){
        .length = LENGTH, .p = 0.5, .q = 2.0, .restart = 0.1, .start_count = NODES, .seed = 1};
    in_threads("walks", walk);
}

/* ---- search: a thread has heaps and a workspace of its own, and looks at queries of its own ---- */

enum { BEST = 10, QUERIES = 8 };

static struct {
    const struct fe_kernel *kernel;
    struct fe_top tops[THREADS];
    void *workspaces[THREADS];
} search;

static void scan(int number) {
    fe_top_scan(search.kernel, &search.tops[number], 0, WORDS, search.workspaces[number]);
    float scores[QUERIES * BEST];
    int64_t rows[QUERIES * BEST];
    fe_top_results(&search.tops[number], scores, rows);
}

static void search_all(const struct fe_kernel *kernel) {
    const float *rows = filled(WORDS, SIZE, STRIDE), *queries = filled(QUERIES, SIZE, STRIDE);
    search.kernel = kernel;
    for (int k = 0; k < THREADS; k++) {
        search.tops[k] = (struct fe_top){
            .rows = rows, .stride = STRIDE, .size = SIZE, .queries = queries, .count = QUERIES, .n = BEST};
        search.tops[k].heaps = lend(QUERIES * BEST, sizeof(uint64_t));
        search.tops[k].kept = lend(QUERIES, sizeof(int64_t));
        search.workspaces[k] = lend((int64_t)fe_top_workspace_size(kernel, &search.tops[k]), 1);
    }
    in_threads("search", scan);
    release_memory();
}

/* ---- tables in training: rows belong to the worker that their hash names; bags to a thread by their number ---- */

enum { IDS = 4000 };

static struct {
    const struct fe_kernel *kernel;
    int64_t ids[IDS], offsets[SENTENCES + 1];
    float *table, *second, *gradients, *bags;
} rows;

static void learn(int number) {
    static struct fe_taken taken[THREADS][IDS], spare[THREADS][IDS];
    const struct fe_share share = {WORDS, -1, plant.rows ? 0 : number, THREADS};
    const int64_t taken_count = fe_group_take(rows.ids, IDS, &share, taken[number]);
    const struct fe_taken *sorted = fe_group_sort(taken[number], spare[number], taken_count, WORDS);
    const struct fe_trained trained = {.table = {rows.table, STRIDE, SIZE}, .second = rows.second};
    const struct fe_rule rule = {FE_ADAGRAD, {.rate = 0.1f, .eps = 1e-8f}};
    const struct fe_gradients gradients = {.rows = rows.gradients, .size = SIZE};
    float sum[SIZE];
    fe_rows_learn(rows.kernel, &trained, &rule, &gradients, sorted, taken_count, sum);
    fe_rows_shorten(rows.kernel, &trained.table, sorted, taken_count, 1.0, 2.0);
}

static void pool(int number) {
    const struct fe_const_rows from = {rows.table, STRIDE, SIZE};
    const struct fe_id_bags bags = {.ids = rows.ids,
                                    .offsets = corpus.offsets,
                                    .mean = 1,
                                    .begin = begin_of(number, IDS / SENTENCE),
                                    .end = begin_of(number + 1, IDS / SENTENCE)};
    fe_bags_pool(rows.kernel, &from, &bags, rows.bags);
}

static void learn_all(const struct fe_kernel *kernel) {
    rows.kernel = kernel;
    for (int i = 0; i < IDS; i++) rows.ids[i] = random_below(WORDS);
    rows.table = filled(WORDS, SIZE, STRIDE);
    rows.second = lend(WORDS * SIZE, sizeof(float));
    rows.gradients = lend(IDS * SIZE, sizeof(float));
    for (int i = 0; i < IDS * SIZE; i++) rows.gradients[i] = random_float(1.0f);
    rows.bags = lend(IDS / SENTENCE * SIZE, sizeof(float));
    in_threads("steps of an optimiser", learn);
    in_threads("bags", pool);
    release_memory();
}

int main(int argument_count, char **arguments) {
    if (argument_count == 3 && strcmp(arguments[1], "--plant") == 0) {
        plant.counts = strcmp(arguments[2], "counts") == 0;
        plant.workspace = strcmp(arguments[2], "workspace") == 0;
        plant.rows = strcmp(arguments[2], "rows") == 0;
        plant.table = strcmp(arguments[2], "table") == 0;
    }
    if (argument_count != 1 && !plant.counts && !plant.workspace && !plant.rows && !plant.table) {
        fprintf(stderr, "usage: %s [--plant counts|workspace|rows|table]\n", arguments[0]);
        return 2;
    }
    start_checks(0);
    fill_corpus();
    count_all();
    find_phrases();
    walk_all();
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        train_all(kernel);
        train_documents(kernel);
        search_all(kernel);
        learn_all(kernel);
    }
    return finish_checks();
}
