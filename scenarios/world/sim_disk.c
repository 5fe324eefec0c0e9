/* sim_disk.c -- The VFS: SQLite's calls onto files and locks, each asked of the plan first.
 *
 * Invariants:
 * 1. A handle of an earlier generation reads and writes nothing, and holds no lock: whoever has it
 *    lost its machine.
 * 2. Without a decision of the plan, what was synced is there after a power loss, bit by bit.
 * 3. Nothing here depends on an address, a clock or a draw that has no place of its own. */
#include "scenarios/world/sim_disk.h"

#include <sqlite3.h>
#include <string.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "disk_parts.h"

#define RANDOM_STREAM UINT64_C(0x6469736c)
#define JULIAN_EPOCH_MS                                                                            \
    INT64_C(210866760000000) /* 1970 in milliseconds since noon of 4714-11-24 BC */

struct sim_disk {
    sqlite3_vfs vfs; /* its pAppData is this */
    struct arena *arena;
    uint64_t seed, random_count, losses;
    unsigned generation;
    struct sim_disk_hooks hooks;
    struct disk_file *files;
    int64_t slow_us;
};
struct open_file {
    sqlite3_file base; /* first: SQLite's view of it */
    struct sim_disk *disk;
    struct disk_handle handle;
};

static struct open_file *open_of(sqlite3_file *file)
{
    return (struct open_file *)file;
}

static bool is_dead(const struct open_file *f)
{
    return f->handle.generation != f->disk->generation;
}

/* ---- what the plan says ---- */

static struct str file_kind(struct str name)
{
    return str_ends(name, STR("-wal"))       ? STR("wal")
           : str_ends(name, STR("-journal")) ? STR("journal")
           : str_ends(name, STR(".db"))      ? STR("main")
                                             : STR("other");
}

static struct fault_decision decide(struct sim_disk *disk, const char *operation, struct str name)
{
    struct fault_decision none = {.phase = FAULT_NONE};
    struct fault_decision decision =
        disk->hooks.decide == NULL
            ? none
            : disk->hooks.decide(disk->hooks.ctx, operation, file_kind(name));
    disk->slow_us += decision.phase == FAULT_DELAY ? decision.delay_us : 0;
    return decision;
}

/* Whether the operation itself takes place. */
static bool is_done(const struct fault_decision *decision)
{
    switch (decision->phase) {
    case FAULT_REJECT:
    case FAULT_LOSE_REQUEST:
    case FAULT_PARTIAL:
        return false;
    case FAULT_KILL:
        return (decision->random & 1) != 0;
    case FAULT_NONE:
    case FAULT_APPLY_REJECT:
    case FAULT_LOSE_RESPONSE:
    case FAULT_DELAY:
    case FAULT_DUPLICATE:
    case FAULT_LATE:
    case FAULT_WIRE:
    case FAULT_STALE:
    case FAULT_PHASE_COUNT:
        break;
    }
    return true;
}

/* After it: the power loss, and what SQLite is told. `failure` names the operation. */
static int outcome(struct sim_disk *disk, const struct fault_decision *decision, int failure)
{
    if (decision->phase == FAULT_KILL) {
        sim_disk_power_loss(disk, decision->random);
        disk->hooks.lost_power(disk->hooks.ctx, decision->delay_us);
        return failure;
    }
    bool fails = decision->phase == FAULT_REJECT || decision->phase == FAULT_APPLY_REJECT ||
                 decision->phase == FAULT_PARTIAL;
    if (!fails) {
        return SQLITE_OK;
    }
    return str_eq(decision->rule->error, STR("ENOSPC")) ? SQLITE_FULL : failure;
}

/* ---- a file ---- */

static int file_close(sqlite3_file *file)
{
    struct open_file *f = open_of(file);
    if (!is_dead(f)) {
        disk_shared_unlock(&f->handle);
        disk_unlock(&f->handle, SQLITE_LOCK_NONE);
    }
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return SQLITE_IOERR_READ;
    }
    struct fault_decision decision = decide(f->disk, "read", f->handle.file->name);
    int result = outcome(f->disk, &decision, SQLITE_IOERR_READ);
    if (result != SQLITE_OK) {
        return SQLITE_IOERR_READ; /* a full disk can be read */
    }
    const struct disk_bytes *now = &f->handle.file->now;
    size_t from = (size_t)at, wanted = (size_t)len;
    size_t there = from >= now->len ? 0 : now->len - from;
    size_t got = there < wanted ? there : wanted;
    if (got > 0) {
        memcpy(to, now->ptr + from, got);
    }
    if (got < wanted) {
        memset((char *)to + got, 0, wanted - got);
        return SQLITE_IOERR_SHORT_READ;
    }
    return SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return SQLITE_IOERR_WRITE;
    }
    struct sim_disk *disk = f->disk;
    struct fault_decision decision = decide(disk, "write", f->handle.file->name);
    if (is_done(&decision)) {
        disk_file_write(disk->arena, f->handle.file, (size_t)at, bytes, (size_t)len);
    } else if (decision.phase == FAULT_PARTIAL) {
        size_t sectors = (size_t)len / DISK_SECTOR_BYTES + 1;
        size_t some = (size_t)rng_below(decision.random, sectors) * DISK_SECTOR_BYTES;
        disk_file_write(disk->arena, f->handle.file, (size_t)at, bytes, some);
    }
    return outcome(disk, &decision, SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    struct fault_decision decision = decide(f->disk, "truncate", f->handle.file->name);
    if (is_done(&decision)) {
        disk_file_truncate(f->disk->arena, f->handle.file, (size_t)len);
    }
    return outcome(f->disk, &decision, SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct open_file *f = open_of(file);
    (void)flags;
    if (is_dead(f)) {
        return SQLITE_IOERR_FSYNC;
    }
    struct fault_decision decision = decide(f->disk, "sync", f->handle.file->name);
    if (is_done(&decision)) {
        bool made = !f->handle.file->kept_exists || f->handle.file->replaced;
        if (made) { /* SQLite's VFS for Unix syncs the folder after the first sync of a new file */
            disk_folder_sync(f->disk->arena, f->disk->files);
        }
        disk_file_sync(f->disk->arena, f->handle.file);
    } else if (decision.phase == FAULT_PARTIAL) {
        disk_file_forget(f->handle.file);
    }
    return outcome(f->disk, &decision, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return SQLITE_IOERR_FSTAT;
    }
    *ret_size = (sqlite3_int64)f->handle.file->now.len;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    struct open_file *f = open_of(file);
    return is_dead(f) ? SQLITE_IOERR_LOCK : disk_lock(&f->handle, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct open_file *f = open_of(file);
    if (!is_dead(f)) {
        disk_unlock(&f->handle, level);
    }
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *file, int *ret_reserved)
{
    const struct open_file *f = open_of(file);
    *ret_reserved = !is_dead(f) && f->handle.file->reserved != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int what, void *arg)
{
    (void)file, (void)what, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return DISK_SECTOR_BYTES;
}

static int file_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the shared memory of its WAL ---- */

static int file_shared_map(sqlite3_file *file, int index, int size, int extend,
                           void volatile **ret_region)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return SQLITE_IOERR_SHMMAP;
    }
    *ret_region = disk_shared_region(f->disk->arena, f->handle.file, index, size, extend != 0);
    return index < DISK_SHARED_REGIONS_MAX ? SQLITE_OK : SQLITE_IOERR_SHMMAP;
}

static int file_shared_lock(sqlite3_file *file, int first, int count, int flags)
{
    struct open_file *f = open_of(file);
    if (is_dead(f)) {
        return (flags & SQLITE_SHM_UNLOCK) != 0 ? SQLITE_OK : SQLITE_IOERR_SHMLOCK;
    }
    return disk_shared_lock(&f->handle, first, count, flags);
}

static void file_shared_barrier(sqlite3_file *file)
{
    (void)file; /* one thread */
}

static int file_shared_unmap(sqlite3_file *file, int delete_it)
{
    struct open_file *f = open_of(file);
    if (!is_dead(f)) {
        disk_shared_unlock(&f->handle);
        if (delete_it != 0) {
            memset(f->handle.file->shared.regions, 0, sizeof(f->handle.file->shared.regions));
        }
    }
    return SQLITE_OK;
}

/* ---- the disk ---- */

static struct disk_file *file_find(struct sim_disk *disk, struct str name)
{
    struct disk_file **link = &disk->files;
    while (*link != NULL && !str_eq((*link)->name, name)) {
        link = &(*link)->next;
    }
    if (*link == NULL) {
        *link = disk_file_new(disk->arena, name);
    }
    return *link;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    static const struct sqlite3_io_methods methods = {.iVersion = 2,
                                                      .xClose = file_close,
                                                      .xRead = file_read,
                                                      .xWrite = file_write,
                                                      .xTruncate = file_truncate,
                                                      .xSync = file_sync,
                                                      .xFileSize = file_size,
                                                      .xLock = file_lock,
                                                      .xUnlock = file_unlock,
                                                      .xCheckReservedLock = file_is_reserved,
                                                      .xFileControl = file_control,
                                                      .xSectorSize = file_sector_size,
                                                      .xDeviceCharacteristics = file_traits,
                                                      .xShmMap = file_shared_map,
                                                      .xShmLock = file_shared_lock,
                                                      .xShmBarrier = file_shared_barrier,
                                                      .xShmUnmap = file_shared_unmap};
    struct sim_disk *disk = vfs->pAppData;
    struct open_file *f = open_of(file);
    struct disk_file *found =
        name == NULL ? disk_file_new(disk->arena, STR("temporary")) : file_find(disk, str_of(name));
    f->base.pMethods = NULL;
    if (!found->exists && (flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
    }
    if (!found->exists) {
        disk_file_make(found);
    }
    f->base.pMethods = &methods;
    f->disk = disk;
    f->handle = (struct disk_handle){.file = found, .generation = disk->generation};
    if (ret_flags != NULL) {
        *ret_flags = flags;
    }
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct sim_disk *disk = vfs->pAppData;
    struct disk_file *f = file_find(disk, str_of(name));
    if (!f->exists) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    struct fault_decision decision = decide(disk, "delete", f->name);
    if (is_done(&decision)) {
        disk_file_delete(disk->arena, f);
        if (sync_folder != 0) {
            disk_folder_sync(disk->arena, disk->files);
        }
    }
    return outcome(disk, &decision, SQLITE_IOERR_DELETE);
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    const struct disk_file *f = file_find(vfs->pAppData, str_of(name));
    /* as the file system does: a journal of no bytes is none */
    *ret_there = f->exists && (flags != SQLITE_ACCESS_EXISTS || f->now.len > 0);
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int size, char *to)
{
    (void)vfs;
    (void)sqlite3_snprintf(size, to, "%s", name);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *to)
{
    struct sim_disk *disk = vfs->pAppData;
    for (int i = 0; i < len; i++) {
        uint64_t n = disk->random_count++;
        to[i] = (char)(rng_u64(disk->seed, RANDOM_STREAM, 0, n) & 0xff);
    }
    return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    ((struct sim_disk *)vfs->pAppData)->slow_us += us;
    return us;
}

static int disk_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
    const struct sim_disk *disk = vfs->pAppData;
    int64_t wall_us = disk->hooks.wall_us == NULL ? 0 : disk->hooks.wall_us(disk->hooks.ctx);
    *ret_ms = JULIAN_EPOCH_MS + wall_us / US_PER_MS;
    return SQLITE_OK;
}

static void disk_end(void *handle)
{
    struct sim_disk *disk = handle;
    ASSERT(sqlite3_vfs_unregister(&disk->vfs) == SQLITE_OK);
}

struct sim_disk *sim_disk_new(struct arena *a, uint64_t seed)
{
    struct sim_disk *disk = NEW(a, struct sim_disk);
    disk->arena = arena_child(a, "simulated disk", ARENA_PROCESS_BYTES_MAX);
    disk->seed = seed;
    disk->generation = 1;
    disk->vfs = (sqlite3_vfs){.iVersion = 2,
                              .szOsFile = sizeof(struct open_file),
                              .mxPathname = 512,
                              .zName = SIM_DISK_VFS,
                              .pAppData = disk,
                              .xOpen = disk_open,
                              .xDelete = disk_delete,
                              .xAccess = disk_access,
                              .xFullPathname = disk_full_name,
                              .xRandomness = disk_randomness,
                              .xSleep = disk_sleep,
                              .xCurrentTimeInt64 = disk_time_ms};
    ASSERT(sqlite3_initialize() == SQLITE_OK);
    ASSERT(sqlite3_vfs_find(SIM_DISK_VFS) == NULL); /* one at a time */
    ASSERT(sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK);
    arena_defer(a, disk_end, disk);
    return disk;
}

void sim_disk_hook(struct sim_disk *disk, const struct sim_disk_hooks *hooks)
{
    disk->hooks = *hooks;
}

void sim_disk_power_loss(struct sim_disk *disk, uint64_t draw)
{
    uint64_t number = 0;
    disk->losses++;
    disk->generation++;
    for (struct disk_file *f = disk->files; f != NULL; f = f->next) {
        disk_file_power_loss(disk->arena, f, rng_u64(draw, disk->losses, number++, 0));
        f->sharing = 0;
        f->reserved = f->pending = f->exclusive = NULL;
        memset(&f->shared, 0, sizeof(f->shared));
    }
}

unsigned sim_disk_generation(const struct sim_disk *disk)
{
    return disk->generation;
}

int64_t sim_disk_slow_us(struct sim_disk *disk)
{
    int64_t slow_us = disk->slow_us;
    disk->slow_us = 0;
    return slow_us;
}
