/* csrc/text/text.c and csrc/common/bytes.h as functions in a table: as they are compiled for this CPU, and as they are
 * where there is no SSE2 (text_plain.c). */
#ifndef TEXT_CORE_H
#define TEXT_CORE_H

#include "fastemb.h"

struct text_core {
    const char *name;
    struct fe_table *(*create)(void);
    void (*release)(struct fe_table *);
    int32_t (*size)(const struct fe_table *);
    void (*counts)(const struct fe_table *, int64_t *, int64_t *);
    int (*list_add)(struct fe_table *, const char *, int64_t, const int64_t *, const int64_t *, int64_t, int32_t *);
    void (*list_find)(const struct fe_table *, const char *, int64_t, int32_t *);
    int64_t (*list_length)(const struct fe_table *, const int32_t *, int64_t);
    void (*list)(const struct fe_table *, const int32_t *, int64_t, char *);
    void (*partition)(const struct fe_table *, int, int32_t *, int64_t *);
    void (*lower)(const char *, int64_t, char *);
    int64_t (*lines)(const char *, int64_t);
    int64_t (*words)(const char *, int64_t);
    int (*read)(struct fe_table *, const char *, int64_t, int64_t, int, int32_t *, int64_t *, int64_t *, int64_t *);
    int (*merge)(struct fe_table *, const struct fe_table *, int32_t *);
    uint64_t (*high64)(const char *);
    uint64_t (*unusual64)(const char *);
    uint64_t (*equal64)(const char *, unsigned char);
};

extern const struct text_core TEXT_NATIVE, TEXT_PLAIN;

/* Defines one; bytes.h must be there. */
#define DEFINE_TEXT_CORE(table, title)                                                                        \
    static uint64_t high64(const char *at) { return fe_high64(fe_load64(at)); }                               \
    static uint64_t unusual64(const char *at) { return fe_unusual64(fe_load64(at)); }                         \
    static uint64_t equal64(const char *at, unsigned char value) { return fe_equal64(fe_load64(at), value); } \
    const struct text_core table = {                                                                          \
        title,           fe_table_create,                                                                     \
        fe_table_free,   fe_table_size,                                                                       \
        fe_table_counts, fe_list_add,                                                                         \
        fe_list_find,    fe_table_list_length,                                                                \
        fe_table_list,   fe_table_partition,                                                                  \
        fe_text_lower,   fe_text_lines,                                                                       \
        fe_text_words,   fe_text_read,                                                                        \
        fe_table_merge,  high64,                                                                              \
        unusual64,       equal64,                                                                             \
    }

#endif
