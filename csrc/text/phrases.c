/* ids -> pairs of neighbours, counted; ids -> ids with pairs joined.
 *
 * Counting is bound by memory: nearly every pair is somewhere else in a table of many megabytes. So keys are gathered
 * in batches, whose slots are fetched before the first of them is looked at. Threads do not share a table: each takes
 * the keys whose hash lies in a range of its own, and walks over all ids to find them, which costs little beside the
 * look-ups. When even a table of one's own would become too large, the range is cut, and the rest of the keys is left
 * for another walk: counts are exact in any amount of memory. */
#include <string.h>

#include "common/bytes.h"
#include "text/text.h"
#include "common/rng.h"

/* Pairs looked up together. */
enum { BATCH = 64 };

/* ---- chains of connector words ---- */

/* The slot of the chain `before` followed by `word`, or the free one where it belongs. */
static inline uint64_t chain_slot(const struct fe_chain *slots, uint64_t mask, int32_t before, int32_t word) {
    uint64_t at = fe_mix((uint64_t)before << 32 | (uint32_t)word) & mask;
    while (slots[at].chain != 0 && (slots[at].before != before || slots[at].word != word)) at = (at + 1) & mask;
    return at;
}

/* A chain with one more connector word; -1 for a chain that is not known. */
static inline int32_t longer_chain(const struct fe_sentences *text, int32_t chain, int32_t word) {
    if (chain < 0) return -1;
    const int32_t found = text->chain_slots[chain_slot(text->chain_slots, text->chain_mask, chain, word)].chain;
    return found > 0 ? found : -1;
}

int64_t fe_chains_move(const struct fe_chain *from, int64_t count, struct fe_chain *slots, uint64_t mask) {
    int64_t moved = 0;
    for (int64_t i = 0; i < count; i++) {
        if (from[i].chain == 0) continue;
        slots[chain_slot(slots, mask, from[i].before, from[i].word)] = from[i];
        moved++;
    }
    return moved;
}

/* ---- places ---- */

/* The sentence of the token at `at`. */
static int64_t sentence_at(const struct fe_sentences *text, int64_t at) {
    int64_t low = 0, high = text->sentences;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (text->offsets[middle] <= at) low = middle;
        else high = middle;
    }
    return low;
}

static inline int is_connector(const struct fe_sentences *text, int64_t at) { return text->connectors[text->ids[at]]; }

/* Where the candidate starts that is open at `at`, a token of `sentence`: at the word before it; -1 for none. */
static int64_t open_candidate(const struct fe_sentences *text, int64_t sentence, int64_t at) {
    for (int64_t start = at - 1; start >= text->offsets[sentence]; start--)
        if (!is_connector(text, start)) return start;
    return -1;
}

int64_t fe_chains_collect(const struct fe_sentences *text, int64_t begin, int64_t end, struct fe_chain *slots,
                          uint64_t mask, int64_t *used, int64_t room) {
    int64_t sentence = sentence_at(text, begin);
    const int64_t start = open_candidate(text, sentence, begin);
    int32_t chain = start < 0 ? -1 : 0;
    for (int64_t at = start < 0 ? begin : start + 1; at < end; at++) {
        while (at == text->offsets[sentence + 1]) sentence++, chain = -1;
        if (!is_connector(text, at)) chain = 0;
        if (chain < 0 || !is_connector(text, at)) continue;
        struct fe_chain *slot = &slots[chain_slot(slots, mask, chain, text->ids[at])];
        if (slot->chain == 0) {
            if (*used == room) return at;
            *slot = (struct fe_chain){chain, text->ids[at], (int32_t)++*used};
        }
        chain = slot->chain;
    }
    return end;
}

/* ---- pairs ---- */

/* The slot of a key, or the free one where it belongs. */
static inline struct fe_pair *pair_slot(struct fe_pair *slots, uint64_t mask, uint64_t hash, uint64_t key) {
    uint64_t at = hash & mask;
    while (slots[at].value != 0 && slots[at].key != key) at = (at + 1) & mask;
    return &slots[at];
}

static inline uint64_t pair_key(const struct fe_sentences *text, int32_t first, int32_t chain, int32_t second) {
    return ((uint64_t)first * text->chains + (uint64_t)chain) * text->words + (uint64_t)second;
}

struct counter {
    struct fe_pair *slots;
    uint64_t mask;
    int64_t used, room;
    /* pairs that wait for their slots, and the places of their second words */
    uint64_t keys[BATCH], hashes[BATCH];
    int64_t places[BATCH];
    int waiting;
};

/* Count the pairs that wait; -1, or the place of the first one for which there is no room. */
static int64_t count_waiting(struct counter *counter) {
    for (int k = 0; k < counter->waiting; k++) {
        struct fe_pair *pair = pair_slot(counter->slots, counter->mask, counter->hashes[k], counter->keys[k]);
        if (pair->value == 0) {
            if (counter->used == counter->room) return counter->places[k];
            counter->used++;
            pair->key = counter->keys[k];
        }
        pair->value++;
    }
    counter->waiting = 0;
    return -1;
}

int64_t fe_pairs_count(const struct fe_sentences *text, int64_t begin, int64_t end, uint64_t low, uint64_t high,
                       struct fe_pair *slots, uint64_t mask, int64_t *used, int64_t room) {
    struct counter counter = {.slots = slots, .mask = mask, .used = *used, .room = room};
    int64_t sentence = sentence_at(text, begin), full = -1;
    const int64_t start = open_candidate(text, sentence, begin);
    int32_t first = start < 0 ? -1 : text->ids[start], chain = 0;
    for (int64_t at = start < 0 ? begin : start + 1; at < end && full < 0; at++) {
        while (at == text->offsets[sentence + 1]) sentence++, first = -1;
        const int32_t word = text->ids[at];
        if (is_connector(text, at)) {
            if (first >= 0) chain = longer_chain(text, chain, word);
            continue;
        }
        if (first >= 0 && chain >= 0) {
            /* without a branch on the range, which could not be predicted */
            const uint64_t key = pair_key(text, first, chain, word), hash = fe_mix(key);
            const uint64_t counted = hash - low <= high - low;
            FE_PREFETCH(&slots[hash & mask & (0 - counted)]);
            counter.keys[counter.waiting] = key;
            counter.hashes[counter.waiting] = hash;
            counter.places[counter.waiting] = at;
            counter.waiting += (int)counted;
            if (counter.waiting == BATCH) full = count_waiting(&counter);
        }
        first = word;
        chain = 0;
    }
    if (full < 0) full = count_waiting(&counter);
    *used = counter.used;
    return full < 0 ? end : full;
}

int64_t fe_pairs_move(const struct fe_pair *from, int64_t count, uint64_t low, uint64_t high, struct fe_pair *slots,
                      uint64_t mask) {
    int64_t moved = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint64_t hash = fe_mix(from[i].key);
        if (from[i].value == 0 || hash - low > high - low) continue;
        *pair_slot(slots, mask, hash, from[i].key) = from[i];
        moved++;
    }
    return moved;
}

int64_t fe_pairs_pack(struct fe_pair *slots, int64_t count) {
    int64_t packed = 0;
    for (int64_t i = 0; i < count; i++) {
        slots[packed] = slots[i];
        packed += slots[packed].value != 0;
    }
    return packed;
}

/* ---- joining ---- */

/* Bits of a hash that say little of the slot. */
static inline uint64_t filter_bit(uint64_t hash, uint64_t mask) { return hash >> 32 & mask; }

void fe_filter_add(const struct fe_pair *pairs, int64_t count, uint64_t *filter, uint64_t filter_mask) {
    for (int64_t i = 0; i < count; i++) {
        const uint64_t bit = filter_bit(fe_mix(pairs[i].key), filter_mask);
        filter[bit / 64] |= (uint64_t)1 << bit % 64;
    }
}

/* What a pair becomes, -1 when it is no phrase. */
static inline int32_t joined(const struct fe_phrases *phrases, uint64_t key) {
    const uint64_t hash = fe_mix(key), bit = filter_bit(hash, phrases->filter_mask);
    if (!(phrases->filter[bit / 64] >> bit % 64 & 1)) return -1;
    for (uint64_t at = hash & phrases->mask; phrases->slots[at].value != 0; at = (at + 1) & phrases->mask)
        if (phrases->slots[at].key == key) return (int32_t)(phrases->slots[at].value - 1);
    return -1;
}

/* Copy tokens [begin, end); most often there is one. */
static inline int64_t copy(const int32_t *ids, int64_t begin, int64_t end, int32_t *out) {
    for (int64_t at = begin; at < end; at++) *out++ = ids[at];
    return end - begin;
}

void fe_phrases_join(const struct fe_sentences *text, const struct fe_phrases *phrases, int64_t end, int64_t tokens,
                     struct fe_join *join, int32_t *out, int64_t *ends) {
    const int32_t *const ids = text->ids;
    int64_t at = join->at, start = join->start, written = join->written;
    int32_t chain = join->chain;
    const int64_t until = at + tokens;
    for (; join->sentence < end; join->sentence++) {
        const int64_t sentence_end = text->offsets[join->sentence + 1];
        for (; at < sentence_end && at < until; at++) {
            if (is_connector(text, at)) {
                if (start < 0) out[written++] = ids[at];
                else chain = longer_chain(text, chain, ids[at]);
                continue;
            }
            if (start >= 0) {
                const int32_t phrase = chain < 0 ? -1 : joined(phrases, pair_key(text, ids[start], chain, ids[at]));
                if (phrase >= 0) {
                    out[written++] = phrase;
                    start = -1;
                    continue;
                }
                written += copy(ids, start, at, out + written);
            }
            start = at;
            chain = 0;
        }
        if (at < sentence_end) break;
        if (start >= 0) written += copy(ids, start, sentence_end, out + written);
        ends[join->sentence] = written;
        start = -1;
    }
    join->at = at;
    join->start = start;
    join->chain = chain;
    join->written = written;
}
