/* word2vec's files: keys and rows of numbers in a block of bytes, both ways.
 *
 * Numbers are read and written without the C library, whose strtod and printf follow the locale. Reading: a double
 * computed from the digits is right unless it comes too near the middle between two results; those few fields are
 * handed back to the caller, who has a slower and exact way. Writing: the shortest decimal that reads back as the
 * same float, by Schubfach (Giulietti, "The Schubfach way to render doubles", 2020). */
#include <string.h>

#include "common/compiler.h"
#include "text/text.h"

static int is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* ---- decimal to float and double ---- */

/* digits * 10^exponent; at most 19 digits are kept, `cut` says that others were dropped. */
struct decimal {
    uint64_t digits;
    int64_t exponent;
    int negative, cut;
};

enum { MAX_DIGITS = 19, MAX_EXPONENT = 100000 };

static const double TENS[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Takes digits from `at` on; digits after the point lower the exponent by `step` = 1. */
static const char *scan_digits(const char *at, const char *end, int64_t step, int *kept, struct decimal *number) {
    for (; at < end && is_digit(*at); at++) {
        if (*kept < MAX_DIGITS) {
            number->digits = number->digits * 10 + (uint64_t)(*at - '0');
            *kept += number->digits != 0;
            number->exponent -= step;
        } else {
            number->cut |= *at != '0';
            number->exponent += 1 - step;
        }
    }
    return at;
}

static const char *scan_exponent(const char *at, const char *end, struct decimal *number) {
    int64_t exponent = 0;
    at++;
    const int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end || !is_digit(*at)) return NULL;
    for (; at < end && is_digit(*at); at++)
        if (exponent < MAX_EXPONENT) exponent = exponent * 10 + (*at - '0');
    number->exponent += negative ? -exponent : exponent;
    return at;
}

/* Whether [at, end) is a plain decimal number; "nan", "inf" and what is no number at all are not. */
static int scan_decimal(const char *at, const char *end, struct decimal *number) {
    int kept = 0;
    *number = (struct decimal){0, 0, at < end && *at == '-', 0};
    if (at < end && (*at == '-' || *at == '+')) at++;
    const char *whole = at;
    at = scan_digits(at, end, 0, &kept, number);
    int64_t count = at - whole;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = scan_digits(at, end, 1, &kept, number);
        count += at - fraction;
    }
    if (count == 0) return 0;
    if (at < end && (*at == 'e' || *at == 'E')) at = scan_exponent(at, end, number);
    return at == end;
}

/* Needs |exponent| <= 44. */
static double scale(double value, int64_t exponent) {
    if (exponent > 22) {
        value *= 1e22;
        exponent -= 22;
    } else if (exponent < -22) {
        value /= 1e22;
        exponent += 22;
    }
    return exponent < 0 ? value / TENS[-exponent] : value * TENS[exponent];
}

/* Four roundings at most, each of half a unit in the last place of a double, lie behind `value`: its float is right
 * unless the 29 bits that are rounded away come within 8 of one half. */
static int to_float(const struct decimal *number, float *result) {
    double value = 0.0;
    if (number->digits != 0) {
        if (number->exponent > 44 || number->exponent < -44) return 0;
        value = scale((double)number->digits, number->exponent);
        if (!(value > 1.1754944e-38 && value < 3.4028234e38)) return 0;
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        const int64_t from_half = (int64_t)(bits & 0x1FFFFFFF) - 0x10000000;
        if (from_half >= -8 && from_half <= 8) return 0;
    }
    *result = (float)(number->negative ? -value : value);
    return 1;
}

/* Clinger 1990: one rounding of two exact doubles. */
static int to_double(const struct decimal *number, double *result) {
    double value = 0.0;
    if (number->digits != 0) {
        if (number->cut || number->digits > (uint64_t)1 << 53) return 0;
        if (number->exponent > 22 || number->exponent < -22) return 0;
        value = scale((double)number->digits, number->exponent);
    }
    *result = number->negative ? -value : value;
    return 1;
}

/* ---- reading ---- */

static char *put_key(char *to, const char *at, const char *end) {
    memcpy(to, at, (size_t)(end - at));
    to[end - at] = '\n';
    return to + (end - at) + 1;
}

int64_t fe_binary_read(const char *bytes, int64_t length, int64_t dims, int64_t room, float *rows, char *keys,
                       int64_t *keys_used, int64_t *used) {
    const int64_t row_bytes = dims * (int64_t)sizeof *rows;
    const char *at = bytes, *end = bytes + length;
    char *key_to = keys;
    int64_t count = 0;
    for (; count < room; count++) {
        while (at < end && *at == '\n') at++; /* word2vec.c ends a row with one, gensim does not */
        const char *space = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;
        if (space == NULL || end - (space + 1) < row_bytes) break;
        if (keys != NULL) {
            key_to = put_key(key_to, at, space);
        }
        if (rows != NULL) memcpy(rows + count * dims, space + 1, (size_t)row_bytes);
        at = space + 1 + row_bytes;
    }
    if (keys != NULL) *keys_used = key_to - keys;
    *used = at - bytes;
    return count;
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && is_blank(*at)) at++;
    return at;
}

/* One line's numbers; returns whether there are exactly as many as fields in a row. */
static int read_numbers(struct fe_text *text, const char *bytes, const char *at, const char *end) {
    const int64_t first = text->count * text->dims;
    for (int64_t column = 0; column < text->dims; column++) {
        at = skip_blanks(at, end);
        if (at == end) return 0;
        const char *field = at;
        while (at < end && !is_blank(*at)) at++;
        struct decimal number;
        const int plain = scan_decimal(field, at, &number);
        if (plain && (text->floats != NULL ? to_float(&number, &text->floats[first + column])
                                           : to_double(&number, &text->doubles[first + column])))
            continue;
        text->hard[text->hard_count++] = (struct fe_field){first + column, field - bytes, at - bytes};
    }
    return skip_blanks(at, end) == end;
}

static const char *skip_blanks_back(const char *begin, const char *at) {
    while (at > begin && is_blank(at[-1])) at--;
    return at;
}

static const char *skip_field_back(const char *begin, const char *at) {
    while (at > begin && !is_blank(at[-1])) at--;
    return at;
}

static int may_be_number(const char *at, const char *end) {
    int digits = 0;
    for (; at < end; at++) {
        if (is_digit(*at)) digits = 1;
        else if (memchr("+-.eE", *at, 5) == NULL) return 0;
    }
    return digits;
}

/* The end of a key with spaces in it, as GloVe's files have: what stands before the last `dims` fields. NULL when that
 * is one word, or ends in a number, so that the line rather has too many of these. Forgets what was read of the line.
 */
FE_NOINLINE const char *key_with_spaces(struct fe_text *text, const char *begin, const char *end) {
    while (text->hard_count > 0 && text->hard[text->hard_count - 1].index >= text->count * text->dims)
        text->hard_count--;
    const char *at = skip_blanks_back(begin, end);
    for (int64_t column = 0; column < text->dims; column++) at = skip_blanks_back(begin, skip_field_back(begin, at));
    const char *word = skip_field_back(begin, at);
    return word == begin || is_blank(*begin) || may_be_number(word, at) ? NULL : at;
}

int fe_text_read_rows(struct fe_text *text, const char *bytes, int64_t length) {
    const char *at = bytes, *end = bytes + length;
    const char *spaced = NULL; /* the end of the key of a line that is read again */
    char *key_to = text->keys;
    int fits = 1;
    text->count = text->hard_count = 0;
    while (text->count < text->room && text->hard_room - text->hard_count >= text->dims) {
        const char *line_end = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (line_end == NULL) break;
        const char *key_end = spaced != NULL ? spaced : memchr(at, ' ', (size_t)(line_end - at));
        fits = key_end != NULL && read_numbers(text, bytes, key_end, line_end);
        if (!fits && key_end != NULL && spaced == NULL) {
            spaced = key_with_spaces(text, at, line_end);
            if (spaced != NULL) continue;
        }
        if (!fits) break;
        spaced = NULL;
        key_to = put_key(key_to, at, key_end);
        text->count++;
        at = line_end + 1;
    }
    text->keys_used = key_to - text->keys;
    text->used = at - bytes;
    return fits;
}

/* ---- float to decimal ---- */

/* 10^e * 2^(63 - floor(log2(10^e))), rounded up, for e = -31 ... 45. */
static const uint64_t POWERS[77] = {
    0x81CEB32C4B43FCF5, 0xA2425FF75E14FC32, 0xCAD2F7F5359A3B3F, 0xFD87B5F28300CA0E, 0x9E74D1B791E07E49,
    0xC612062576589DDB, 0xF79687AED3EEC552, 0x9ABE14CD44753B53, 0xC16D9A0095928A28, 0xF1C90080BAF72CB2,
    0x971DA05074DA7BEF, 0xBCE5086492111AEB, 0xEC1E4A7DB69561A6, 0x9392EE8E921D5D08, 0xB877AA3236A4B44A,
    0xE69594BEC44DE15C, 0x901D7CF73AB0ACDA, 0xB424DC35095CD810, 0xE12E13424BB40E14, 0x8CBCCC096F5088CC,
    0xAFEBFF0BCB24AAFF, 0xDBE6FECEBDEDD5BF, 0x89705F4136B4A598, 0xABCC77118461CEFD, 0xD6BF94D5E57A42BD,
    0x8637BD05AF6C69B6, 0xA7C5AC471B478424, 0xD1B71758E219652C, 0x83126E978D4FDF3C, 0xA3D70A3D70A3D70B,
    0xCCCCCCCCCCCCCCCD, 0x8000000000000000, 0xA000000000000000, 0xC800000000000000, 0xFA00000000000000,
    0x9C40000000000000, 0xC350000000000000, 0xF424000000000000, 0x9896800000000000, 0xBEBC200000000000,
    0xEE6B280000000000, 0x9502F90000000000, 0xBA43B74000000000, 0xE8D4A51000000000, 0x9184E72A00000000,
    0xB5E620F480000000, 0xE35FA931A0000000, 0x8E1BC9BF04000000, 0xB1A2BC2EC5000000, 0xDE0B6B3A76400000,
    0x8AC7230489E80000, 0xAD78EBC5AC620000, 0xD8D726B7177A8000, 0x878678326EAC9000, 0xA968163F0A57B400,
    0xD3C21BCECCEDA100, 0x84595161401484A0, 0xA56FA5B99019A5C8, 0xCECB8F27F4200F3A, 0x813F3978F8940985,
    0xA18F07D736B90BE6, 0xC9F2C9CD04674EDF, 0xFC6F7C4045812297, 0x9DC5ADA82B70B59E, 0xC5371912364CE306,
    0xF684DF56C3E01BC7, 0x9A130B963A6C115D, 0xC097CE7BC90715B4, 0xF0BDC21ABB48DB21, 0x96769950B50D88F5,
    0xBC143FA4E250EB32, 0xEB194F8E1AE525FE, 0x92EFD1B8D0CF37BF, 0xB7ABC627050305AE, 0xE596B7B0C643C71A,
    0x8F7E32CE7BEA5C70, 0xB35DBF821AE4F38C,
};

enum { POWERS_FIRST = -31, MANTISSA_BITS = 23, FLOAT_BIAS = 150, INF_EXPONENT = 255 };

/* Bits 64 to 95 of factor * power, with the lowest one set when bits were lost. */
static uint32_t multiply_to_odd(uint64_t power, uint32_t factor) {
    const uint64_t low = (power & 0xFFFFFFFF) * factor;
    const uint64_t high = (power >> 32) * factor + (low >> 32);
    return (uint32_t)(high >> 32) | ((uint32_t)high > 1);
}

struct shortest {
    uint32_t digits;
    int exponent;
};

/* floor(log10(2^e)), or of 3/4 of it */
static int log10_pow2(int e, int three_quarters) { return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22; }

static int log2_pow10(int e) { return (e * 1741647) >> 19; }

/* The shortest decimal that rounds to the float fraction * 2^exponent, the nearest one of those (Schubfach). */
static struct shortest shorten(uint32_t fraction, int exponent, int lower_is_closer) {
    const uint32_t odd = fraction & 1;
    const int k = log10_pow2(exponent, lower_is_closer);
    const int shift = exponent + log2_pow10(-k) + 1;
    const uint64_t power = POWERS[-k - POWERS_FIRST];
    const uint32_t lower = multiply_to_odd(power, (4 * fraction - 2 + (uint32_t)lower_is_closer) << shift) + odd;
    const uint32_t middle = multiply_to_odd(power, (4 * fraction) << shift);
    const uint32_t upper = multiply_to_odd(power, (4 * fraction + 2) << shift) - odd;

    const uint32_t s = middle / 4;
    if (s >= 10) {
        const uint32_t tens = s / 10;
        const int below_fits = lower <= 40 * tens, above_fits = 40 * tens + 40 <= upper;
        if (below_fits != above_fits) return (struct shortest){tens + (uint32_t)above_fits, k + 1};
    }
    const int below_fits = lower <= 4 * s, above_fits = 4 * s + 4 <= upper;
    if (below_fits != above_fits) return (struct shortest){s + (uint32_t)above_fits, k};
    const uint32_t half = 4 * s + 2;
    const int up = middle > half || (middle == half && (s & 1));
    return (struct shortest){s + (uint32_t)up, k};
}

static char *put_text(char *to, const char *text, int64_t length) {
    memcpy(to, text, (size_t)length);
    return to + length;
}

static char *put_zeros(char *to, int count) {
    for (; count > 0; count--) *to++ = '0';
    return to;
}

static char *put_exponent(char *to, int exponent) {
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    const int size = exponent < 0 ? -exponent : exponent;
    *to++ = (char)('0' + size / 10);
    *to++ = (char)('0' + size % 10);
    return to;
}

/* As Python writes floats: 0.25, 1.0, 1e-05, 1.5e+16. */
static char *put_decimal(char *to, struct shortest number) {
    char digits[10];
    int count = 0;
    while (number.digits % 10 == 0) {
        number.digits /= 10;
        number.exponent++;
    }
    for (uint32_t left = number.digits; left > 0; left /= 10) digits[9 - count++] = (char)('0' + left % 10);
    const char *first = digits + 10 - count;
    const int point = count + number.exponent; /* of digits before the point */
    if (point <= -4 || point > 16) {
        *to++ = first[0];
        if (count > 1) {
            *to++ = '.';
            to = put_text(to, first + 1, count - 1);
        }
        return put_exponent(to, point - 1);
    }
    if (point <= 0) {
        to = put_zeros(put_text(to, "0.", 2), -point);
        return put_text(to, first, count);
    }
    if (point >= count) return put_text(put_zeros(put_text(to, first, count), point - count), ".0", 2);
    to = put_text(to, first, point);
    *to++ = '.';
    return put_text(to, first + point, count - point);
}

static char *put_float(char *to, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> MANTISSA_BITS & 0xFF);
    const uint32_t fraction = bits & 0x7FFFFF;
    if (exponent == INF_EXPONENT && fraction != 0) return put_text(to, "nan", 3);
    if (bits >> 31) *to++ = '-';
    if (exponent == INF_EXPONENT) return put_text(to, "inf", 3);
    if ((bits & 0x7FFFFFFF) == 0) return put_text(to, "0.0", 3);
    if (exponent == 0) return put_decimal(to, shorten(fraction, 1 - FLOAT_BIAS, 0));
    return put_decimal(to, shorten(fraction | 0x800000, exponent - FLOAT_BIAS, fraction == 0 && exponent > 1));
}

int64_t fe_text_write_rows(const float *rows, int64_t count, int64_t dims, const char *keys, const int64_t *key_ends,
                           char *out) {
    char *to = out;
    for (int64_t row = 0; row < count; row++) {
        const int64_t key_start = row == 0 ? 0 : key_ends[row - 1];
        to = put_text(to, keys + key_start, key_ends[row] - key_start);
        for (int64_t column = 0; column < dims; column++) {
            *to++ = ' ';
            to = put_float(to, rows[row * dims + column]);
        }
        *to++ = '\n';
    }
    return to - out;
}
