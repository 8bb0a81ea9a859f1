/* The one header that the binding sees: the public headers of all rooms.
 *
 * The core is pure: no Python, no threads, no mutable globals, no output. It works on memory that it is
 * handed; only the token table (text.c) owns memory, between its create and its free. */
#ifndef FASTEMB_H
#define FASTEMB_H

#include "common/common.h"
#include "graph/graph.h"
#include "kernels/kernels.h"
#include "rows/rows.h"
#include "search/search.h"
#include "text/text.h"
#include "train/train.h"

#endif
