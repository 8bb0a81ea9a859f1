/* fe_train_rounds: the lanes of a block, a piece of each at a time.
 *
 *     time ---->   | round 1                    | round 2
 *     worker 0     | lanes 0, 2, 3, ... | rows  | lanes 1, 2, ...    | rows
 *     worker 1     | lanes 1, 4, ...    | rows  | lanes 0, 3, ...    | rows
 *                  |   matrices are read| added |
 *
 * Who trains which lane is left to chance. Lanes, pieces, and the order in which changes are added are not. */
#include "train/copies.h"
#include "train/train.h"

static int64_t at_most(int64_t value, int64_t most) { return value < most ? value : most; }

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
        int64_t begin = lane->begin + lane->done.words;
        if (crew->begun) {
            const struct fe_apart apart = fe_apart_start(job, &lane->changes, crew->shared, slots);
            const int status = fe_train_piece(kernel, job, &lane->made, alpha, workspace, &apart, &lane->piece);
            fe_apart_end(&apart);
            if (status != FE_OK) FE_SHARED_SET(&crew->status, status);
            if (lane->piece.words < lane->made.words) FE_SHARED_SET(&crew->cut, 1);
            begin += lane->made.words;
        } else lane->piece = (struct fe_done){0, 0, 0, 0.0};
        memset(lane->marks, 0, sizeof *lane->marks);
        fe_make_piece(job, lane->view, epoch, begin, at_most(begin + FE_PIECE, lane->end), alpha, workspace, &lane->made,
                      lane->marks);
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
        lane->done.words += lane->piece.words;
        lane->done.kept += lane->piece.kept;
        lane->done.pairs += lane->piece.pairs;
        lane->done.loss += lane->piece.loss;
        left += lane->end - lane->begin - lane->done.words;
        pairs += lane->done.pairs;
    }
    const int stops = job->stop != NULL && FE_LOAD_SHARED(job->stop) && pairs * job->matrices.size > FE_USUAL_WORK;
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
        fe_find_shared(crew, worker);
        is_last = fe_meet(&crew->meeting);
        if (is_last < 0) break;
        if (is_last) {
            crew->begun = !ended;
            fe_meeting_end(&crew->meeting);
        }
    }
    return crew->status;
}
