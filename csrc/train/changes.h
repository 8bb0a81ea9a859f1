/* What the threads of a round do together, each of them a part. */
#ifndef FE_CHANGES_H
#define FE_CHANGES_H

#include "train/train.h"

/* Of the rows that the pieces of all lanes have marked, find those that several did. */
void fe_find_shared(const struct fe_job *job, const struct fe_crew *crew, int32_t worker);
/* Let the changes of copies come into a worker's rows of the matrices. */
void fe_apply_changes(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                      float alpha, int32_t *slots);

#endif
