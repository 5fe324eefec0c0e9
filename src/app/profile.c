/* profile.c -- One pass over the lines of an ini file; a section that stands twice is read as one,
 * and the last of a setting wins, as with the AWS CLI. */
#include "profile.h"

/* "[default]", "[profile dev]", "[ profile  dev ] # comment" */
static bool is_section(struct str line, struct str *ret_name)
{
    size_t end = str_find(line, ']');
    if (line.len == 0 || line.ptr[0] != '[' || end == STR_NONE) {
        return false;
    }
    *ret_name = str_trim(str_slice(line, 1, end));
    return true;
}

static bool section_matches(struct str name, struct str profile, bool config_file)
{
    struct str word, rest;
    if (config_file && str_split(name, ' ', &word, &rest) && str_eq(word, STR("profile"))) {
        return str_eq(str_trim(rest), profile);
    }
    bool plain = !config_file || str_eq(profile, STR("default"));
    return plain && str_eq(name, profile);
}

static bool is_comment(struct str line)
{
    return line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';';
}

/* " # comment" behind a value is no part of it. */
static struct str value_of(struct str text)
{
    size_t hash = str_find_str(text, STR(" #"));
    size_t semicolon = str_find_str(text, STR(" ;"));
    size_t end = hash < semicolon ? hash : semicolon;
    return str_trim(end == STR_NONE ? text : str_slice(text, 0, end));
}

struct str profile_get(struct str file, struct str profile, bool config_file, struct str key)
{
    struct str found = STR_EMPTY, line, name, left, right;
    bool inside = false;
    for (struct str rest = file; str_cut(&rest, '\n', &line);) {
        bool indented = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
        struct str text = str_trim(line);
        if (is_comment(text)) {
            continue;
        }
        if (is_section(text, &name)) {
            inside = section_matches(name, profile, config_file);
        } else if (inside && !indented && str_split(text, '=', &left, &right) &&
                   str_eq_nocase(str_trim(left), key)) {
            found = value_of(right);
        }
    }
    return found;
}

bool profile_exists(struct str file, struct str profile, bool config_file)
{
    struct str line, name;
    for (struct str rest = file; str_cut(&rest, '\n', &line);) {
        if (is_section(str_trim(line), &name) && section_matches(name, profile, config_file)) {
            return true;
        }
    }
    return false;
}
