from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "fastemb.h" nogil:
    enum:
        FE_OK
        FE_NO_MEMORY
        FE_DIVERGED
        FE_BAD_UTF8
        FE_NUL_BYTE
        FE_TOO_MANY_TOKENS
        FE_MAX_INPUTS

    struct fe_kernel:
        pass
    const fe_kernel *fe_kernel_at(int index)
    const char *fe_kernel_name(const fe_kernel *kernel)
    int fe_kernel_lanes(const fe_kernel *kernel)
    int fe_kernel_supported(const fe_kernel *kernel)

    struct fe_alias:
        uint32_t threshold
        int32_t other
    int32_t fe_keep_last(const uint32_t *keep, int32_t size)
    void fe_alias_build(double *weights, int32_t size, fe_alias *table, int32_t *work)
    void fe_draw_negatives(const fe_alias *noise, int32_t size, uint64_t seed, int64_t epoch, int64_t position,
                           int64_t count, int32_t *rows)
    int64_t fe_huffman_build(const int64_t *counts, int32_t size, int64_t *work)
    void fe_huffman_paths(int32_t size, const int64_t *work, int64_t *offsets, int32_t *nodes, uint8_t *codes)

    struct fe_view:
        const int32_t *ids
        const int64_t *offsets
        int64_t sentences
        const uint32_t *keep
        int64_t first_position

    struct fe_matrices:
        float *in_ "in"
        float *out_ns
        float *out_hs
        const float *in_scale
        int64_t in_rows
        int64_t stride
        int64_t size

    struct fe_subsampling:
        const uint32_t *keep
        int32_t last

    struct fe_contexts:
        int32_t window
        int32_t shrink
        int32_t basket
        int64_t longest_sentence

    enum fe_input_kind:
        FE_CONTEXT_INPUTS
        FE_BAG_INPUTS

    struct fe_inputs:
        fe_input_kind kind
        int32_t mean
        int32_t exact
        int32_t per_pair

    struct fe_negatives:
        const fe_alias *noise
        int32_t words
        int32_t count

    struct fe_paths:
        const int64_t *offsets
        const int32_t *nodes
        const uint8_t *codes
        int32_t longest

    struct fe_job:
        fe_matrices matrices
        fe_subsampling subsampling
        fe_contexts contexts
        fe_inputs inputs
        fe_negatives negatives
        fe_paths paths
        uint64_t seed
        int32_t want_loss

    struct fe_done:
        int64_t words
        int64_t kept
        int64_t pairs
        double loss

    size_t fe_workspace_size(const fe_job *job)
    int fe_train_block(const fe_kernel *kernel, const fe_job *job, const fe_view *view, int64_t epoch, int64_t begin,
                       int64_t end, float alpha, void *workspace, fe_done *done)

    struct fe_step:
        float *h
        float *o
        const int32_t *h_rows
        const int32_t *o_rows
        const uint8_t *labels
        int32_t m
        int32_t n
        int in_turn
        int64_t stride
        int64_t size

    size_t fe_step_workspace_size(int32_t n)
    int fe_step_run(const fe_kernel *kernel, const fe_step *step, float alpha, double *loss, void *workspace)

    struct fe_top:
        const float *rows
        int64_t stride
        int64_t size
        const float *scale
        const int64_t *candidates
        const float *queries
        int64_t count
        const int64_t *exclude_offsets
        const int64_t *exclude
        int64_t n
        uint64_t *heaps
        int64_t *kept

    size_t fe_top_workspace_size(const fe_kernel *kernel, const fe_top *top)
    void fe_top_scan(const fe_kernel *kernel, const fe_top *top, int64_t begin, int64_t end, void *workspace)
    void fe_top_results(const fe_top *top, float *scores, int64_t *rows)

    struct fe_const_rows:
        const float *values
        int64_t stride
        int64_t size

    struct fe_rows:
        float *values
        int64_t stride
        int64_t size

    struct fe_bags:
        const int64_t *items
        const int64_t *offsets
        int64_t count
        const double *weights

    void fe_rows_gather(const fe_const_rows *source, const int64_t *indices, int64_t count, float *out)
    void fe_rows_scatter(const fe_kernel *kernel, const fe_rows *to, const int64_t *indices, int64_t count,
                         const float *changes, const float *scale)
    void fe_rows_mean(const fe_kernel *kernel, const fe_const_rows *source, const fe_bags *bags, float *means)
    void fe_rows_renormalise(const fe_kernel *kernel, const fe_rows *to, const int64_t *indices, int64_t count,
                             float longest)

    struct fe_table:
        pass
    fe_table *fe_table_create()
    void fe_table_free(fe_table *table)
    int32_t fe_table_size(const fe_table *table)
    int64_t fe_table_memory(const fe_table *table)
    void fe_table_counts(const fe_table *table, int64_t *counts, int64_t *first_positions)
    int fe_list_add(fe_table *table, const char *list, int64_t length, const int64_t *counts, const int64_t *firsts,
                    int64_t position, int32_t *ids)
    void fe_list_find(const fe_table *table, const char *list, int64_t length, int32_t *ids)
    int64_t fe_table_list_length(const fe_table *table, const int32_t *indices, int64_t count)
    void fe_table_list(const fe_table *table, const int32_t *indices, int64_t count, char *list)
    void fe_table_partition(const fe_table *table, int bits, int32_t *order, int64_t *ends)
    void fe_text_lower(const char *bytes, int64_t length, char *lower)
    int64_t fe_text_lines(const char *bytes, int64_t length)
    int64_t fe_text_words(const char *bytes, int64_t length)
    int fe_text_read(fe_table *table, const char *bytes, int64_t length, int64_t position, int strict, int32_t *ids,
                     int64_t *id_count, int64_t *ends, int64_t *bad)
    int fe_table_merge(fe_table *into, const fe_table *source, int32_t *remap)
    int64_t fe_remap(int32_t *ids, int64_t count, const int32_t *remap, int64_t *ends, int64_t end_count)

    void fe_ids_count(const int32_t *ids, int64_t begin, int64_t end, int64_t *counts, int64_t *first)

    struct fe_chain:
        int32_t before
        int32_t word
        int32_t chain

    struct fe_pair:
        uint64_t key
        int64_t value

    struct fe_sentences:
        const int32_t *ids
        const int64_t *offsets
        int64_t sentences
        const uint8_t *connectors
        const fe_chain *chain_slots
        uint64_t chain_mask
        uint64_t words
        uint64_t chains
    int64_t fe_chains_collect(const fe_sentences *text, int64_t begin, int64_t end, fe_chain *slots, uint64_t mask,
                              int64_t *used, int64_t room)
    int64_t fe_chains_move(const fe_chain *source, int64_t count, fe_chain *slots, uint64_t mask)
    int64_t fe_pairs_count(const fe_sentences *text, int64_t begin, int64_t end, uint64_t low, uint64_t high,
                           fe_pair *slots, uint64_t mask, int64_t *used, int64_t room)
    int64_t fe_pairs_move(const fe_pair *source, int64_t count, uint64_t low, uint64_t high, fe_pair *slots,
                          uint64_t mask)
    int64_t fe_pairs_pack(fe_pair *slots, int64_t count)

    struct fe_join:
        int64_t at
        int64_t sentence
        int64_t start
        int64_t written
        int32_t chain
    struct fe_phrases:
        const fe_pair *slots
        uint64_t mask
        const uint64_t *filter
        uint64_t filter_mask
    void fe_filter_add(const fe_pair *pairs, int64_t count, uint64_t *filter, uint64_t filter_mask)
    void fe_phrases_join(const fe_sentences *text, const fe_phrases *phrases, int64_t end, int64_t tokens,
                         fe_join *join, int32_t *out, int64_t *ends)

    int64_t fe_binary_read(const char *bytes, int64_t length, int64_t dims, int64_t room, float *rows, char *keys,
                           int64_t *keys_used, int64_t *used)

    struct fe_field:
        int64_t index
        int64_t begin
        int64_t end

    struct fe_text:
        int64_t dims
        int64_t room
        float *floats
        double *doubles
        char *keys
        fe_field *hard
        int64_t hard_room
        int64_t count
        int64_t keys_used
        int64_t hard_count
        int64_t used
    int fe_text_read_rows(fe_text *text, const char *bytes, int64_t length)

    enum:
        FE_FLOAT_CHARS
    int64_t fe_text_write_rows(const float *rows, int64_t count, int64_t dims, const char *keys,
                               const int64_t *key_ends, char *out)
