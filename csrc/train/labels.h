/* Texts that are given to classes: a text is a bag of rows, whose mean is the one input of a step; its outputs are the
 * classes (labels.c). */
#ifndef FE_LABELS_H
#define FE_LABELS_H

#include "train/train.h"

/* What a text learns from. */
enum fe_class_kind {
    FE_SOFTMAX = 0,         /* all classes, as one distribution */
    FE_EACH_CLASS = 1,      /* all classes, each for itself: a text may be of several */
    FE_CLASS_PATHS = 2,     /* the inner nodes on the path of its class */
    FE_CLASS_NEGATIVES = 3, /* its class, and others that are drawn */
};

struct fe_classes {
    enum fe_class_kind kind;
    int32_t count;
    const float *weights;          /* count: a text's step is so many times as large; or NULL: 1 */
    struct fe_negatives negatives; /* of FE_CLASS_NEGATIVES, over all classes */
    struct fe_paths paths;         /* of FE_CLASS_PATHS; code 1 is label 1, as fastText has it */
};

struct fe_class_job {
    float *in;  /* in_rows x stride, 64-byte aligned, zeros past `size` */
    float *out; /* a row a class, or an inner node of the paths; like `in` */
    int64_t stride, size;
    struct fe_classes classes;
    uint64_t seed;
    int32_t want_loss;
    const volatile int32_t *stop; /* another thread sets it to 1 to break off blocks that take long; or NULL */
};

/* Texts as rows of `in`, and the classes of each. One without rows teaches nothing, nor
 * does one without a class, but with FE_EACH_CLASS: it is of none of them. */
struct fe_texts {
    const int64_t *offsets; /* count + 1, from 0 on */
    const int32_t *rows;
    const int64_t *class_offsets; /* count + 1, from 0 on */
    const int32_t *classes;
    const float *weights; /* count: a text's step is so many times as large; or NULL: 1 */
    const int64_t *order; /* count: which text is the first, the second ...; or NULL: as they are */
    int64_t count;
};

/* Bytes of scratch memory that fe_train_texts needs, 64-byte aligned by the caller. */
size_t fe_class_workspace_size(const struct fe_class_job *job);

/* Train on the texts at places [begin, end) of the order, one after the other. Which of its classes a text learns, and
 * which others are drawn, depends on (seed, epoch, its place) alone. In `done`, words are texts passed, kept those
 * trained, pairs outputs, and the loss is that of each text times its weight. job->stop is heeded as by fe_train_block.
 */
int fe_train_texts(const struct fe_kernel *kernel, const struct fe_class_job *job, const struct fe_texts *texts,
                   int64_t epoch, int64_t begin, int64_t end, float alpha, void *workspace, struct fe_done *done);

#endif
