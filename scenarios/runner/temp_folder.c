#include "temp_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/tmp"
#define LOCK_NAME "lock"
#define PATH_BYTES_MAX 4096

/* Empty, which names nothing, where it would be too long. */
static void path_of(char *to, const char *folder, const char *name)
{
    int length = snprintf(to, PATH_BYTES_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_BYTES_MAX) {
        to[0] = '\0';
    }
}

void temp_folder_remove(const char *path)
{
    char file[PATH_BYTES_MAX];
    DIR *folder = opendir(path);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        path_of(file, path, e->d_name);
        (void)unlink(file); /* "." and ".." are no files */
    }
    if (folder != NULL) {
        closedir(folder);
    }
    (void)rmdir(path);
}

/* One that is ours and whose lock nobody holds. One without a lock is being made right now. */
static bool is_left_behind(const char *path)
{
    char file[PATH_BYTES_MAX];
    struct stat info;
    path_of(file, path, LOCK_NAME);
    if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
        return false;
    }
    int fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return left;
}

static void left_behind_remove(const char *kind)
{
    char path[PATH_BYTES_MAX];
    size_t len = strlen(kind);
    DIR *root = opendir(ROOT);
    for (struct dirent *e; root != NULL && (e = readdir(root)) != NULL;) {
        bool same = strncmp(e->d_name, kind, len) == 0 && e->d_name[len] == '-';
        path_of(path, ROOT, e->d_name);
        if (same && is_left_behind(path)) {
            temp_folder_remove(path);
        }
    }
    if (root != NULL) {
        closedir(root);
    }
}

/* The lock is held before it has its name, so nobody sees it free. The descriptor stays open: the
 * system closes it with the last process that has it. */
static bool lock_take(const char *path)
{
    char made[PATH_BYTES_MAX], named[PATH_BYTES_MAX];
    path_of(made, path, "lock.new");
    path_of(named, path, LOCK_NAME);
    int fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rename(made, named) == 0;
}

enum err temp_folder_make(struct arena *a, const char *kind, const char **ret_path, struct diag *d)
{
    char *path = (char *)(uintptr_t)str_z(a, str_printf(a, ROOT "/%s-XXXXXX", kind));
    left_behind_remove(kind);
    if (mkdtemp(path) == NULL || !lock_take(path)) {
        return fail(d, ERR_DENIED, "no temporary folder: %s", strerror(errno));
    }
    *ret_path = path;
    return ERR_OK;
}
