#ifndef KPS_BASE_COMPILER_H
#define KPS_BASE_COMPILER_H

/* All compiler attributes of this project. gnu17, gcc >= 12 and clang >= 14. */

#define KPS_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
/* For functions that can fail: a caller looks at the answer. */
#define KPS_MUST_USE __attribute__((warn_unused_result))
#define KPS_RETURNS_NONNULL __attribute__((returns_nonnull))
#define KPS_NORETURN __attribute__((noreturn))
/* For functions of KPS_CLEANUP: as a part of its caller a function leaves the variable in a
 * register.
 */
#define KPS_INLINE static inline __attribute__((always_inline))
/* For rare work in a hot file: small, and out of the way of its caller. */
#define KPS_COLD __attribute__((cold, noinline))

/* Run `fn(&variable)` when the variable leaves its scope. For handles only (fd, FILE *, parser).
 */
#define KPS_CLEANUP(fn) __attribute__((cleanup(fn)))

#define KPS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* For mistakes of ours, never for input: stays in release builds, prints file:line and aborts. */
#define KPS_ASSERT(cond) ((cond) ? (void)0 : kps_assert_failed(#cond, __FILE__, __LINE__))

KPS_NORETURN void kps_assert_failed(const char *cond, const char *file, int line);

#endif
