/* One pass over the text with a stack of open elements: no recursion, so depth costs memory, not
 * stack. Text without entities that stands in one piece is borrowed from the input; the rest is
 * joined in the arena. Left out: line ends are kept as they came (no CR LF folding), attributes are
 * not checked for repeats. */
#include "wire/xml.h"

#include "base/encode.h"

struct open_element {
    struct xml *node;
    struct str tag;   /* name with prefix: what the end tag must repeat */
    struct xml *last; /* last child */
    struct buf text;  /* pieces joined; unused while one borrowed piece is enough */
    bool joined;
};
struct xml_reader {
    struct arena *arena;
    struct str text;
    size_t at;
    int depth;
    struct open_element open[XML_DEPTH_MAX];
    struct xml *root;
};

static enum err xml_fail(const struct xml_reader *r, struct diag *d, const char *why)
{
    return fail(d, ERR_INVALID, "XML, byte %zu: %s", r->at, why);
}

static struct str rest_of(const struct xml_reader *r)
{
    return str_from(r->text, r->at);
}

static bool looking_at(const struct xml_reader *r, struct str token)
{
    return str_starts(rest_of(r), token);
}

static char peek(const struct xml_reader *r)
{
    return r->at < r->text.len ? r->text.ptr[r->at] : '\0';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct xml_reader *r)
{
    while (is_space(peek(r))) {
        r->at++;
    }
}

/* Any byte past ASCII counts as a letter: the whole text was checked to be UTF-8. */
static bool is_name_char(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
                  (unsigned char)c >= 0x80;
    return letter || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static enum err read_name(struct xml_reader *r, struct str *ret_name, struct diag *d)
{
    size_t from = r->at, at = from;
    while (at < r->text.len && is_name_char(r->text.ptr[at], at == from)) {
        at++;
    }
    if (at == from) {
        return xml_fail(r, d, "a name was expected");
    }
    r->at = at;
    *ret_name = str_slice(r->text, from, r->at);
    return ERR_OK;
}

static struct str without_prefix(struct str name)
{
    size_t colon = str_find_last(name, ':');
    return colon == STR_NONE ? name : str_from(name, colon + 1);
}

static void add_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_add_char(out, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_add_char(out, (char)(0xc0 | (c >> 6)));
    } else {
        if (c < 0x10000) {
            buf_add_char(out, (char)(0xe0 | (c >> 12)));
        } else {
            buf_add_char(out, (char)(0xf0 | (c >> 18)));
            buf_add_char(out, (char)(0x80 | ((c >> 12) & 0x3f)));
        }
        buf_add_char(out, (char)(0x80 | ((c >> 6) & 0x3f)));
    }
    buf_add_char(out, (char)(0x80 | (c & 0x3f)));
}

/* "#10" or "#xA". Control characters are let through: S3 writes keys that hold them so. */
static bool character_reference(struct str body, uint32_t *ret_c)
{
    bool hex = str_starts(body, STR("#x"));
    struct str digits = str_from(body, hex ? 2 : 1);
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        char lower = (char)(c | 0x20);
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (hex && lower >= 'a' && lower <= 'f') {
            digit = (uint32_t)(lower - 'a' + 10);
        } else {
            return false;
        }
        value = value * (hex ? 16 : 10) + digit;
        if (value > 0x10ffff) {
            return false;
        }
    }
    *ret_c = value;
    return digits.len > 0 && value != 0 && (value < 0xd800 || value > 0xdfff);
}

static bool entity_value(struct str body, uint32_t *ret_c)
{
    static const struct {
        struct str name;
        char c;
    } named[] = {{STR_INIT("amp"), '&'},
                 {STR_INIT("lt"), '<'},
                 {STR_INIT("gt"), '>'},
                 {STR_INIT("quot"), '"'},
                 {STR_INIT("apos"), '\''}};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (str_eq(body, named[i].name)) {
            *ret_c = (unsigned char)named[i].c;
            return true;
        }
    }
    return str_starts(body, STR("#")) && character_reference(body, ret_c);
}

/* Resolves the entities of one run of text, appending to `out`. An entity's text is never longer
 * than itself. */
static enum err add_resolved(struct xml_reader *r, struct str run, struct buf *out, struct diag *d)
{
    size_t base = (size_t)(run.ptr - r->text.ptr);
    for (size_t at = 0; at < run.len;) {
        struct str rest = str_from(run, at);
        size_t amp = str_find(rest, '&');
        buf_add(out, str_slice(rest, 0, amp));
        if (amp == STR_NONE) {
            break;
        }
        at += amp;
        struct str reference = str_slice(run, at + 1, at + 13);
        size_t end = str_find(reference, ';');
        uint32_t c = 0;
        if (end == STR_NONE || !entity_value(str_slice(reference, 0, end), &c)) {
            r->at = base + at;
            return xml_fail(r, d, "an unknown entity");
        }
        add_utf8(out, c);
        at += end + 2;
    }
    return ERR_OK;
}

/* The value of an attribute or a whole run, with entities resolved: borrowed when it has none. */
static enum err resolve(struct xml_reader *r, struct str run, struct str *ret_text, struct diag *d)
{
    if (str_find(run, '&') == STR_NONE) {
        *ret_text = run;
        return ERR_OK;
    }
    struct buf out;
    buf_init(&out, r->arena, run.len + 1);
    TRY(add_resolved(r, run, &out, d));
    *ret_text = buf_str(&out);
    return ERR_OK;
}

/* Appends a run to the text of the innermost open element. */
static enum err add_text(struct xml_reader *r, struct str run, bool entities, struct diag *d)
{
    struct open_element *open = &r->open[r->depth - 1];
    if (run.len == 0) {
        return ERR_OK;
    }
    if (!open->joined && open->node->text.len == 0 &&
        (!entities || str_find(run, '&') == STR_NONE)) {
        open->node->text = run;
        return ERR_OK;
    }
    if (!open->joined) {
        buf_init(&open->text, r->arena, r->text.len + 1);
        buf_add(&open->text, open->node->text);
        open->joined = true;
    }
    if (entities) {
        TRY(add_resolved(r, run, &open->text, d));
    } else {
        buf_add(&open->text, run);
    }
    open->node->text = buf_str(&open->text);
    return ERR_OK;
}

static enum err read_attribute(struct xml_reader *r, struct xml_attribute **ret_attribute,
                               struct diag *d)
{
    struct xml_attribute *attribute = NEW(r->arena, struct xml_attribute);
    TRY(read_name(r, &attribute->name, d));
    skip_space(r);
    if (peek(r) != '=') {
        return xml_fail(r, d, "'=' was expected after an attribute's name");
    }
    r->at++;
    skip_space(r);
    char quote = peek(r);
    if (quote != '"' && quote != '\'') {
        return xml_fail(r, d, "an attribute's value must be in quotes");
    }
    struct str rest = str_from(r->text, r->at + 1);
    size_t end = str_find(rest, quote);
    struct str value = str_slice(rest, 0, end);
    if (end == STR_NONE || str_find(value, '<') != STR_NONE) {
        return xml_fail(r, d, "an attribute's value does not end");
    }
    TRY(resolve(r, value, &attribute->value, d));
    r->at += end + 2;
    *ret_attribute = attribute;
    return ERR_OK;
}

static void append_child(struct xml_reader *r, struct xml *node)
{
    if (r->depth == 0) {
        r->root = node;
        return;
    }
    struct open_element *parent = &r->open[r->depth - 1];
    if (parent->last == NULL) {
        parent->node->first = node;
    } else {
        parent->last->next = node;
    }
    parent->last = node;
}

static enum err read_start_tag(struct xml_reader *r, struct diag *d)
{
    if (r->depth == 0 && r->root != NULL) {
        return xml_fail(r, d, "a second root element");
    }
    r->at++;
    struct xml *node = NEW(r->arena, struct xml);
    struct str tag;
    TRY(read_name(r, &tag, d));
    node->name = without_prefix(tag);
    struct xml_attribute **tail = &node->attributes;
    for (;;) {
        bool spaced = is_space(peek(r));
        skip_space(r);
        if (peek(r) == '>' || looking_at(r, STR("/>"))) {
            break;
        }
        if (!spaced) {
            return xml_fail(r, d, "a start tag that does not end");
        }
        TRY(read_attribute(r, tail, d));
        tail = &(*tail)->next;
    }
    bool empty = peek(r) == '/';
    if (!empty && r->depth == XML_DEPTH_MAX) {
        return xml_fail(r, d, "elements nested too deep");
    }
    r->at += empty ? 2 : 1;
    append_child(r, node);
    if (!empty) {
        r->open[r->depth++] = (struct open_element){.node = node, .tag = tag};
    }
    return ERR_OK;
}

static enum err read_end_tag(struct xml_reader *r, struct diag *d)
{
    r->at += 2;
    struct str tag;
    TRY(read_name(r, &tag, d));
    skip_space(r);
    if (peek(r) != '>') {
        return xml_fail(r, d, "an end tag that does not end");
    }
    if (r->depth == 0 || !str_eq(tag, r->open[r->depth - 1].tag)) {
        return xml_fail(r, d, "an end tag that matches no start tag");
    }
    r->at++;
    r->depth--;
    return ERR_OK;
}

/* Moves past "prefix ... suffix"; *ret_inside is what stands between. */
static enum err read_enclosed(struct xml_reader *r, struct str prefix, struct str suffix,
                              struct str *ret_inside, struct diag *d)
{
    struct str rest = str_from(r->text, r->at + prefix.len);
    size_t end = str_find_str(rest, suffix);
    if (end == STR_NONE) {
        return xml_fail(r, d, "a comment, CDATA section or declaration that does not end");
    }
    *ret_inside = str_slice(rest, 0, end);
    r->at += prefix.len + end + suffix.len;
    return ERR_OK;
}

static enum err read_markup(struct xml_reader *r, struct diag *d)
{
    struct str inside;
    char next = r->at + 1 < r->text.len ? r->text.ptr[r->at + 1] : '\0';
    if (next == '/') {
        return read_end_tag(r, d);
    }
    if (next != '!' && next != '?') {
        return read_start_tag(r, d);
    }
    if (looking_at(r, STR("<!--"))) {
        return read_enclosed(r, STR("<!--"), STR("-->"), &inside, d);
    }
    if (looking_at(r, STR("<?"))) {
        return read_enclosed(r, STR("<?"), STR("?>"), &inside, d);
    }
    if (looking_at(r, STR("<![CDATA["))) {
        if (r->depth == 0) {
            return xml_fail(r, d, "a CDATA section outside of the root element");
        }
        TRY(read_enclosed(r, STR("<![CDATA["), STR("]]>"), &inside, d));
        return add_text(r, inside, false, d);
    }
    return xml_fail(r, d, "DTDs are refused");
}

static enum err read_text(struct xml_reader *r, struct diag *d)
{
    struct str rest = rest_of(r);
    struct str run = str_slice(rest, 0, str_find(rest, '<'));
    if (r->depth == 0 && str_trim(run).len > 0) {
        return xml_fail(r, d, "text outside of the root element");
    }
    if (r->depth > 0) {
        TRY(add_text(r, run, true, d));
    }
    r->at += run.len;
    return ERR_OK;
}

static enum err check_characters(struct xml_reader *r, struct diag *d)
{
    if (!utf8_is_valid(r->text)) {
        return xml_fail(r, d, "not UTF-8");
    }
    for (size_t i = 0; i < r->text.len; i++) {
        if ((unsigned char)r->text.ptr[i] < 0x20 && !is_space(r->text.ptr[i])) {
            r->at = i;
            return xml_fail(r, d, "a control character");
        }
    }
    return ERR_OK;
}

enum err xml_parse(struct arena *a, struct str text, struct xml **ret_root, struct diag *d)
{
    struct xml_reader *r = arena_alloc_raw(a, sizeof(*r)); /* `open` is filled as it is used */
    r->arena = a;
    r->text = text;
    r->at = 0;
    r->depth = 0;
    r->root = NULL;
    TRY(check_characters(r, d));
    if (looking_at(r, STR("\xef\xbb\xbf"))) {
        r->at = 3;
    }
    while (r->at < r->text.len) {
        TRY(peek(r) == '<' ? read_markup(r, d) : read_text(r, d));
    }
    if (r->depth > 0) {
        return xml_fail(r, d, "it ends inside of an element");
    }
    if (r->root == NULL) {
        return xml_fail(r, d, "no element");
    }
    *ret_root = r->root;
    return ERR_OK;
}

static const struct xml *named_from(const struct xml *node, const char *name)
{
    struct str wanted = str_of(name);
    while (node != NULL && !str_eq(node->name, wanted)) {
        node = node->next;
    }
    return node;
}

const struct xml *xml_child(const struct xml *parent, const char *name)
{
    return parent == NULL ? NULL : named_from(parent->first, name);
}

const struct xml *xml_next(const struct xml *sibling, const char *name)
{
    return sibling == NULL ? NULL : named_from(sibling->next, name);
}

struct str xml_text(const struct xml *parent, const char *child)
{
    const struct xml *found = xml_child(parent, child);
    return found == NULL ? STR_EMPTY : found->text;
}

void xml_declaration(struct buf *out)
{
    buf_add_z(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void xml_open(struct buf *out, const char *name)
{
    buf_add_char(out, '<');
    buf_add_z(out, name);
    buf_add_char(out, '>');
}

void xml_open_ns(struct buf *out, const char *name, const char *xml_namespace)
{
    buf_add_char(out, '<');
    buf_add_z(out, name);
    buf_add_z(out, " xmlns=\"");
    encode_xml(out, str_of(xml_namespace));
    buf_add_z(out, "\">");
}

void xml_close(struct buf *out, const char *name)
{
    buf_add_z(out, "</");
    buf_add_z(out, name);
    buf_add_char(out, '>');
}

void xml_element(struct buf *out, const char *name, struct str text)
{
    xml_open(out, name);
    encode_xml(out, text);
    xml_close(out, name);
}

void xml_element_i64(struct buf *out, const char *name, int64_t value)
{
    xml_open(out, name);
    buf_add_i64(out, value);
    xml_close(out, name);
}
