/* late_curl.c -- libcurl's functions, as far as we call them. */
#include "late.h"

#include <curl/curl.h>
#include <stdarg.h>

#undef curl_easy_setopt /* macros that check the types of callers, who have them still */
#undef curl_easy_getinfo
#define LATE_FILE LATE_CURL_FILE

CURL *curl_easy_init(void)
{
    static late_function known;
    CURL *(*function)(void);
    *(void **)&function = late_find(&known, LATE_FILE, "curl_easy_init");
    return function != NULL ? function() : NULL;
}

LATE(CURLcode, curl_easy_perform, (CURL * easy), (easy))
LATE(void, curl_easy_reset, (CURL * easy), (easy))
LATE(const char *, curl_easy_strerror, (CURLcode code), (code))
LATE(void, curl_slist_free_all, (struct curl_slist * list), (list))
LATE(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),
     (list, text))

/* NULL is what a failed start leaves. */
void curl_easy_cleanup(CURL *easy)
{
    static late_function known;
    void (*function)(CURL *);
    if (easy != NULL) {
        *(void **)&function = late_need(&known, LATE_FILE, "curl_easy_cleanup");
        function(easy);
    }
}

/* An option's number says of what type its value is. */
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    static late_function known;
    CURLcode (*function)(CURL *, CURLoption, ...);
    CURLcode code;
    va_list values;
    *(void **)&function = late_need(&known, LATE_FILE, "curl_easy_setopt");
    va_start(values, option);
    if ((int)option < CURLOPTTYPE_OBJECTPOINT) {
        code = function(easy, option, va_arg(values, long));
    } else if ((int)option >= CURLOPTTYPE_OFF_T && (int)option < CURLOPTTYPE_BLOB) {
        code = function(easy, option, va_arg(values, curl_off_t));
    } else {
        code = function(easy, option, va_arg(values, void *));
    }
    va_end(values);
    return code;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    static late_function known;
    CURLcode (*function)(CURL *, CURLINFO, ...);
    va_list values;
    *(void **)&function = late_need(&known, LATE_FILE, "curl_easy_getinfo");
    va_start(values, info);
    CURLcode code = function(easy, info, va_arg(values, void *));
    va_end(values);
    return code;
}
