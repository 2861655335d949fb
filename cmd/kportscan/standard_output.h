#ifndef STANDARD_OUTPUT_H
#define STANDARD_OUTPUT_H

#include "base/compiler.h"

/* Standard output as a stream of the process: its buffer, its end, and a reader who is gone. */

/* Give it a big buffer, so that a report is few writes. Once, before the first output. */
void kps_standard_output_buffer(void);

/* End the program without a word, by SIGPIPE, as other tools do when the reader of their output is
 * gone (`| head -1`). */
KPS_NORETURN void kps_standard_output_end_by_pipe(void);

/* Flush it. Return: 0 or the errno of the first failure. */
KPS_MUST_USE int kps_standard_output_flush(void);

#endif
