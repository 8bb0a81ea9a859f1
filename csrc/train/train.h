/* Training: sampling tables (sample.c), and the block that a thread trains on (train.c). */
#ifndef FE_TRAIN_H
#define FE_TRAIN_H

#include "common/common.h"
#include "common/meeting.h"
#include "kernels/kernels.h"

/* ---- sampling tables (sample.c) ---- */

/* One entry of an alias table: Walker 1977, Vose 1991. */
struct fe_alias {
    uint32_t threshold; /* stay here when 32 random bits are below it */
    int32_t other;
};

/* The lowest id k with keep[k] = keep[k + 1] = ... = keep[size - 1]. For ids above k the entry of k may be read
 * instead: most words are rare and always kept, so that the part of the table that is read stays in cache. */
int32_t fe_keep_last(const uint32_t *keep, int32_t size);

/* An alias table over weights[i] >= 0, at least one of them > 0. Overwrites weights; work: size int32. */
void fe_alias_build(double *weights, int32_t size, struct fe_alias *table, int32_t *work);

/* The first `count` negatives that the trainer draws at token `position`, when it draws there: for tests. */
void fe_draw_negatives(const struct fe_alias *noise, int32_t size, uint64_t seed, int64_t epoch, int64_t position,
                       int64_t count, int32_t *rows);

/* Huffman tree over counts[size], which must not increase (Mikolov et al. 2013, section 2.1).
 * work: 4 * size int64, read again by fe_huffman_paths. Returns the summed length of all codes, or -1 when a count
 * is negative or they add up to 2^63 or more. */
int64_t fe_huffman_build(const int64_t *counts, int32_t size, int64_t *work);
/* For each word, from the root down: the rows of the inner nodes on its path, the turn (0 or 1) taken at each.
 * offsets: size + 1; nodes, codes: the summed length of all codes. */
void fe_huffman_paths(int32_t size, const int64_t *work, int64_t *offsets, int32_t *nodes, uint8_t *codes);

/* ---- training (train.c) ---- */

/* What a run of training reads and writes, in groups. */

/* Rows of `stride` floats, 64-byte aligned. The first `size` of them, the vector size, count; the others are zero and
 * stay zero. */
struct fe_matrices {
    float *in;             /* in_rows x stride: input rows, one for each word unless subwords say otherwise */
    float *out_ns;         /* words x out_stride: output rows of negative sampling; or NULL */
    float *out_hs;         /* (words - 1) x out_stride: those of the inner nodes of the Huffman tree; or NULL */
    const float *in_scale; /* in_rows: factor on the change of each input row; or NULL */
    int64_t in_rows;       /* at least as many as there are words: an input need not be the row of a word */
    int64_t stride, size;
    int64_t out_stride, out_size; /* the same of output rows, which are longer where inputs are rows side by side */
    /* Input rows of documents. Where a number of an input row is needed, they come after the in_rows. */
    float *tags;            /* tag_rows x stride; or NULL */
    const float *tag_scale; /* tag_rows; or NULL */
    int64_t tag_rows;
};

/* Which tokens stay: each with a probability of its own. */
struct fe_subsampling {
    const uint32_t *keep; /* words: a token stays when 32 random bits are <= keep[id]; or NULL: all stay */
    int32_t last;         /* fe_keep_last */
};

/* Which tokens are the contexts of a centre. */
struct fe_contexts {
    int32_t window; /* up to so many tokens on either side */
    int32_t shrink; /* 1: a centre's window is cut to a random 1 ... window */
    int32_t basket; /* 0: windows. Else sentences are baskets without an order, of at most 2^31 - 1 tokens: contexts are
                       all other tokens of the basket, or this many drawn among them; `window` is not read */
    int64_t longest_sentence; /* no sentence of a view is longer */
};

/* How contexts become the inputs of a step. */
enum fe_input_kind {
    FE_CONTEXT_INPUTS = 0, /* every context's row is an input: skip-gram */
    FE_BAG_INPUTS = 1,     /* the contexts of a centre are one bag, whose mean or sum is the input: CBOW; where
                              sentences are documents, their tags' rows are in each bag of theirs: PV-DM */
    FE_TAG_INPUTS = 2,     /* every tag of a document is an input, whose outputs are all its words: PV-DBOW */
    FE_SIDE_INPUTS = 3,    /* rows of tags, then those of the contexts, side by side: PV-DM with concatenation */
};
struct fe_inputs {
    enum fe_input_kind kind;
    int32_t mean;     /* bags: 1 for their mean, 0 for their sum */
    int32_t exact;    /* bags: the true gradient (arXiv 2012.15332) instead of word2vec's */
    int32_t per_pair; /* 1: every context, or bag, has negatives of its own; 0: several share a draw */
};

/* Documents, where a view has tags (Le and Mikolov 2014). */
struct fe_tagged {
    int32_t longest;   /* no document has more tags */
    int32_t beside;    /* FE_TAG_INPUTS: words are trained beside, as skip-gram */
    int32_t side_tags; /* FE_SIDE_INPUTS: tags of a document; one that has not as many is passed over */
    int32_t null_word; /* FE_SIDE_INPUTS: in place of contexts that are not there */
    int32_t tags_only; /* 1: rows of documents learn, and all others are only read. In fe_infer alone, where the bags
                          of a block share the tags of one document */
};

/* Negative sampling, where out_ns is there. */
struct fe_negatives {
    const struct fe_alias *noise; /* words */
    int32_t words;
    int32_t count; /* negatives of a draw */
};

/* Huffman paths, where out_hs is there: what fe_huffman_paths fills. */
struct fe_paths {
    const int64_t *offsets;
    const int32_t *nodes;
    const uint8_t *codes;
    int32_t longest;
    int32_t thinned; /* 1: of a path's top nodes, which are on many other paths too, a centre trains a third */
};

/* Words whose input is the mean of a bag of rows: one of its own, and those of its n-grams. */
struct fe_subwords {
    const int64_t *offsets; /* words + 1; or NULL: the input of a word is its row */
    const int32_t *rows;    /* of IN: those of word 0, those of word 1 ... No bag is empty */
    int32_t longest;        /* most rows in a bag */
    int32_t words;          /* bags */
};

struct fe_job {
    struct fe_matrices matrices;
    struct fe_subwords subwords;
    struct fe_subsampling subsampling;
    struct fe_contexts contexts;
    struct fe_inputs inputs;
    struct fe_tagged documents;
    struct fe_negatives negatives;
    struct fe_paths paths;
    uint64_t seed;
    int32_t want_loss;
    const volatile int32_t *stop; /* another thread sets it to 1 to break off blocks that take long; or NULL */
};

enum { FE_USUAL_WORK = 1 << 28 }; /* floats of rows gathered and of pairs scored, before a block may be broken off */

struct fe_done {
    int64_t words; /* tokens passed, dropped ones included; all of the block unless it was broken off */
    int64_t kept;  /* centres trained */
    int64_t pairs; /* (input, output) pairs trained, each once however much it weighs */
    double loss;   /* sum of -log sigmoid, 0 unless want_loss */
};

/* Bytes of scratch memory that fe_train_block needs, 64-byte aligned by the caller. */
size_t fe_workspace_size(const struct fe_job *job);

/* Train on the centres at tokens [begin, end) of a view; contexts may lie outside, but within their sentences.
 * What is drawn at a token depends on (seed, epoch, its position) alone; which tokens share a draw also on where a
 * block begins. So a view of a part of a corpus, whole sentences, trains as the whole would.
 *
 * With job->stop set it returns once it has done as much as a block of usual length, some 0.1 s: such a one is trained
 * to its end, and training can be taken up between two blocks. */
int fe_train_block(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view, int64_t epoch,
                   int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done);

/* Rows of documents [begin, end) of a view alone, each document from its own beginning on: `epochs` times over its
 * words, at the rate alphas[epoch]. What is drawn depends on the seed and on places within the document, so the row of
 * one does not depend on the others. Returns early, with fewer `documents` done, once job->stop is set. */
int fe_infer(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_view *view, int64_t begin,
             int64_t end, int32_t epochs, const float *alphas, void *workspace, int64_t *documents);

/* ---- rounds (piece.h, changes.c, rounds.c): several threads learn the same, however many they are ---- */

enum {
    FE_PIECE = 64,      /* tokens of a lane that a round trains */
    FE_LANES = 16,      /* at most in a round, */
    FE_BAG_LANES = 8,   /* where words are bags: n-grams are in words of nearly all lanes, and learn less the more
                           lanes there are */
    FE_MARKS = 1 << 14, /* bits by which rows are marked, of each matrix */
};
enum { FE_IN, FE_TAGS, FE_OUT_NS, FE_OUT_HS, FE_MATRICES };

/* A copy of a row, as the worker needs it that lets its changes come into the row. */
struct fe_copied {
    int64_t pairs;
    int32_t id;     /* of the row */
    int32_t number; /* among the rows that the piece takes */
};

/* Rows of a matrix that a piece takes. */
struct fe_visited {
    int32_t *ids;             /* count: which rows, in the order in which blocks first take them */
    int64_t *pairs;           /* count: (input, output) pairs that each is in */
    float **rows;             /* count: where they are: in the matrix, or copies */
    int32_t *shared;          /* room for the numbers of rows that are copied */
    struct fe_copied *copied; /* these, those of worker k from ends[k] to ends[k + 1] */
    float *copies;            /* in the same order: rows of stride floats, 64-byte aligned */
    int64_t count;
    int32_t ends[FE_LANES + 1];
};

/* Words that are bags of rows, of a piece, and the change of each, which all rows of its bag receive. */
struct fe_changed {
    int32_t *words;
    int64_t *pairs; /* (input, output) pairs that moved each, as those of one row */
    float *changes; /* rows of stride floats, 64-byte aligned */
    int32_t count;
};

/* Up to FE_PIECE tokens: blocks that are made and not yet trained. */
struct fe_made;
struct fe_piece {
    struct fe_visited taken[FE_MATRICES];
    struct fe_changed bags; /* where words are bags: of IN none are taken */
    struct fe_made **blocks;
    int64_t count;
    char *memory; /* of the blocks */
    size_t used;
    int64_t words, kept; /* of all blocks, as fe_done counts them */
    uint64_t *marks;     /* of the rows */
};

struct fe_lane;

/* fe_train_block in two steps. The first one makes all blocks of a lane's next piece, `from` of whose tokens are in
 * earlier ones, and marks the rows that they take. The second one trains them, with copies of rows that are marked as
 * shared, in the order of the `workers` that their changes are for; done->words is 0 when it was broken off. slots:
 * fe_slots_count numbers of the thread's. */
void fe_make_piece(const struct fe_job *job, const struct fe_lane *lane, int64_t from, int64_t epoch, float alpha,
                   void *workspace, int32_t *slots, struct fe_piece *piece);
int fe_train_piece(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_piece *piece,
                   const uint64_t *shared, int32_t workers, float alpha, void *workspace, int32_t *slots,
                   struct fe_done *done);

/* Tokens [begin, end) of a view, of which each round trains a piece: those that follow each other, or of documents the
 * next ones of each part that is read side by side. */
struct fe_lane {
    const struct fe_view *view;
    int64_t begin, end;
    struct fe_piece pieces[2];    /* one that is trained, one that is made meanwhile; laid out by fe_lanes_start */
    struct fe_done done, trained; /* of all pieces; of the last one */
};

/* Threads that train the lanes of a block together. */
struct fe_crew {
    struct fe_meeting meeting;
    struct fe_lane lanes[FE_LANES];
    int32_t lane_count;
    int32_t next[FE_LANES]; /* of each worker's share of the lanes, the first one that nobody has taken yet */
    int32_t status;         /* FE_OK, or FE_DIVERGED */
    int32_t cut;            /* 1: a piece was broken off, and the round does not count */
    int32_t begun;          /* 1: all lanes have made a piece */
    int32_t turn;           /* which of its two pieces each lane trains; it makes the other */
    int32_t ended;          /* 1: no further round */
    float alpha;            /* the highest rate, of fe_lanes_start */
    uint64_t *shared;       /* marks of rows that pieces of several lanes take */
};

/* In how many lanes a block is cut. */
int fe_lanes_of(const struct fe_job *job);

/* Bytes for the changes of `lanes` lanes at rates of up to `alpha`, 64-byte aligned by the caller: as many rows as
 * pieces can take at worst, most of which usually stay untouched. */
size_t fe_lanes_size(const struct fe_job *job, int lanes, float alpha);
void fe_lanes_start(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew);

/* Numbers that each thread needs to find rows and copies by, 64-byte aligned by the caller; all 0 at first. */
int64_t fe_slots_count(const struct fe_job *job, float alpha);

/* Train the lanes of a crew as one of its workers; all of them call this at once, with numbers 0 ... workers - 1.
 *
 * A round trains a piece of each lane on copies, while the matrices stay as they are. Then the changes come into them,
 * row by row in the order of the lanes; every worker adds those of some rows. */
int fe_train_rounds(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                    int64_t epoch, float alpha, void *workspace, int32_t *slots);

#endif
