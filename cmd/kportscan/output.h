#ifndef OUTPUT_H
#define OUTPUT_H

#include "base/compiler.h"
#include "options.h"

/*
 * Check that no requested report would replace a file that this run read (the same device and
 * inode). Files of --assign are left to the check of their content in assign.c. Return: false with
 * *ret_error, which names the file.
 */
KPS_MUST_USE bool kps_output_spares_inputs(const struct kps_report *report,
                                           const struct kps_options *options,
                                           struct kps_sv *ret_error);

/*
 * Write the report in every requested format: to standard output, and to files, each through a
 * temporary file that takes the name when complete. Return: true; false with *ret_error when a
 * report could not be written (the other reports are written all the same), or would replace an
 * input (nothing is written then).
 */
KPS_MUST_USE bool kps_output_write(const struct kps_report *report,
                                   const struct kps_options *options, const struct kps_env *env,
                                   struct kps_sv *ret_error);

/* How to write text to a stream: coloured or not, and how wide, by --color, the environment and the
 * terminal. */
struct kps_style kps_output_style(const struct kps_options *options, const struct kps_env *env,
                                  FILE *out);

/* Give standard output a big buffer, so that a report is few writes. Once, before the first output.
 */
void kps_output_buffer(void);

/* End the program without a word, by SIGPIPE, as other tools do when the reader of their output is
 * gone (`| head -1`). */
KPS_NORETURN void kps_output_end_by_pipe(void);

/* Flush standard output. Return: 0 or the errno of the first failure. */
KPS_MUST_USE int kps_output_flush(void);

#endif
