/* fe_train_rounds: the lanes of a block, a piece of each at a time.
 *
 *     time ---->   | round 1                    | round 2
 *     worker 0     | lanes 0, 2, 3, ... | rows  | lanes 1, 2, ...    | rows
 *     worker 1     | lanes 1, 4, ...    | rows  | lanes 0, 3, ...    | rows
 *                  |   matrices are read| added |
 *
 * Who trains which lane is left to chance. Lanes, pieces, and the order in which changes are added are not. */
#include <string.h>

#include "train/changes.h"
#include "train/train.h"

/* A lane of this stage that nobody has taken yet, or -1: of the worker's own share, whose copies are in its cache, or
 * where that has none left, of somebody else's. */
static int32_t take_lane(struct fe_crew *crew, int32_t worker) {
    const int32_t workers = crew->meeting.workers;
    for (int32_t k = 0; k < workers; k++) {
        const int32_t share = (worker + k) % workers;
        const int32_t begin = crew->lane_count * share / workers, end = crew->lane_count * (share + 1) / workers;
        if (begin + FE_SHARED_GET(&crew->next[share]) >= end) continue;
        const int32_t lane = begin + FE_SHARED_ADD(&crew->next[share], 1) - 1;
        if (lane < end) return lane;
    }
    return -1;
}

/* Train the marked pieces of lanes that nobody else has taken, and make their next ones. */
static void train_pieces(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                         int64_t epoch, float alpha, void *workspace, int32_t *slots) {
    for (int32_t k; (k = take_lane(crew, worker)) >= 0;) {
        struct fe_lane *lane = &crew->lanes[k];
        struct fe_piece *piece = &lane->pieces[crew->turn], *next = &lane->pieces[!crew->turn];
        int64_t from = lane->done.words;
        lane->trained = (struct fe_done){0, 0, 0, 0.0};
        if (crew->begun) {
            const int status = fe_train_piece(kernel, job, piece, crew->shared, crew->meeting.workers, alpha, workspace,
                                              slots, &lane->trained);
            if (status != FE_OK) FE_SHARED_SET(&crew->status, status);
            if (lane->trained.words < piece->words) FE_SHARED_SET(&crew->cut, 1);
            from += piece->words;
        }
        fe_make_piece(job, lane, from, epoch, alpha, workspace, slots, next);
    }
}

/* All pieces of a round are trained: count them, and decide whether another round follows. */
static void count_pieces(const struct fe_job *job, struct fe_crew *crew) {
    int64_t left = 0, pairs = 0;
    memset(crew->next, 0, sizeof crew->next);
    crew->ended = crew->cut || crew->status != FE_OK;
    if (crew->ended) return;
    for (int32_t k = 0; k < crew->lane_count; k++) {
        struct fe_lane *lane = &crew->lanes[k];
        lane->done.words += lane->trained.words;
        lane->done.kept += lane->trained.kept;
        lane->done.pairs += lane->trained.pairs;
        lane->done.loss += lane->trained.loss;
        left += lane->end - lane->begin - lane->done.words;
        pairs += lane->done.pairs;
    }
    const int stops = job->stop != NULL && FE_LOAD_SHARED(job->stop) && pairs * job->matrices.out_size > FE_USUAL_WORK;
    crew->ended = left == 0 || stops;
}

int fe_train_rounds(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                    int64_t epoch, float alpha, void *workspace, int32_t *slots) {
    for (int ended = 0; !ended;) {
        train_pieces(kernel, job, crew, worker, epoch, alpha, workspace, slots);
        int is_last = fe_meet(&crew->meeting);
        if (is_last < 0) break;
        if (is_last) {
            count_pieces(job, crew);
            fe_meeting_end(&crew->meeting);
        }
        if (crew->cut || crew->status != FE_OK) break; /* the matrices are as they were before this round */
        ended = crew->ended;
        if (crew->begun) fe_apply_changes(kernel, job, crew, worker, alpha, slots);
        fe_find_shared(job, crew, worker);
        is_last = fe_meet(&crew->meeting);
        if (is_last < 0) break;
        if (is_last) {
            crew->begun = !ended;
            crew->turn = !crew->turn;
            fe_meeting_end(&crew->meeting);
        }
    }
    return crew->status;
}
