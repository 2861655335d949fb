#ifndef KPS_REPORT_OUTPUT_H
#define KPS_REPORT_OUTPUT_H

#include "base/compiler.h"
#include "base/env.h"
#include "report/report.h"

/* One --format: `file` is empty for standard output. */
struct kps_output {
    const struct kps_format *format;
    struct kps_sv file;
};

/* Where reports go; none given: one in the format of the terminal. */
struct kps_output_options {
    struct kps_output *v;
    size_t n;
    enum kps_colour colour;
    FILE *out;            /* standard output; unused where it is spared */
    bool spares_stdout;   /* nothing goes to standard output */
    struct kps_list read; /* files of the run besides its inputs, which no report may replace */
};

/* The reason why a report was not written. */
struct kps_output_fault {
    struct kps_sv words; /* a line for the user */
    bool is_reader_gone; /* standard output is a pipe that nobody reads any more (`| head -1`) */
};

/*
 * Check that no requested report would replace a file that this run read (the same device and
 * inode). The formats of --assign have a check of their own. Return: false with *ret_fault, which
 * names the file.
 */
KPS_MUST_USE bool kps_output_spares_inputs(const struct kps_report *report,
                                           const struct kps_output_options *options,
                                           struct kps_output_fault *ret_fault);

/*
 * Write the report in every requested format: to standard output, and to files, each through a
 * temporary file that takes the name when complete; a signal that ends the program removes it.
 * Return: true; false with *ret_fault when a report could not be written (the other reports are
 * written all the same), or would replace an input (nothing is written then).
 */
KPS_MUST_USE bool kps_output_write(const struct kps_report *report,
                                   const struct kps_output_options *options,
                                   const struct kps_env *env, struct kps_output_fault *ret_fault);

/* Return: how to write text to a stream: coloured or not, and how wide, by --color, the environment
 * and the terminal. */
struct kps_style kps_output_style(enum kps_colour colour, const struct kps_env *env, FILE *out);

/* Return: does standard output get the findings, too? Not with a list that has no room for them. */
bool kps_output_shows_findings(const struct kps_report *report,
                               const struct kps_output_options *options);

/* Parse FMT[=FILE], the value of `option`. Return: the fault, in the arena; empty: none. */
struct kps_sv kps_output_parse(struct kps_arena *arena, struct kps_sv text, const char *option,
                               struct kps_output *ret);

/* Add an output; `v` has room. Return: the fault of a second one to the same place; empty: none. */
struct kps_sv kps_output_add(struct kps_output_options *options, struct kps_output output);

#endif
