/* The table of an instruction set, once for all of them. A file isa_*.c defines, besides what the other includes take,
 *
 *     ISA_NAME         what people call it
 *     ISA(supported)   whether this processor has it
 *     ISA(estimate), ISA(estimate_int8)    by estimate.inc.h
 *
 * and includes this file last. */

const struct fe_kernel ISA(fe_kernel) = {
    .name = ISA_NAME,
    .lanes = LANES,
    .together = UPDATE_H,
    .supported = ISA(supported),
    .gradient = ISA(gradient),
    .softmax = ISA(softmax),
    .update = ISA(update),
    .gather = ISA(gather),
    .scatter = ISA(scatter),
    .merge = ISA(merge),
    .dot = ISA(dot),
    .length = ISA(length),
    .add = ISA(add),
    .multiply = ISA(multiply),
    .combine = ISA(combine),
    .finite = ISA(finite),
    .widen_halves = ISA(widen_halves),
    .widen_int8 = ISA(widen_int8),
    .nearest_centroid = ISA(nearest_centroid),
    .adagrad = ISA(adagrad),
    .adam = ISA(adam),
    .panel_rows = PANEL * LANES,
    .quantise_rows = ISA(quantise_rows),
    .quantise_query = ISA(quantise_query),
    .estimate = ISA(estimate),
    .estimate_int8 = ISA(estimate_int8),
};
