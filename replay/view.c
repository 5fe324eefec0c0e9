#include "view.h"

#include <string.h>

static enum err read_some(struct view *v, struct diag *d)
{
    size_t got;
    size_t room = v->room.cap - v->room.len;
    TRY(inflate_read(v->inflate, buf_reserve(&v->room, room), room, &got, d));
    if (v->digest != NULL) {
        digest_add(v->digest, str_n(v->room.ptr + v->room.len, got));
    }
    buf_commit(&v->room, got);
    v->ended = got == 0;
    return ERR_OK;
}

enum err view_open(struct view *v, struct arena *a, const struct reader_input *input,
                   const struct reader_form *form, struct diag *d)
{
    *v = (struct view){.digest = form->digest ? digest_new(a, DIGEST_SHA256) : NULL};
    buf_init(&v->room, a, VIEW_BYTES_MAX);
    (void)buf_reserve(&v->room, VIEW_BYTES);
    TRY(inflate_open(a, input, &v->inflate, d));
    if (form->kind == READER_DETECT) {
        inflate_refuse_captures(v->inflate);
    }
    return view_more(v, 0, d);
}

bool view_is_full(const struct view *v, size_t from)
{
    return v->text.len - from >= VIEW_BYTES_MAX;
}

enum err view_more(struct view *v, size_t from, struct diag *d)
{
    size_t kept = v->text.len - from;
    if (view_is_full(v, from)) {
        return fail(d, ERR_LIMIT, "byte %llu: more than the %zu bytes of a record",
                    (unsigned long long)(v->at + from), RECORD_BYTES_MAX);
    }
    if (from > 0 && kept > 0) {
        memmove(v->room.ptr, v->room.ptr + from, kept);
    }
    buf_truncate(&v->room, kept);
    v->at += from;
    size_t wanted = kept < VIEW_BYTES_MAX - kept ? 2 * kept + 1 : VIEW_BYTES_MAX;
    if (wanted > v->room.cap) {
        (void)buf_reserve(&v->room, wanted - kept);
    }
    do {
        TRY(read_some(v, d));
    } while (!v->ended && v->room.len < wanted);
    v->text = str_n(v->room.ptr, v->room.len);
    return ERR_OK;
}
