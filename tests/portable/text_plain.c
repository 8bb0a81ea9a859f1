/* The core's text/text.c as it is compiled where there is no SSE2, under other names. */
#define FE_PLAIN_BYTES
#define fe_list_add plain_list_add
#define fe_list_find plain_list_find
#define fe_table_counts plain_table_counts
#define fe_table_create plain_table_create
#define fe_table_free plain_table_free
#define fe_table_list plain_table_list
#define fe_table_list_length plain_table_list_length
#define fe_table_memory plain_table_memory
#define fe_table_merge plain_table_merge
#define fe_table_partition plain_table_partition
#define fe_table_size plain_table_size
#define fe_text_lines plain_text_lines
#define fe_text_lower plain_text_lower
#define fe_text_read plain_text_read
#define fe_text_words plain_text_words

#include "../../csrc/text/text.c"

#include "text_core.h"

DEFINE_TEXT_CORE(TEXT_PLAIN, "plain bytes");
