#ifndef KPS_TEXTS_TEXT_H
#define KPS_TEXTS_TEXT_H

#include "base/arena.h"
#include "base/sv.h"

/*
 * Long texts that few runs need: the program holds them in a third of their bytes. They are the
 * pages, which pages.def lists, and by the number of each rule its title and its text
 * (rules/text.h).
 */
enum kps_text_page {
    KPS_TEXT_NO_PAGE,
#define PAGE(name, file) KPS_TEXT_##name,
#include "texts/pages.def"
#undef PAGE
    KPS_TEXT_PAGES
};

/*
 * Return: a page or the text of a rule, unpacked into the arena, with a NUL behind; empty: there is
 * none. For one thread at a time.
 */
struct kps_sv kps_text_unpack(struct kps_arena *arena, unsigned page_or_rule);

/* Return: what stands behind "key: " in the line of a page that begins so; empty: no line does. */
struct kps_sv kps_text_row(struct kps_sv page, struct kps_sv key);

#endif
