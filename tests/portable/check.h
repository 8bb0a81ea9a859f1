/* What the parts of this program share: cases, seeded random numbers, memory, comparisons. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LIKE_PRINTF __attribute__((format(printf, 1, 2)))
#define LIKE_PRINTF_IF __attribute__((format(printf, 2, 3)))
#else
#define LIKE_PRINTF
#define LIKE_PRINTF_IF
#endif

enum { SIZE_COUNT = 36 };
/* Vector sizes below, at and above a register of every instruction set, a cache line, and 256 (FE_STEP_COLUMNS). */
extern const int64_t SIZES[SIZE_COUNT];

/* With `print_hashes`, each case's name and a hash of its results are printed. */
void start_checks(int print_hashes);
int finish_checks(void); /* prints how many cases passed; the program's exit code */

/* A case has a name, a hash of its results, and memory that it was lent. */
void begin_case(const char *format, ...) LIKE_PRINTF;
void end_case(void);
/* Without `ok`, prints the message and ends the program. */
void expect(int ok, const char *format, ...) LIKE_PRINTF_IF;
/* No difference above tolerance * the largest |want|. */
void expect_close(const char *what, const float *got, const float *want, int64_t count, double tolerance);
/* Adds to the case's hash. */
void hash_bytes(const void *bytes, int64_t count);
/* A hash of its own, as the C library's logarithm is not the same on every machine. */
void hash_apart(const char *what, const void *bytes, int64_t count);

/* 64-byte aligned and zero until release_memory(): exactly as long as asked for, so that sanitizers see its end. */
void *lend(int64_t count, size_t size);
void release_memory(void);

void seed_random(uint64_t seed);
uint64_t random_bits(void);
int64_t random_below(int64_t bound);
float random_float(float limit); /* in [-limit, limit) */

/* The parts. */
void check_training(void);
void check_steps(void);
void check_rows(void);
void check_tables(void);
void check_top(void);
void check_text(void);
void check_formats(void);

#endif
