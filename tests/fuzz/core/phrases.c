/* Ids in sentences -> chains and pairs, counted in tables that may be too small at first, and joined. */
#include "bytes.h"

enum { WORDS = 16, MOST_TOKENS = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, data + size};
    const uint64_t low = (uint64_t)take_number(&bytes, 0, 65535) << 48;
    const int64_t pieces = take_number(&bytes, 1, 7), parts = take_number(&bytes, 1, 5);
    int64_t tokens = bytes_left(&bytes), sentences = 0;
    if (tokens > MOST_TOKENS) tokens = MOST_TOKENS;
    int32_t *ids = room(tokens, sizeof *ids), *out = room(tokens, sizeof *out);
    int64_t *offsets = room(tokens + 2, sizeof *offsets);
    uint8_t *connectors = room(WORDS, 1);
    connectors[1] = connectors[5] = 1;
    for (int64_t t = 0; t < tokens; t++) { /* a word in four bits; what is left of a byte ends sentences */
        ids[t] = bytes.at[t] & 15;
        if (bytes.at[t] >> 6 == 3) offsets[++sentences] = t;
    }
    offsets[++sentences] = tokens;
    int64_t chain_room = tokens + 1, chains = 0;
    uint64_t chain_slots = 2, slots = 2;
    while (chain_slots < 2 * (uint64_t)chain_room) chain_slots *= 2;
    while (slots < 4 * (uint64_t)(tokens + 1)) slots *= 2;
    struct fe_chain *table = room((int64_t)chain_slots, sizeof *table),
                    *moved = room((int64_t)chain_slots, sizeof *moved);
    struct fe_pair *pairs = room((int64_t)slots, sizeof *pairs), *kept = room((int64_t)slots, sizeof *kept);
    struct fe_sentences text = {.ids = ids,
                                .offsets = offsets,
                                .sentences = sentences,
                                .connectors = connectors,
                                .chain_slots = moved,
                                .chain_mask = chain_slots - 1,
                                .words = WORDS};
    for (int64_t p = 0; p < parts && tokens > 0; p++)
        must(fe_chains_collect(&text, tokens * p / parts, tokens * (p + 1) / parts, table, chain_slots - 1, &chains,
                               chain_room) == tokens * (p + 1) / parts);
    text.chains = (uint64_t)chains + 1;
    must(fe_chains_move(table, (int64_t)chain_slots, moved, chain_slots - 1) == chains);
    for (int half = 0; half < 2 && tokens > 0; half++) { /* two ranges of hashes; a table with little room */
        int64_t used = 0, at = 0;
        memset(pairs, 0, slots * sizeof *pairs);
        const uint64_t begin = half == 0 ? 0 : low, end = half == 0 ? low - 1 : UINT64_MAX;
        if (half == 0 && low == 0) continue;
        for (int64_t give = pieces; at < tokens; give += pieces) {
            const int64_t next = fe_pairs_count(&text, at, tokens, begin, end, pairs, slots - 1, &used,
                                                give < tokens ? give : tokens);
            must(next >= at && next <= tokens && used <= tokens);
            if (next == at && give > tokens) break;
            at = next;
        }
        must(at == tokens);
        must(fe_pairs_move(pairs, (int64_t)slots, begin, end, kept, slots - 1) == used);
    }
    uint64_t *filter = room(4, sizeof *filter);
    int64_t number = 0;
    for (uint64_t k = 0; k < slots; k++)
        if (kept[k].value > 1) kept[k].value = ++number;
    fe_filter_add(kept, (int64_t)slots, filter, 255);
    const struct fe_phrases phrases = {kept, slots - 1, filter, 255};
    int64_t *ends = room(sentences, sizeof *ends);
    struct fe_join join = {.start = -1};
    for (int64_t k = 0; k <= tokens && join.sentence < sentences; k++)
        fe_phrases_join(&text, &phrases, sentences, k % 2 == 0 ? pieces : tokens, &join, out, ends);
    must(join.sentence == sentences && join.written <= tokens);
    free(pairs);
    free(kept);
    free(table);
    free(moved);
    free(ids);
    free(out);
    free(offsets);
    free(connectors);
    free(filter);
    free(ends);
    return 0;
}
