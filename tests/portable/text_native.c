#include "common/bytes.h"
#include "text_core.h"

DEFINE_TEXT_CORE(TEXT_NATIVE, "native");
